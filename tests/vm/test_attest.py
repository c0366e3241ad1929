# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts that prove their state to a verifier: enrolled with their own TPMs, judged by their own kernels' lists."""

import os

import pytest

from vm.attested import trusted
from vm.lab.prepare import Setup

LONG = bool(os.environ.get("ASSAY_LONG"))
SETUPS = [Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable")]
DROPPED = "cp /usr/bin/id /home/user/dropped && /home/user/dropped"

pytestmark = [pytest.mark.vm, pytest.mark.parametrize("setup", SETUPS if LONG else SETUPS[:1], ids=str, indirect=True)]


@pytest.fixture
def host(preparer, setup, machines, verifier):
    """A function that starts a machine of a stage, beside a verifier that trusts its certificate."""
    del machines

    def make(stage, **boot):
        machine = preparer.machine(setup, stage, net=True, reach=verifier.reach)
        machine.start(**boot)
        return trusted(machine, verifier)
    return make


def test_an_enforcing_host_passes(host):
    """Round after round, after a reboot, and while programs run that were not seen before."""
    one = host("enforcing").enrol()
    rc, said = one.report()
    assert rc == 0 and said["state"] == "pass", (said, one.shown())
    one.machine.sh("hello; perl -e 1; python3 -c 1")
    assert one.report()[0] == 0
    one.machine.reboot()
    assert one.report()[0] == 0
    shown = one.shown()
    assert shown["state"] == "pass" and shown["reasons"] == []


def test_what_was_denied(host, setup):
    """What the kernel refused did not run; in the signature profile the list does not tell, and that is no pass."""
    one = host("enforcing").enrol()
    assert one.machine.run(DROPPED, user="user").rc != 0
    assert one.report()[0] == (0 if setup.profile == "verity" else 1), one.shown()


@pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
def test_in_log_mode_nothing_passes(host):
    """What ran unsigned is named; so is that nothing was enforced; and the failure stays."""
    one = host("log").enrol()
    one.machine.sh(DROPPED, user="user")
    rc, said = one.report()
    assert rc == 1 and said["state"] == "fail"
    assert "not-enforcing" in one.reasons() and "unsigned" in one.reasons()
    assert any("/home/user/dropped" in reason["text"] for reason in one.shown()["reasons"])
    one.machine.sh("assay enable")
    one.machine.reboot()
    assert one.report()[1]["state"] == "fail"
    one.verifier.do("host", "reset", one.id)
    assert one.report()[1]["state"] == "pass", one.shown()


def test_enforcement_switched_off(host):
    """The next boot without a record."""
    one = host("enforcing").enrol()
    assert one.report()[0] == 0
    one.machine.sh("assay disable")
    one.machine.reboot()
    assert one.report()[1]["state"] == "fail"
    assert "record" in one.reasons() or "not-enforcing" in one.reasons()


@pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
def test_another_key(host, verifier, tmp_path):
    """A verifier that trusts somebody else's certificate passes nobody."""
    one = host("enforcing")
    for path in (verifier.work / "trust").rglob("*"):
        if path.is_file():
            path.unlink()
    verifier.stop()
    verifier.start()
    one.enrol()
    assert one.report()[1]["state"] == "fail"
    assert "nothing-checked" in one.reasons() or "record" in one.reasons()
