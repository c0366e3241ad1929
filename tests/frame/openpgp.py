# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys of gpg's, of a home of their own and without a passphrase."""

import shutil
import subprocess
import tempfile
from pathlib import Path


class OpenPgp:
    """Its home lies where the path of the agent's socket is short enough for one (unix(7): 107 bytes)."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp(prefix="assay-gpg.", dir="/tmp"))

    def gpg(self, *words, **more):
        """What gpg prints."""
        return subprocess.run(["gpg", "--homedir", self.home, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback",
                               "--passphrase", "", *words], check=True, capture_output=True, **more).stdout

    def key(self, name, user, expires="never"):
        """Makes a key that signs; it is called name <user>."""
        self.gpg("--quick-generate-key", f"{name} <{user}>", "rsa2048", "sign", expires)

    def close(self):
        """Ends the agent that gpg started, and removes the keys."""
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)


class Vendor(OpenPgp):
    """Somebody with one key, who builds and signs packages; how, is for each kind of package."""

    def __init__(self, top, name="vendor"):
        super().__init__()
        self.top = top / name
        self.top.mkdir(parents=True)
        self.user = f"{name}@example.com"
        self.key(name, self.user)
