# SPDX-License-Identifier: GPL-2.0-or-later
"""The root file system in a LUKS2 volume that hangs on the lock, for each way to boot a Debian.

Two disks at rest are an attacker's: the ESP and /boot; what is in the volume is not."""

import json
import os
import re

import pytest

from vm.boot.bundle import Bundle, new_key
from vm.boot.cpio import appended
from vm.crypt.host import (ASKED, CLOSED, PROMPT, STOPPED, UP, copy_variables, flipped, initrd, locked,
                           renew_uki, type_recovery_key)
from vm.crypt.stage import NAME
from vm.crypt.ways import Efistub, Grub, Uki
from vm.lab.boot import FIRMWARE
from vm.lab.disk import raw_view
from vm.lab.prepare import Setup

LONG = bool(os.environ.get("ASSAY_LONG"))
only_long = pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
pytestmark = [pytest.mark.vm, only_long]
NEWER, OLDER = Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable")
CASES = [(NEWER, "efistub")]
if LONG:
    CASES += [(NEWER, "uki"), (NEWER, "grub"), (OLDER, "efistub"), (OLDER, "uki"), (OLDER, "grub")]
HEADERS = 16 << 20   # bytes of a LUKS2 header with its keyslots


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[1]}-{case[0].kernel}")
def host(request, lab, preparer):
    """systemd-boot and the newer kernel by default, all with ASSAY_LONG."""
    setup, name = request.param
    way = {"efistub": Efistub, "uki": Uki, "grub": lambda: Grub(lab)}[name]()
    return locked(preparer, setup, way)


def up(machine, **options):
    """Boots to the end, and nobody was asked for anything."""
    machine.start(**options)
    text = machine.console_text()
    assert not re.search(f"{ASKED}|{PROMPT}|{CLOSED}|{STOPPED}", text), text[-2000:]
    return machine


def stays_closed(machine, say):
    """The boot waits at the prompt, and its lines say why."""
    found = machine.wait_console(f"{PROMPT}|{STOPPED}|{ASKED}|{UP}")
    text = machine.console_text()
    assert re.match(PROMPT, found.group()), text[-2000:]
    assert re.search(say, re.search(CLOSED, text)[1]), text[-2000:]
    assert len(re.findall("^assay: ", text, re.M)) <= 3


def stops(machine, say):
    """The boot ends without a prompt, and without a shell."""
    found = machine.wait_console(f"{STOPPED}|{PROMPT}|{ASKED}|{UP}")
    assert found[1] and re.search(say, found[1]), machine.console_text()[-2000:]
    assert not re.search(f"{PROMPT}|{ASKED}|{UP}", machine.console_text())


def enforces(machine):
    """What was not installed does not run."""
    return machine.run("cp --no-preserve=all /bin/true /root/x && chmod +x /root/x && /root/x").rc == 126


def test_the_root_opens_by_itself_and_enforces(host):
    """Silently, under crypttab's name, beside cryptroot's own scripts."""
    with host.machine() as machine:
        up(machine)
        assert machine.sh("findmnt -no SOURCE /").strip() == f"/dev/mapper/{NAME}"
        assert machine.sh("cat /run/assay/lock").splitlines()[0] == "opened seal"
        assert "allow_discards" in machine.sh(f"dmsetup table {NAME}")
        assert machine.failed_units() == [] and machine.denials() == []
        assert machine.run("assay status").rc == 0 and enforces(machine)
        assert machine.run("assay lock test", timeout=300).rc == 0
        profile = json.loads(machine.sh("assay lock get --json", timeout=300))["profile"]
        assert profile == host.way.name
        listed = machine.sh(f"lsinitramfs {initrd(machine)}").split()
        assert {"usr/bin/assay-unlock", "scripts/local-top/cryptroot", "scripts/local-top/assay"} <= set(listed)
        assert host.sizes[0] < host.sizes[1] < host.sizes[0] + (8 << 20)


def one_byte(bootable):
    """Another initramfs, by one byte in a place that nobody reads."""
    bootable.initrd.write_bytes(bootable.initrd.read_bytes() + b"\0" * 3 + b"\1")


def another_kernel(bootable):
    """Another kernel: what is behind its last section is in the digest that the firmware measures."""
    bootable.kernel.write_bytes(bootable.kernel.read_bytes() + b"\1" * 8)


def test_another_initramfs_stays_closed(host):
    """By one byte."""
    with host.machine() as machine:
        machine.start(tamper=one_byte, wait=False)
        stays_closed(machine, "unified kernel image|initramfs: not the approved one")


@only_long
def test_another_kernel_stays_closed(host):
    """Under shim and GRUB one that Debian did not sign is not started at all."""
    with host.machine() as machine:
        machine.start(tamper=another_kernel, wait=False)
        if host.way.name == "grub":
            machine.wait_console("bad shim signature")
        else:
            stays_closed(machine, "kernel: not the approved one|unified kernel image")


REFUSED = ["ima_appraise=off", "ima_appraise=log", "evm=fix", "init=/bin/sh", "systemd.unit=rescue.target"]


@only_long
@pytest.mark.parametrize("word", REFUSED)
def test_a_word_that_disables_stops_the_boot(host, word):
    """Before anything is unsealed; the line names the word."""
    with host.machine() as machine:
        machine.start(append=word, wait=False)
        stops(machine, f"CMDLINE: .*{re.escape(word.split('=')[0])}")


