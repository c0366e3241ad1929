# SPDX-License-Identifier: GPL-2.0-or-later
"""Several hosts and one verifier; hosts that boot something else, were made anew, or fall silent."""

import os
import time

import pytest

from vm.attested import Host, trusted
from vm.lab.lab import Image
from vm.lab.prepare import Setup

pytestmark = pytest.mark.vm

LONG = bool(os.environ.get("ASSAY_LONG"))
only_long = pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
SETUP = Setup("6.12", "verity", "portable")
OTHER = Setup("6.1", "signature", "portable")   # signed by another key
SMALL = {"memory": 1024, "net": True}
STALE = 40   # seconds


@pytest.fixture
def start(preparer, lab, machines):
    """start(verifier, setup, tpm): a small enforcing machine, up; tpm: a directory whose copy it gets, None: a new one."""
    del machines

    def make(verifier, setup=SETUP, tpm=None, **hardware):
        image = Image(preparer.image(setup, "enforcing").disk, tpm)
        machine = lab.machine(image, kernel=setup.kernel, reach=verifier.reach, **SMALL, **hardware)
        return machine.start()
    return make


def serve(host):
    """The host reports by its unit, from now on and after each boot."""
    host.machine.sh("systemctl enable --now assay-attest", timeout=180)


@only_long
def test_three_hosts_pass_and_two_fall_silent(start, verifiers):
    """Each enrols by its own TPM and passes by its service; without power it becomes stale, in time and in words."""
    verifier = verifiers(interval=5, stale_after=STALE)
    hosts = {}
    for name in ("web", "database", "mail"):
        for other in hosts.values():
            other.machine.kill()
        hosts[name] = host = trusted(start(verifier), verifier).enrol(name)
        serve(host)
        host.becomes("pass")
        assert host.machine.failed_units() == [] and host.machine.denials() == []
    listed = verifier.ask("host", "list")
    assert {h["host"]: h["name"] for h in listed} == {host.id: name for name, host in hosts.items()}
    for name in ("web", "database"):
        hosts[name].becomes("stale", seconds=STALE + 10)
        hosts[name].says("nothing was heard of it since its last round")
        assert hosts[name].reasons() == []
    assert hosts["mail"].shown()["state"] == "pass"


@only_long
@pytest.mark.parametrize("setup", [SETUP, OTHER], ids=str)
def test_the_service_goes_on_after_a_reboot(start, verifiers, setup):
    """Without a hand, without root, without a failed unit; what was stale meanwhile passes again."""
    host = trusted(start(verifier := verifiers(interval=5, stale_after=STALE), setup), verifier).enrol()
    serve(host)
    first = host.becomes("pass")["last_round"]
    host.becomes("pass", after=first)
    user = host.machine.sh("ps -o user= -p $(systemctl show -p MainPID --value assay-attest)").strip()
    assert user not in ("", "root")
    host.machine.reboot()
    rebooted = int(time.time())
    host.becomes("pass", seconds=120, after=rebooted)
    assert host.machine.sh("systemctl is-active assay-attest").strip() == "active"
    assert host.machine.failed_units() == [] and host.machine.denials() == []


def one_byte(bootable):
    """Another initramfs, by one byte in a place that nobody reads."""
    bootable.initrd.write_bytes(bootable.initrd.read_bytes() + b"\0" * 3 + b"\1")


def approved(start, verifiers):
    """A host by UEFI that passes since its boot was approved; off."""
    verifier = verifiers(boot="approved", stale_after=3600)
    host = trusted(start(verifier, efi=True), verifier).enrol()
    code, said = host.report()
    assert code == 1 and host.reasons() == ["boot-state"], host.shown()
    assert said["reason"] == f"boot state {host.shown()['boot']} is not approved"
    verifier.do("host", "approve-boot", host.id)
    assert host.report()[0] == 0, host.shown()
    host.machine.poweroff()
    return host


@only_long
def test_another_command_line(start, verifiers):
    """Fails within one round; the one it was, and the one it is, are told; a reset alone changes nothing."""
    host = approved(start, verifiers)
    host.machine.start(append="quiet")
    assert host.report()[1]["state"] == "fail"
    assert host.reasons() == ["boot-state", "command-line"], host.shown()
    host.says(f"boot state {host.shown()['boot']} is not approved")
    host.says("panic=-1 quiet\", and was \"")
    host.verifier.do("host", "reset", host.id)
    assert host.report()[1]["state"] == "fail"


@only_long
def test_another_initramfs(start, verifiers):
    """By one byte: fails within one round, and for good until it is reset in the boot that was approved."""
    host = approved(start, verifiers)
    before = host.shown()["boot"]
    host.machine.start()
    assert host.report()[0] == 0, host.shown()
    host.machine.poweroff()
    host.machine.start(tamper=one_byte)
    assert host.report()[1]["state"] == "fail"
    assert host.reasons() == ["boot-state"] and host.shown()["boot"] != before
    host.says(f"boot state {host.shown()['boot']} is not approved")
    host.machine.reboot()
    assert host.report()[1]["state"] == "fail"
    host.verifier.do("host", "reset", host.id)
    assert host.report()[0] == 0 and host.shown()["boot"] == before


@only_long
def test_another_disk_on_the_same_tpm(start, preparer, verifiers):
    """The same host by its TPM: it enrols as such, and fails until its new key is trusted."""
    verifier = verifiers()
    tpm = preparer.image(SETUP, "enforcing").tpm
    host = trusted(start(verifier, tpm=tpm), verifier).enrol()
    assert host.report()[0] == 0
    host.machine.poweroff()
    again = Host(start(verifier, OTHER, host.machine.tpm.state), verifier)
    again.id = host.id
    assert again.machine.run("assay attest report").rc == 2
    assert again.ask().ok
    assert len(verifier.ask("host", "list")) == 1
    assert again.report()[1]["state"] == "fail"
    assert "record" in again.reasons(), again.shown()
    trusted(again.machine, verifier)
    verifier.do("host", "reset", host.id)
    assert again.report()[0] == 0, again.shown()


@only_long
def test_the_same_disk_on_another_tpm(start, verifiers):
    """Another host: it can't speak for the one that its disk was of, which falls silent."""
    verifier = verifiers(interval=5, stale_after=STALE)
    host = trusted(start(verifier), verifier).enrol()
    assert host.report()[0] == 0
    disk = host.machine
    disk.poweroff()
    disk.change_tpm()
    disk.start()
    disk.wait_network()
    refused = disk.run("assay attest report")
    assert refused.rc == 2 and refused.stderr, refused
    host.becomes("stale", seconds=STALE + 10)
    other = Host(disk, verifier).enrol()
    assert other.id != host.id
    assert other.report()[0] == 0 and host.shown()["state"] == "stale"
