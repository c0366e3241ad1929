# SPDX-License-Identifier: GPL-2.0-or-later
"""A small Debian root whose database dpkg itself writes."""

import os
import subprocess

from frame.deb import build_deb


class DpkgRoot:
    """Packages are built with dpkg-deb and installed with dpkg --root."""

    def __init__(self, path, merged=True):
        self.path = path
        self.build = path.parent / (path.name + ".build")
        admin = path / "var/lib/dpkg"
        for sub in ("info", "updates", "triggers"):
            (admin / sub).mkdir(parents=True)
        for name in ("status", "available"):
            (admin / name).touch()
        (path / "usr/bin").mkdir(parents=True, exist_ok=True)
        if merged:
            (path / "bin").symlink_to("usr/bin")

    def __truediv__(self, name):
        return self.path / name

    def dpkg(self, *args):
        """Runs dpkg on this root."""
        subprocess.run(["dpkg", f"--root={self.path}", "--force-not-root", "--force-bad-path",
                        "--force-architecture", "--force-depends", *args],
                       check=True, capture_output=True)

    def divert(self, by, from_, to):
        """Adds a diversion, moving the file that is there."""
        subprocess.run(["dpkg-divert", f"--root={self.path}", "--package", by, "--rename",
                        "--divert", to, "--add", from_], check=True, capture_output=True)

    def install(self, name, files, *, conffiles=(), scripts=None, fields="", md5sums=True):
        """Builds and installs a package of files: path -> (content, mode)."""
        deb = build_deb(self.build / name, name, files, conffiles=conffiles, scripts=scripts,
                        fields=fields, md5sums=md5sums)
        self.dpkg("--install", deb)


def has_ima(path):
    """Whether the file carries security.ima."""
    return "security.ima" in os.listxattr(path, follow_symlinks=False)