@only_long
@pytest.mark.parametrize("word", REFUSED)
def test_no_word_unseals_without_the_guard(host, word):
    """An initramfs of the attacker's, which does not look at the command line: assay-unlock does."""
    def tamper(bootable):
        bootable.initrd.write_bytes(appended(bootable.initrd.read_bytes(), {
            "usr/bin/assay-guard": b"#!/bin/sh\nexit 0\n"}))
    with host.machine() as machine:
        machine.start(append=word, tamper=tamper, wait=False)
        stops(machine, f"CMDLINE: .*{re.escape(word.split('=')[0])}")


@only_long
def test_a_shell_of_the_initramfs_unseals_nothing(host):
    """rdinit= gives one; what it starts there is told the word, and the TPM would refuse it."""
    with host.machine() as machine:
        machine.start(append="rdinit=/bin/sh", wait=False)
        machine.wait_console("can't access tty|# ")
        machine.console_send("mount -t proc proc /proc; exec /init\n")
        stops(machine, "CMDLINE: .*rdinit")


@only_long
def test_a_harmless_word_is_told(host):
    """Not approved is not approved."""
    with host.machine() as machine:
        machine.start(append="quiet", wait=False)
        stays_closed(machine, "\"quiet\" was added|unified kernel image")


class Inside:
    """What Bundle reads, of a machine that runs."""

    def __init__(self, machine):
        self.read = machine.get
        self.listdir = lambda path: machine.sh(f"ls {path}").split()


@only_long
def test_another_record_is_told(host):
    """Policy, certificate and level changed, each in a record that the host's key or another signed."""
    with host.machine() as machine:
        up(machine)
        bundle = Bundle(Inside(machine))
        machine.poweroff()
        changed = {
            "policy: not the approved one": bundle.copy().with_policy("measure func=BPRM_CHECK\n"),
            "certificate": bundle.copy().with_key(*new_key("rsa:2048")),
            "level: community, was": bundle.copy().edit("level ", "level community").sign(),
            "lockdown: off, was integrity": bundle.copy().edit("lockdown ", "lockdown off").sign(),
        }
        for say, made in changed.items():
            def tamper(bootable, made=made):
                bootable.initrd.write_bytes(appended(bootable.initrd.read_bytes(), made.overlay()))
            machine.start(tamper=tamper, wait=False)
            stays_closed(machine, say)
            machine.kill()


@only_long
def test_secure_boot_switched_off_is_told(host):
    """Where it was on."""
    if not host.way.secure_boot:
        pytest.skip("this way has none")
    with host.machine() as machine:
        copy_variables(FIRMWARE / "OVMF_VARS_4M.fd", machine)
        machine.start(wait=False)
        stays_closed(machine, "Secure Boot")


@only_long
def test_another_db_is_told(host, tmp_path):
    """The same certificates, entered by somebody else."""
    if not host.way.secure_boot:
        pytest.skip("this way has none")
    with host.machine() as machine:
        copy_variables(flipped(FIRMWARE / host.way.variables, tmp_path), machine)
        machine.start(wait=False)
        stays_closed(machine, "Secure Boot's db: changed")


@only_long
def test_another_tpm_is_told(host):
    """The disk in another machine."""
    with host.machine(tpm=False) as machine:
        machine.start(wait=False)
        stays_closed(machine, "TPM: a different one, or it was cleared")


@only_long
def test_a_cleared_tpm_is_told(host):
    """By root of the running host."""
    with host.machine() as machine:
        up(machine)
        machine.sh("tpm2_clear -c lockout", timeout=300)
        machine.poweroff()
        machine.start(wait=False)
        stays_closed(machine, "TPM: a different one, or it was cleared")


def approved(machine):
    """IDs of the approvals."""
    return [a["id"] for a in json.loads(machine.sh("assay lock get --json", timeout=300))["approvals"]]


@only_long
def test_a_backup_does_not_bring_an_approval_back(host):
    """/boot, the ESP and the volume's header as they were; the approval was revoked meanwhile."""
    with host.machine() as machine:
        parts = {}
        for part, size in (("esp", None), ("boot", None), ("volume", HEADERS)):
            with raw_view(machine.disk, part) as view, open(view, "rb") as file:
                parts[part] = file.read(size)
        up(machine)
        old = approved(machine)
        machine.sh("update-initramfs -u -k all", timeout=600)
        if host.way.name == "uki":
            renew_uki(machine, host.way)
        assert max(approved(machine)) > max(old)
        for number in old:
            machine.sh(f"assay lock revoke {number}", timeout=300)
        machine.poweroff()
        up(machine)
        machine.poweroff()
        for part, data in parts.items():
            with raw_view(machine.disk, part, writable=True) as view, open(view, "r+b") as file:
                file.write(data)
        machine.start(wait=False)
        stays_closed(machine, "revoked")


@only_long
def test_the_recovery_key_boots_and_reseal_makes_it_last(host):
    """Typed at the console, after a mistyped one; the boot enforces, and is then approved."""
    with host.machine() as machine:
        machine.start(append="quiet", wait=False)
        stays_closed(machine, "quiet|unified kernel image")
        type_recovery_key(machine, host.recovery)
        assert not re.search(ASKED, machine.console_text())
        assert machine.sh("cat /run/assay/lock").startswith("opened recovery\nwhy ") and enforces(machine)
        machine.sh("assay lock reseal --recovery-key-file /root/recovery", timeout=300)
        machine.stop_guest("reboot")
        up(machine, append="quiet")
        assert enforces(machine)
