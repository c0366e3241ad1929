# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever call fails while a package is signed or verified: it is the old or the new one, and never called
good when it is not."""

import os
import shutil
import subprocess

import pytest

from frame.deb import ELF, build_deb
from frame.pacman import write

CALLS = ("malloc", "open", "read", "stat", "write", "fsync", "rename")


@pytest.fixture
def made(tmp_path, faults):
    """A package, a key, and where the package is copied to."""
    deb = build_deb(tmp_path / "t", "t", {"/usr/bin/t": (b"#!/bin/sh\n", 0o755), "/usr/lib/t.so": (ELF, 0o644)})
    key, cert = tmp_path / "k.key", tmp_path / "k.der"
    subprocess.run([faults.build / "bin/assay-sign", "keygen", "--type", "p256", "--no-passphrase", "--key", key,
                    "--cert", cert], check=True)
    (tmp_path / "work").mkdir()
    return deb, tmp_path / "work/t.deb", key, cert


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("detached", [False, True])
def test_sign(faults, made, call, detached):
    """Exit 0 only where it is signed."""
    deb, copy, key, cert = made
    beside = copy.with_name("t.deb.assay")

    def setup():
        shutil.copy(deb, copy)
        beside.unlink(missing_ok=True)

    def check(done):
        names = set(os.listdir(copy.parent))
        assert names <= {"t.deb", "t.deb.assay"}, names
        good = subprocess.run([faults.build / "bin/assay-pkg", "verify", "--cert", cert, copy], check=False,
                              capture_output=True).returncode == 0
        assert good or copy.read_bytes() == deb.read_bytes()
        assert good or done.rc != 0

    words = ["assay-pkg", "sign", "--jobs", "1", "--key", key, "--cert", cert, *(["--detached"] if detached else []), copy]
    faults.every(call, words, setup, check, most=60)


@pytest.mark.parametrize("call", ("malloc", "open", "read", "stat"))
def test_sign_for_pacman(faults, made, tmp_path, call):
    """The same of what lies beside a package of pacman's."""
    _, _, key, cert = made
    package = tmp_path / "work/t.pkg.tar.zst"
    beside = package.with_name(f"{package.name}.assay")
    write(package, {".PKGINFO": (b"pkgname = t\npkgver = 1\narch = any\n", 0o644), "usr/bin/t": (b"#!/bin/sh\n", 0o755)})

    def check(done):
        good = subprocess.run([faults.build / "bin/assay-pkg", "verify", "--cert", cert, package], check=False,
                              capture_output=True).returncode == 0
        assert good == beside.exists() and (good or done.rc != 0), done

    words = ["assay-pkg", "sign", "--jobs", "1", "--detached", "--key", key, "--cert", cert, package]
    faults.every(call, words, lambda: beside.unlink(missing_ok=True), check, most=60)


@pytest.mark.parametrize("call", ["malloc", "open", "read", "stat"])
def test_verify_never_says_yes(faults, made, call):
    """A package whose content was changed after it was signed stays bad, whatever fails."""
    deb, copy, key, cert = made
    other = build_deb(copy.parent.parent / "u", "t", {"/usr/bin/t": (b"#!/bin/sh\nevil\n", 0o755)})
    shutil.copy(other, copy)
    subprocess.run([faults.build / "bin/assay-pkg", "sign", "--detached", "--key", key, "--cert", cert, deb], check=True)
    shutil.copy(f"{deb}.assay", f"{copy}.assay")
    words = ["assay-pkg", "verify", "--jobs", "1", "--cert", cert, copy]
    total = faults.run(call, 0, words)[1]
    for at in faults.points(total, 60):
        assert faults.run(call, at, words)[0].rc != 0, (call, at)
