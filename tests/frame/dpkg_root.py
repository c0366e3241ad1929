# SPDX-License-Identifier: GPL-2.0-or-later
"""A small Debian root whose database dpkg itself writes."""

import os
import subprocess

ARCH = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True,
                      check=True).stdout.strip()
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + bytes(46)  # an ET_DYN, header only


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
        tree = self.build / name
        for path, (content, mode) in files.items():
            where = os.path.join(os.fsencode(tree), os.fsencode(path).lstrip(b"/"))
            os.makedirs(os.path.dirname(where), exist_ok=True)
            with open(where, "wb") as out:
                out.write(content)
            os.chmod(where, mode)
        control = tree / "DEBIAN"
        control.mkdir(parents=True)
        (control / "control").write_text(
            f"Package: {name}\nVersion: 1\nArchitecture: {ARCH}\n{fields}"
            "Maintainer: Nobody <nobody@example.com>\nDescription: test\n")
        if conffiles:
            (control / "conffiles").write_text("".join(f"{c}\n" for c in conffiles))
        for script, text in (scripts or {}).items():
            (control / script).write_text(text)
            (control / script).chmod(0o755)
        if md5sums:
            self.write_md5sums(tree, control / "md5sums", conffiles)
        deb = self.build / f"{name}.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, deb], check=True,
                       capture_output=True)
        self.dpkg("--install", deb)

    @staticmethod
    def write_md5sums(tree, out, conffiles):
        """As dh_md5sums: everything but the conffiles."""
        lines = b""
        for top, _, names in os.walk(os.fsencode(tree)):
            for name in names:
                path = os.path.relpath(os.path.join(top, name), os.fsencode(tree))
                if path.startswith(b"DEBIAN/") or "/" + os.fsdecode(path) in conffiles:
                    continue
                done = subprocess.run(["md5sum"], stdin=open(os.path.join(os.fsencode(tree), path),
                                                             "rb"),
                                      capture_output=True, check=True)
                lines += done.stdout[:32] + b"  " + path + b"\n"
        out.write_bytes(lines)


def has_ima(path):
    """Whether the file carries security.ima."""
    return "security.ima" in os.listxattr(path, follow_symlinks=False)
