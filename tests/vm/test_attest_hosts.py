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


def test_three_hosts_pass(start, verifiers):
    """Each enrols by its own TPM, and passes by its service; the list shows all of them by their names."""
    verifier = verifiers(stale_after=3600)
    names = ["web", "database", "mail"]
    for name in names:
        host = trusted(start(verifier), verifier).enrol(name)
        serve(host)
        host.becomes("pass")
        assert host.machine.failed_units() == [] and host.machine.denials() == []
        host.machine.kill()
    listed = verifier.ask("host", "list")["hosts"]
    assert sorted(h["name"] for h in listed) == sorted(names)
    assert len({h["host"] for h in listed}) == 3 and {h["state"] for h in listed} == {"pass"}


def test_the_service_and_a_silent_host(start, verifiers):
    """The unit reports by itself, before and after a reboot; without power the host becomes stale in time."""
    verifier = verifiers(interval=5, stale_after=STALE)
    host = trusted(start(verifier), verifier).enrol()
    serve(host)
    first = host.becomes("pass")["last_round"]
    host.becomes("pass", after=first)
    assert host.machine.sh("systemctl is-active assay-attest").strip() == "active"
    assert host.machine.sh("systemctl show -p User --value assay-attest").strip() != "root"
    host.machine.reboot()
    rebooted = int(time.time())
    host.becomes("pass", seconds=120, after=rebooted)
    assert host.machine.failed_units() == [] and host.machine.denials() == []
    assert [e["state"] for e in host.shown()["history"]][0] == "pass"
    host.machine.kill()
    host.becomes("stale", seconds=STALE + 10)
    until = time.monotonic() + 10
    while "nothing was heard of it" not in host.words() and time.monotonic() < until:
        time.sleep(1)
    assert "nothing was heard of it since its last round" in host.words()
    assert not host.reasons()


def one_byte(bootable):
    """Another initramfs, by one byte in a place that nobody reads."""
    bootable.initrd.write_bytes(bootable.initrd.read_bytes() + b"\0" * 3 + b"\1")


def settled(start, verifiers):
    """A host by UEFI whose boot was approved, which passes; off."""
    verifier = verifiers(boot="approved", stale_after=3600)
    host = trusted(start(verifier, efi=True), verifier).enrol()
    code, said = host.report()
    assert code == 1 and host.reasons() == ["boot-state"], host.shown()
    assert said["reason"] == f"boot state {host.shown()['boot']} is not approved"
    verifier.do("host", "approve-boot", host.id)
    assert host.report()[0] == 0, host.shown()
    host.machine.reboot()
    assert host.report()[0] == 0, host.shown()
    host.machine.stop_guest("poweroff")
    return host


def fails_by_its_boot(host, codes):
    """Within one round; a reset alone makes nothing good, and the boot that was approved does."""
    assert host.report()[1]["state"] == "fail"
    assert host.reasons() == codes, host.shown()
    assert f"boot state {host.shown()['boot']} is not approved" in host.words()
    host.verifier.do("host", "reset", host.id)
    assert host.report()[1]["state"] == "fail"


def test_another_command_line(start, verifiers):
    """The one it was, and the one it is, are told."""
    host = settled(start, verifiers)
    host.machine.start(append="quiet")
    fails_by_its_boot(host, ["boot-state", "command-line"])
    assert "quiet\", and was \"" in host.words()
    host.machine.reboot()
    assert host.report()[1]["state"] == "fail"
    host.verifier.do("host", "reset", host.id)
    assert host.report()[0] == 0, host.shown()


@only_long
def test_another_initramfs(start, verifiers):
    """By one byte; nothing else differs."""
    host = settled(start, verifiers)
    approved = host.shown()["boot"]
    host.machine.start(tamper=one_byte)
    fails_by_its_boot(host, ["boot-state"])
    assert host.shown()["boot"] != approved


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
    assert len(verifier.ask("host", "list")["hosts"]) == 1
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
