# SPDX-License-Identifier: GPL-2.0-or-later
"""The power goes while the lock is changed: the next boot opens by itself or by a recovery key, never by neither.

At random moments, on a real disk with a real kernel's cache in front of it; tests/faults/test_lock.py has every write."""

import os
import random
import re
import time

import pytest

from vm.crypt import volume
from vm.crypt.host import PROMPT, STOPPED, UP
from vm.lab.prepare import Setup

LONG = bool(os.environ.get("ASSAY_LONG"))
pytestmark = [pytest.mark.vm, pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")]
SETUP = Setup("6.12", "verity", "portable")
OLD, NEW = "/root/recovery", "/root/recovery.new"
# Each as an operator types it.  update-initramfs ends with an approval, which its hook asks for.
COMMANDS = {
    "approve": "echo '# another' >/etc/modprobe.d/lock-test.conf && update-initramfs -u",
    "rotate": f"assay lock recovery rotate --recovery-key-file {OLD} --recovery-key-out {NEW}",
    "reseal": f"assay lock reseal --recovery-key-file {OLD}",
}
POINTS = {"approve": 2, "rotate": 2, "reseal": 1}   # for each unit of ASSAY_COUNT_FACTOR


@pytest.fixture(scope="module", name="locked")
def locked_fixture(preparer):
    """A host that opens its second disk by itself."""
    return volume.locked(preparer, SETUP)


def seconds_of(locked, command):
    """How long it takes when nothing comes between."""
    with locked.machine() as machine:
        machine.start()
        begin = time.monotonic()
        machine.sh(command, timeout=900)
        return time.monotonic() - begin


def kept_keys(machine):
    """The recovery keys that the disk has, as whoever ran the command would find them."""
    with machine.offline() as disk:
        names = disk.listdir("/root")
        found = [disk.read(path).decode("ascii").strip() for path in (OLD, NEW) if os.path.basename(path) in names]
    return [key for key in found if key]


def opens(machine, keys):
    """Starts it, with these keys where it asks; by what it opened."""
    machine.start(wait=False)
    for asked, key in enumerate(keys, 1):
        said = machine.wait_console(rf"(?s:(?:{PROMPT}.*){{{asked}}})|{STOPPED}|{UP}").group()
        if not said.startswith("Recovery key"):
            break
        machine.console_send(key + "\n")
    machine.wait_up()
    return machine.sh("cat /run/assay/lock").splitlines()[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_power_is_cut(locked, factor, name):
    """The volume is open at the next boot, with what was in it, by itself or by a key that the disk has."""
    takes = seconds_of(locked, COMMANDS[name])
    for _ in range(POINTS[name] * factor):
        after = random.uniform(0, takes)
        with locked.machine() as machine:
            machine.start()
            machine.sh(["systemd-run", "--quiet", "sh", "-c", COMMANDS[name]])
            time.sleep(after)
            machine.kill()
            how = opens(machine, kept_keys(machine))
            print(f"{name}: cut after {after:.2f} of {takes:.2f} s: {how}")
            assert how in ("opened seal", "opened recovery"), (name, after)
            content = machine.sh("mount -o ro /dev/mapper/data /mnt && cat /mnt/file").strip()
            assert content == volume.SECRET, (name, after)
            assert machine.failed_units() == [], (name, after)
