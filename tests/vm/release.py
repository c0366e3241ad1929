# SPDX-License-Identifier: GPL-2.0-or-later
"""Another release of Debian, as apt here can fetch it without being changed by it."""

import subprocess
from pathlib import Path

from vm.lab.root import archive

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Release:
    """apt with a configuration, lists and a cache of its own."""

    def __init__(self, top, name):
        self.top = Path(top)
        for folder in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "lists/partial", "archives/partial"):
            (self.top / folder).mkdir(parents=True, exist_ok=True)
        self.sources = f"deb [signed-by={KEYRING}] {archive()} {name} main\n"
        (self.top / "sources.list").write_text(self.sources)
        self.status = self.top / "status"
        self.status.touch()
        self.apt("update")

    def apt(self, *words):
        """Runs apt-get; its output."""
        options = {"Dir::Etc": self.top / "etc/apt", "Dir::Etc::SourceList": self.top / "sources.list",
                   "Dir::State::Lists": self.top / "lists", "Dir::State::Status": self.status,
                   "Dir::Cache::Archives": self.top / "archives", "APT::Sandbox::User": "root",
                   "Debug::NoLocking": "1", "APT::Get::AllowUnauthenticated": "false",
                   "APT::Install-Recommends": "false"}
        return subprocess.run(["apt-get", "-q", "-y", *[w for k, v in options.items() for w in ("-o", f"{k}={v}")], *words],
                              check=True, capture_output=True, text=True).stdout

    def upgrade(self, status):
        """Packages that bring a host with this status to the release."""
        self.status.write_bytes(status)
        self.apt("--download-only", "dist-upgrade")
        return sorted((self.top / "archives").glob("*.deb"))

    def lists(self):
        """What apt-get update left."""
        return [path for path in (self.top / "lists").iterdir() if path.is_file() and path.name != "lock"]
