# SPDX-License-Identifier: GPL-2.0-or-later
"""A stock Debian, taken from unsigned to enforcing by the operator's commands, boots again and again.

In the newest kernel's profile twice in a row; with ASSAY_LONG ten times, on each kernel, in each profile,
with EVM and without."""

import os

import pytest

from vm.lab.fixtures import SETUPS

LONG = bool(os.environ.get("ASSAY_LONG"))
pytestmark = [pytest.mark.vm, pytest.mark.parametrize("setup", SETUPS if LONG else SETUPS[-1:], ids=str, indirect=True)]

BOOTS = 10 if LONG else 2
UNITS = "multi-user.target ssh cron dbus apparmor systemd-udevd systemd-logind systemd-journald".split()
PROGRAMS = ("python3 -c 'import ssl, sqlite3, ctypes'", "perl -MPOSIX -e 1", "ssh -V", "man -w ls",
            "runuser -l user -c id", "modprobe -v dummy && rmmod dummy")


def test_boots_in_a_row(preparer, setup):
    """Every boot: multi-user, no failed unit, no denial, the state in force and measured; what was
    installed runs, what was not does not."""
    with preparer.machine(setup, "enforcing") as machine:
        measured = set()
        for boot in range(BOOTS):
            if boot:
                machine.reboot()
            else:
                machine.start()
            assert machine.sh("systemctl is-system-running").strip() == "running", boot
            assert machine.failed_units() == [], boot
            assert machine.sh("systemctl is-active " + " ".join(UNITS)).split() == ["active"] * len(UNITS), boot
            for program in PROGRAMS:
                assert machine.run(program).rc == 0, (boot, program)
            assert machine.denials() == [], boot
            assert machine.run("assay status").rc == 0, boot
            assert machine.run("assay events --json").stdout.count("assay.exec") == 0, boot
            measured.add(machine.pcr(13))
            machine.sh("cp --no-preserve=all /bin/true /root/dropped && chmod 755 /root/dropped")
            assert machine.run("/root/dropped").rc == 126, boot
        assert len(measured) == 1, measured
