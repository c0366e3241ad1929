# SPDX-License-Identifier: GPL-2.0-or-later
"""The lock in a machine with UEFI and a TPM: a volume that opens by itself, and only where it may.

A second disk hangs on the lock; the machine is booted by the loader on its own ESP."""

import hashlib
import json
import os
import re
import time

import pytest

from vm.boot.cpio import appended
from vm.crypt import volume
from vm.crypt.host import PROMPT, UP, type_recovery_key
from vm.lab.prepare import Setup

pytestmark = pytest.mark.vm

LONG = bool(os.environ.get("ASSAY_LONG"))
only_long = pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
SETUPS = [Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable")]
UNSEALS = 200     # for each unit of ASSAY_COUNT_FACTOR
# A new file each time, under fs-verity where there is any, which IMA measures whatever it then says of it: an
# entry, and an extend of PCR 10.
MEASURED = """
import fcntl, mmap, os, struct
number = 0
enable = struct.pack("<III116x", 1, 1, 4096)
while not os.path.exists("/root/enough"):
    number += 1
    name = f"/var/tmp/measured-{number}"
    with open(name, "wb") as file:
        file.write(b"%d" % number)
    with open(name, "rb") as file:
        try:
            fcntl.ioctl(file.fileno(), 0x40806685, enable)      # FS_IOC_ENABLE_VERITY
        except OSError:
            pass
        try:
            mmap.mmap(file.fileno(), 1, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
        except PermissionError:
            pass
    os.unlink(name)
"""
HEADERS = 32768   # bytes of both copies of a LUKS2 header


@pytest.fixture(scope="module", params=SETUPS if LONG else SETUPS[:1], ids=str, name="locked")
def locked_fixture(request, preparer):
    """The newer kernel by default, both with ASSAY_LONG."""
    return volume.locked(preparer, request.param)


def is_open(machine):
    """The volume is, with what was put into it."""
    return machine.run("mount -o ro /dev/mapper/data /mnt && cat /mnt/file").stdout.strip() == volume.SECRET


def stays_closed(machine, say):
    """The boot waits at the prompt, and its lines say why."""
    machine.wait_console(PROMPT)
    text = machine.console_text()
    assert re.search(rf"assay: the lock stays closed: .*(?:{say})", text), text[-2000:]
    assert not re.search(UP, text)


def test_it_opens_by_itself_and_enforces(locked):
    """Silently: no prompt, the volume open under crypttab's name, the credential there, the PCR capped."""
    with locked.machine() as machine:
        machine.start()
        text = machine.console_text()
        assert not re.search(PROMPT, text) and "the lock stays closed" not in text
        assert is_open(machine)
        assert machine.sh("cat /run/assay/credentials/db.password") == "hush"
        modes = machine.sh("stat -c %a /run/assay/credentials /run/assay/credentials/db.password")
        assert modes.split() == ["700", "600"]
        assert machine.run("ls /run/assay/lock-keys").rc != 0
        word = machine.sh("cat /run/assay/lock").splitlines()
        assert word[0] == "opened seal" and re.fullmatch(r"volume [0-9a-f-]{36} data", word[1])
        assert "allow_discards" in machine.sh("dmsetup table data")
        assert machine.failed_units() == [] and machine.denials() == []
        assert machine.run("cp --no-preserve=all /bin/true /root/x && chmod +x /root/x && /root/x").rc == 126
        assert machine.run("assay status").rc == 0


@only_long
def test_nothing_unseals_later_in_the_boot(locked, build_dir):
    """Root asks the TPM as assay-unlock did, by a program of the host's own key: the PCR was capped."""
    with locked.machine() as machine:
        machine.start()
        machine.put("/root/unseal", build_dir / "interop/unseal", mode=0o755)
        machine.sh("assay sign /root/unseal", timeout=300)
        asked = machine.run("/root/unseal /var/lib/assay/lock/blob")
        assert asked.rc == 1 and "PCR 13" in asked.stderr, asked


def approve_what_is_capped(machine):
    """By the authority's hand what no command approves: the PCRs as they are in a boot that is up."""
    machine.sh("assay lock authority init --key /root/authority.pem --no-passphrase", timeout=300)
    machine.sh("assay lock reseal --authority /root/authority.pem --recovery-key-file /root/recovery", timeout=600)
    numbers = volume.bound_pcrs(machine)
    now = {n: machine.pcr(n) for n in numbers}
    other = now | {numbers[0]: "ab" * 32}
    machine.put("/root/values", "".join(f"{n} {value}\n" for n, value in other.items()).encode())
    machine.sh("assay lock approve --kernel later --pcr-values /root/values --request /root/request", timeout=300)
    before = hashlib.sha256(bytes(32) + hashlib.sha256(machine.get("/run/assay/record")).digest()).digest()
    request = machine.get("/root/request")
    for was, value in ((before, now[13]), (b"\xab" * 32, now[numbers[0]])):
        assert request.count(was) == 1
        request = request.replace(was, bytes.fromhex(value))
    machine.put("/root/request", request)
    machine.sh("assay lock authority sign --key /root/authority.pem --out /root/signed /root/request", timeout=300)
    machine.sh("assay lock approve --import /root/signed", timeout=300)


@only_long
def test_it_opens_while_ima_measures(locked, build_dir, factor):
    """As fast as the kernel can, of a root that makes it: none of the unseals fails."""
    count = "cat /sys/kernel/security/ima/runtime_measurements_count"
    with locked.machine() as machine:
        machine.start()
        machine.put("/root/unseal", build_dir / "interop/unseal", mode=0o755)
        machine.sh("assay sign /root/unseal", timeout=300)
        approve_what_is_capped(machine)
        machine.put("/root/measured.py", MEASURED.encode())
        before = int(machine.sh(count))
        machine.sh(["systemd-run", "--quiet", "python3", "/root/measured.py"])
        begin = time.monotonic()
        said = machine.run(f"/root/unseal --stop-others /var/lib/assay/lock/blob {UNSEALS * factor}", timeout=20 * UNSEALS * factor)
        took, measured = time.monotonic() - begin, int(machine.sh(count)) - before
        print(f"{UNSEALS * factor} unseals in {took:.0f} s, {measured} files measured meanwhile")
        machine.sh("touch /root/enough")
        assert said.rc == 0 and said.stdout.count("\n") == UNSEALS * factor and len(set(said.stdout.split())) == 1, said
        assert measured > UNSEALS * factor


def no_guard(bootable):
    """An initramfs of the attacker's, which does not look at the command line."""
    bootable.initrd.write_bytes(appended(bootable.initrd.read_bytes(), {
        "usr/bin/assay-guard": b"#!/bin/sh\nexit 0\n"}))


def one_byte(bootable):
    """Another initramfs, by one byte in a place that nobody reads."""
    bootable.initrd.write_bytes(bootable.initrd.read_bytes() + b"\0" * 3 + b"\1")


CASES = {
    "ima_appraise=off": ("ima_appraise=off", None, "CMDLINE"),
    "init=/bin/sh": ("init=/bin/sh", None, "CMDLINE"),
    "a word on the command line": ("quiet", None, "PCR|command line"),
    "another byte of the initramfs": ("", one_byte, "PCR|initramfs"),
    "an initramfs without the guard": ("ima_appraise=off", no_guard, "CMDLINE"),
}
if LONG:
    CASES |= {word: (word, None, "CMDLINE") for word in (
        "ima_appraise=log", "ima_appraise=fix", "evm=fix", "systemd.unit=rescue.target", "break=premount", "1")}
    CASES |= {word: (word, None, "PCR|command line") for word in ("nomodeset", "console=tty1", "root=LABEL=x")}


@pytest.mark.parametrize("case", CASES if LONG else ["ima_appraise=off", "another byte of the initramfs"])
def test_another_boot_stays_closed(locked, case):
    """Whatever is not what was approved ends at the prompt, or is refused before it comes to that."""
    append, tamper, say = CASES[case]
    with locked.machine() as machine:
        machine.start(append=append, tamper=tamper, wait=False)
        if say == "CMDLINE":
            machine.wait_console(r"assay: boot stopped: CMDLINE: ")
            assert not re.search(PROMPT, machine.console_text())
        else:
            stays_closed(machine, say)


@only_long
def test_another_tpm_is_told(locked):
    """The disks in another machine."""
    with locked.machine(tpm=False) as machine:
        machine.start(wait=False)
        stays_closed(machine, "TPM")


@only_long
def test_a_revoked_approval_unseals_no_more(locked):
    """The same boot as before, after its approval was revoked; nor with the header of a backup."""
    with locked.machine() as machine:
        backup = machine.second.read_bytes()[:HEADERS]
        machine.start()
        approvals = json.loads(machine.sh("assay lock get --json", timeout=300))["approvals"]
        machine.sh(f"assay lock revoke {max(a['id'] for a in approvals)}", timeout=300)
        machine.poweroff()
        with open(machine.second, "r+b") as disk:
            assert disk.read(HEADERS) != backup
            disk.seek(0)
            disk.write(backup)
        machine.start(wait=False)
        stays_closed(machine, "revoked")


@only_long
def test_the_recovery_key_boots_and_reseal_makes_it_last(locked):
    """Typed at the console, after a mistyped one; the boot enforces, is told of, and then approved."""
    with locked.machine() as machine:
        machine.start(append="quiet", wait=False)
        stays_closed(machine, "\"quiet\" was added")
        type_recovery_key(machine, locked.recovery)
        assert is_open(machine)
        word = machine.sh("cat /run/assay/lock")
        assert word.startswith("opened recovery\nwhy ")
        assert machine.run("cp --no-preserve=all /bin/true /root/x && chmod +x /root/x && /root/x").rc == 126
        machine.sh("assay lock reseal --recovery-key-file /root/recovery", timeout=300)
        machine.stop_guest("reboot")
        machine.start(append="quiet")
        assert not re.search(PROMPT, machine.console_text()) and is_open(machine)


@only_long
def test_three_wrong_keys_halt(locked):
    """A right one of another lock counts as a wrong one, and is told by its ID."""
    other = "000012-005667-011322-016977-022632-028287-033942-039597"
    with locked.machine() as machine:
        machine.start(append="quiet", wait=False)
        stays_closed(machine, "\"quiet\" was added")
        for typed, say in ((other, "that is the one with ID 0a54b4e0"), ("1234", "4 digits"),
                           (other, "boot stopped: LOCK")):
            machine.console_send(typed + "\n")
            machine.wait_console(say)
        machine.wait_off()


@only_long
def test_a_damaged_token_is_told(locked):
    """Both copies of the volume's header are gone: VOLUME, not a prompt for a passphrase."""
    with locked.machine() as machine:
        with open(machine.second, "r+b") as disk:
            disk.write(bytes(65536))
        machine.start(wait=False)
        machine.wait_console(r"assay: boot stopped: VOLUME: data: .* did not appear")
