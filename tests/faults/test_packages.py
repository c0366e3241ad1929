# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever call fails while packages are signed or repaired, nothing is wrongly called done."""

import os
import re
import subprocess

import pytest

from frame.deb import ELF
from frame.dpkg_root import DpkgRoot
from frame.faults import CRASHED_DECODER

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")

SCRIPT = b"#!/bin/sh\n"
FILES = ("usr/bin/tool", "usr/lib/libone.so", "var/lib/dpkg/info/one.postrm")
CALLS = ("malloc", "open", "read", "stat", "getxattr", "setxattr", "write", "fsync", "rename")


class Signed:
    """One package on a root, and the commands on it."""

    def __init__(self, tmp, programs):
        self.programs = programs
        self.root = DpkgRoot(tmp / "root")
        self.root.install("one", {"/bin/tool": (SCRIPT, 0o755), "/usr/lib/libone.so": (ELF, 0o644)},
                          scripts={"postrm": SCRIPT.decode()})
        self.key, self.cert = tmp / "k.key", tmp / "k.der"
        subprocess.run([programs / "assay-sign", "keygen", "--type", "p256", "--no-passphrase",
                        "--key", self.key, "--cert", self.cert], check=True)
        self.common = ["--root", self.root.path, "--cert", self.cert]
        self.sign = ["sign", "--installed", "--key", self.key, "--jobs", "1", "--evm", "--profile",
                     "signature", *self.common]
        self.verify = ["verify", "--installed", "--evm", "--profile", "signature", *self.common]
        self.repair = ["repair", *self.common]
        self.manifest = self.root / "var/lib/assay/manifest"

    def run(self, args):
        """One of the commands."""
        return subprocess.run([self.programs / "assay-sign", *args], capture_output=True,
                              check=False).returncode

    def strip(self):
        """No attribute is left."""
        for name in FILES:
            for attr in os.listxattr(self.root / name):
                os.removexattr(self.root / name, attr)


@pytest.fixture
def signed(tmp_path, faults):
    """A root of one package, signed."""
    made = Signed(tmp_path, faults.build / "bin")
    assert made.run(made.sign) == 0 and made.run(made.verify) == 0
    return made


def every(faults, call, command, setup, check, most=60):
    """As faults.every, for commands that tell of several files: any number of lines.

    Where memory runs out, OpenSSL may call a signature wrong: that is a no, never a yes."""
    verdicts = (0, 1, 2) if call == "malloc" else (0, 2)
    words = ["assay-sign", *command]
    setup()
    total = faults.run(call, 0, words)[1]
    for at in faults.points(total, most):
        setup()
        done, _, made = faults.run(call, at, words)
        where = f"{call} {at} of {total}: {done}"
        if done.rc != CRASHED_DECODER:
            assert not made or done.rc in verdicts, where
            assert (done.rc == 0) == (not done.err), where
        try:
            check(done)
        except AssertionError as err:
            raise AssertionError(f"{where}\n{err}") from err
    return total


@pytest.mark.parametrize("call", CALLS)
def test_signing_packages(faults, signed, call):
    """Exit 0 only when everything verifies; the manifest is the old one or the new; a run after it
    finishes the work."""
    def setup():
        signed.strip()
        signed.manifest.unlink(missing_ok=True)

    def check(done):
        if done.rc == 0:
            assert signed.run(signed.verify) == 0 and signed.manifest.exists()
        if signed.manifest.exists():
            assert re.search(r"\nend [0-3]\n$", signed.manifest.read_text())
            assert {p.name for p in signed.manifest.parent.iterdir()} - {"manifest.lock"} == {"manifest"}
        assert signed.run(signed.sign) == 0 and signed.run(signed.verify) == 0

    assert every(faults, call, signed.sign, setup, check) > 0


@pytest.mark.parametrize("call", CALLS[:6])
def test_repairing(faults, signed, call):
    """Exit 0 only when everything is back; a second run brings back the rest."""
    def check(done):
        if done.rc == 0:
            assert signed.run(signed.verify) == 0
        assert signed.run(signed.repair) == 0 and signed.run(signed.verify) == 0

    assert every(faults, call, signed.repair, signed.strip, check) > 0


@pytest.mark.parametrize("call", ["setxattr", "write", "rename", "fsync"])
def test_killed_while_signing(faults, signed, call):
    """The manifest is whole or absent, no file is wrongly signed, and the next run finishes."""
    def setup():
        signed.strip()
        signed.manifest.unlink(missing_ok=True)

    def check(done):
        del done
        if signed.manifest.exists():
            assert signed.manifest.read_text().endswith("\nend 3\n")
        assert signed.run(signed.verify) in (0, 1)
        assert signed.run(signed.sign) == 0 and signed.run(signed.verify) == 0

    assert faults.every(call, ["assay-sign", *signed.sign], setup, check, do="kill", most=40) > 0
