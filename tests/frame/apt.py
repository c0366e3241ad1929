# SPDX-License-Identifier: GPL-2.0-or-later
"""An archive of packages as apt knows it, signed by a key of its own."""

import hashlib

from .openpgp import OpenPgp

PREFIX = "archive.example.org_debian_dists_stable_"
INDEX = "main/binary-amd64/Packages"
DEB = "11" * 32
OTHER = "22" * 32


class Archive(OpenPgp):
    """Lists as apt-get update leaves them, signed by a key of their own."""

    def __init__(self, top):
        super().__init__()
        self.top, self.lists = top, top / "lists"
        self.lists.mkdir()
        self.keyring = self.exported("archive")
        self.packages = f"Package: a\nVersion: 1\nSHA256: {DEB}\nDescription: x\n SHA256: {OTHER}\n\n"

    def exported(self, name, expires="never"):
        """Makes a key; its keyring's path."""
        self.key(name, f"{name}@example.org", expires)
        path = self.top / f"{name}.gpg"
        path.write_bytes(self.gpg("--export", name))
        return path

    def release(self, digest=None, extra="", index=INDEX):
        """The text of a Release."""
        digest = digest or hashlib.sha256(self.packages.encode()).hexdigest()
        return (f"Origin: x\n{extra}MD5Sum:\n {'0' * 32} 1 {index}\nSHA256:\n {digest} {len(self.packages)} {index}\n"
                f" {'33' * 32} 1 main/i18n/Translation-en\n")

    def vouch(self, *debs):
        """Lists these packages, and signs that."""
        self.packages = "".join(f"Package: {deb.stem}\nVersion: 1\nSHA256: {hashlib.sha256(deb.read_bytes()).hexdigest()}"
                                f"\n\n" for deb in debs)
        self.publish()

    def publish(self, text=None, by=("archive",), packages=None, options=()):
        """Writes both files."""
        users = [word for name in by for word in ("--local-user", name)]
        signed = self.gpg(*options, *users, "--clearsign", input=(text or self.release()).encode())
        (self.lists / f"{PREFIX}InRelease").write_bytes(signed)
        (self.lists / f"{PREFIX}main_binary-amd64_Packages").write_text(packages or self.packages)

    def change(self, old, new):
        """Changes the signed file."""
        path = self.lists / f"{PREFIX}InRelease"
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new, 1))
