# SPDX-License-Identifier: GPL-2.0-or-later
"""sign, verify and repair over packages on a real Debian, with fs-verity in the kernel."""

import pytest

from vm.lab.prepare import Setup

pytestmark = [pytest.mark.vm,
              pytest.mark.parametrize("setup", [Setup("6.12", "verity", "portable"),
                                                Setup("6.1", "signature", "portable")],
                                      ids=str, indirect=True)]


def test_installed_is_signed_and_stays_so(signed_machine, setup):
    """Verify says yes; a second sign run writes nothing; the manifest has every file."""
    machine = signed_machine
    assert machine.sh("assay verify --installed") == ""
    again = machine.run("assay sign --installed --verbose", timeout=600)
    assert again.ok and "sign: 0 signed, " in again.stderr and " 0 left unsigned" in again.stderr
    over = "verity" if setup.profile == "verity" else "file"
    assert machine.run(f"grep -q ' {over}:sha256:' /var/lib/assay/manifest").ok
    machine.sh("grep -q '/vmlinuz-.* file:sha256:' /var/lib/assay/manifest")


def test_nothing_that_runs_is_without_an_owner(signed_machine, setup):
    """A stock Debian has no executable that no package brought, after a whole boot."""
    del setup
    # mmdebstrap copies these two with the modes of the machine that it ran on.
    signed_machine.sh("chmod a-x /etc/resolv.conf /etc/hostname")
    found = signed_machine.run("assay verify --unowned", timeout=600)
    assert (found.rc, found.stdout) == (0, ""), found


def test_a_changed_program_is_refused(signed_machine, setup):
    """Replaced by another file: named with its package; apt's file in its place is signed."""
    del setup
    machine = signed_machine
    machine.sh("cp /usr/bin/less /root/less; echo >> /root/less; mv /root/less /usr/bin/less")
    done = machine.run("assay sign --installed", timeout=600)
    assert done.rc == 1 and "/usr/bin/less: differs from what less delivered" in done.stderr
    assert machine.run("getfattr -n security.ima /usr/bin/less").rc != 0
    assert machine.run("assay repair /usr/bin/less").rc == 1
    assert machine.run("assay verify --package less").rc == 1


def test_lost_signatures_come_back(signed_machine, setup):
    """Attributes stripped from every file of a package, and one copied anew without fs-verity."""
    machine = signed_machine
    machine.sh("for f in $(dpkg -L coreutils | grep /bin/); do"
               " setfattr -x security.ima $f; setfattr -x security.evm $f; done;"
               " cp --preserve=mode,ownership /usr/bin/less /usr/bin/less.new;"
               " mv /usr/bin/less.new /usr/bin/less")
    assert machine.run("assay verify --package coreutils").rc == 1
    if setup.profile == "verity":
        assert machine.run("fsverity measure /usr/bin/less").rc != 0
    done = machine.run("assay repair --verbose", timeout=600)
    assert done.ok and " 0 gone, 0 not" in done.stderr, done
    assert machine.sh("assay verify --installed") == ""
    if setup.profile == "verity":
        machine.sh("fsverity measure /usr/bin/less")
