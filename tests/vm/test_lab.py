# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab itself: real kernels boot to multi-user, and what a test asks of a machine happens."""

import os

import pytest

from vm.lab import Deadline, GuestError
from vm.lab.recipe import KERNELS

pytestmark = pytest.mark.vm
LONG = bool(os.environ.get("ASSAY_LONG"))


@pytest.fixture(scope="module", params=KERNELS if LONG else KERNELS[-1:])
def kernel(request):
    """By default the newest; other tests boot the older one, too."""
    return request.param


@pytest.fixture(scope="module")
def machine(lab, kernel):
    """One machine per kernel for the whole file."""
    with lab.machine(kernel=kernel) as machine:
        machine.start()
        print(f"{kernel}: up in {machine.boot_seconds:.1f} s")
        yield machine


def test_boots_to_multi_user_without_failed_units(machine, kernel):
    """The machine runs the kernel that was asked for, and nothing failed."""
    assert machine.sh("uname -r").startswith(f"{kernel}.")
    assert machine.failed_units() == []
    assert machine.sh("systemctl is-system-running").strip() == "running"
    units = "multi-user.target ssh cron dbus apparmor"
    assert machine.sh(f"systemctl is-active {units}").split() == ["active"] * 5


def test_commands_answer_with_output_and_status(machine):
    """Both streams, the status, standard input, the user, and bytes that are no UTF-8."""
    result = machine.run("cat; echo err >&2; id -un; exit 3", stdin=b"in\n", user="user")
    assert (result.stdout, result.stderr, result.rc) == ("in\nuser\n", "err\n", 3)
    assert machine.run(["printf", "\\377"]).stdout == "\udcff"


def test_command_has_a_deadline(machine):
    """A command that hangs is ended, and the channel lives on."""
    with pytest.raises(Deadline):
        machine.run("sleep 60", timeout=1)
    assert machine.sh("echo on") == "on\n"


def test_files_go_in_and_out(machine):
    """Bytes arrive unchanged, whatever their number; a missing file is an error with its errno."""
    data = os.urandom(3_000_001)
    machine.put("/root/data", data, mode=0o600)
    assert machine.get("/root/data") == data
    assert machine.sh("stat -c %a /root/data") == "600\n"
    machine.put("/root/data", b"")
    assert machine.get("/root/data") == b""
    with pytest.raises(GuestError) as caught:
        machine.get("/root/none")
    assert caught.value.errno == 2


def test_tpm_is_there_and_extends(machine):
    """The guest has a TPM 2.0 of its own, with a SHA-256 bank that can be extended."""
    assert machine.sh("cat /sys/class/tpm/tpm0/tpm_version_major").strip() == "2"
    before = machine.pcr(16)
    machine.sh(f"tpm2_pcrextend 16:sha256={'11' * 32}")
    assert machine.pcr(16) != before


def test_verity_can_be_enabled(machine):
    """fs-verity works on the root file system of the verity profile."""
    machine.sh("cp /bin/true /root/true && fsverity enable /root/true && /root/true")
    assert machine.run("echo x >> /root/true").rc != 0


def test_power_cut_and_reboot(machines, kernel):
    """Synced data survives a power cut; a clean reboot is a new boot on the same disk and TPM."""
    machine = machines(kernel=kernel)
    machine.start()
    machine.sh("echo kept > /root/kept; sync")
    machine.sh("tpm2_nvdefine -C o -s 4 1 && echo -n 1234 | tpm2_nvwrite -C o -i - 1")
    first = machine.sh("cat /proc/sys/kernel/random/boot_id")
    machine.kill()
    with machine.offline() as disk:
        assert disk.read("/root/kept") == b"kept\n"
    machine.start(append="lab.word=1")
    print(f"{kernel}: up after the power cut in {machine.boot_seconds:.1f} s")
    assert machine.get("/root/kept") == b"kept\n"
    assert machine.sh("tpm2_nvread -C o 1") == "1234"
    assert "lab.word=1" in machine.sh("cat /proc/cmdline")
    assert machine.sh("cat /proc/sys/kernel/random/boot_id") != first
