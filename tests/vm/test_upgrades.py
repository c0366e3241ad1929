# SPDX-License-Identifier: GPL-2.0-or-later
"""Large runs of dpkg on a host that enforces, whole and cut off at any point."""

import os
import random

import pytest

from vm.lab.prepare import Setup
from vm.packages import PLACE, SERVER, Signer, closure, download, give_lists, put

LONG = bool(os.environ.get("ASSAY_LONG"))
CUTS = int(os.environ.get("ASSAY_COUNT_FACTOR", "1"))
CORE = """libc6 libc-bin dpkg bash coreutils dash perl-base tar sed grep gzip findutils util-linux systemd udev
    libssl3 libpam-modules login passwd kmod""".split()
SETUPS = [Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable")]

pytestmark = [pytest.mark.vm, pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")]
both = pytest.mark.parametrize("setup", SETUPS, ids=str, indirect=True)


@pytest.fixture
def sign(enforcing_machine, bin_dir, tmp_path):
    """Signs packages outside, by the key that the host trusts."""
    return Signer(enforcing_machine, bin_dir / "assay-pkg", tmp_path)


@both
def test_two_hundred_packages(enforcing_machine, tmp_path):
    """A server's packages in one go, vouched for by the archive; nothing is denied, nothing is left unsigned."""
    host = enforcing_machine
    names = closure(host, SERVER, tmp_path)
    assert len(names) >= 200, len(names)
    give_lists(host)
    put(host, *download(names, tmp_path / "debs"))
    host.sh(f"dpkg --unpack {PLACE}/*.deb && dpkg --configure --pending", 3600)
    assert host.denials() == []
    for command in ("python3 -c 1", "ruby -e 1", "perl -e 1", "java -version", "node -e 1", "psql --version", "go version"):
        host.sh(command, 120)
    assert host.run("assay verify --installed", timeout=900).rc == 0
    assert len(host.sh("assay log --json").splitlines()) >= len(names)
    host.reboot()
    assert host.denials() == [] and host.run("assay status").rc == 0


@both
@pytest.mark.parametrize("number", range(CUTS))
def test_the_power_goes(enforcing_machine, sign, tmp_path, number):
    """At any point of an upgrade of what a boot needs: it boots, enforces, runs nothing unsigned, and dpkg goes on from
    where it was."""
    host = enforcing_machine
    seconds = random.uniform(1, 100)
    print(f"the power goes after {seconds:.2f} s")
    debs = download(CORE, tmp_path / "debs")
    sign(*debs)
    put(host, *debs)
    host.sh(f"systemd-run --unit=upgrade sh -c 'exec dpkg -i {PLACE}/*.deb'")
    host.run(f"timeout {seconds} sh -c 'while systemctl -q is-active upgrade; do sleep 0.1; done'", timeout=seconds + 120)
    host.kill()
    host.start()
    assert host.sh("grep ^state /run/assay/boot") == "state enforce\n"
    # A package that was being unpacked is dpkg's to unpack again; what depends on it waits for that.
    host.run("dpkg --configure -a", 900)
    host.sh(f"dpkg -i {PLACE}/*.deb", 900)
    assert host.denials() == []
    names = " ".join(f"--package {name}" for name in CORE)
    assert host.run(f"assay verify {names}", timeout=600).rc == 0
