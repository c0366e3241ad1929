# SPDX-License-Identifier: GPL-2.0-or-later
"""The operator's way on real machines: log, events, enable, status, disable, and what goes wrong."""

import json
import os

import pytest

from vm.lab.prepare import Setup

pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif("ASSAY_LONG" not in os.environ, reason="with ASSAY_LONG"),
    pytest.mark.parametrize("setup", [Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable")],
                            ids=str, indirect=True),
]

FAIL_HOOK = b"#!/bin/sh\n[ \"$1\" = prereqs ] && exit 0\nexit 1\n"


def answer(machine, command, rc=None):
    """The JSON object that a command prints."""
    done = machine.run(f"{command} --json", timeout=300)
    assert rc is None or done.rc == rc, done
    return json.loads(done.stdout)


def drop(machine, path="/usr/local/bin/dropped"):
    """A program that no package owns."""
    machine.sh(f"cp /bin/true {path}")
    return path


def test_a_log_run_tells_what_would_be_denied_and_then_no_more(log_machine):
    """Everything runs; events names the one program that is unsigned; signed, it is told no more."""
    m = log_machine
    path = drop(m)
    assert m.run(path).rc == 0
    state = answer(m, "assay status")
    assert state["in_force"]["mode"] == "log" and state["in_force"]["record_in_pcr"] is True, state
    told = answer(m, "assay events", rc=0)["events"]
    assert [(e["id"], e["file"]) for e in told] == [("assay.exec.warning", path)], told
    m.sh(f"assay sign {path}")
    assert answer(m, "assay events", rc=0)["events"] == []


def test_check_of_a_signed_host_says_yes(signed_machine):
    """The verdict in the last line, exit 0."""
    done = signed_machine.run("assay check", timeout=300)
    assert done.rc == 0 and done.stdout.endswith("this host can be enabled\n"), done


def test_a_failed_initramfs_changes_nothing(signed_machine):
    """update-initramfs fails: one line, exit 2; configuration, bundle and initramfs are the old ones."""
    m = signed_machine
    before = m.sh("cat /etc/assay/assay.conf; ls /boot")
    m.put("/etc/initramfs-tools/hooks/zz-fail", FAIL_HOOK, mode=0o755)
    done = m.run("assay enable --log", timeout=600)
    assert done.rc == 2 and "update-initramfs" in done.stderr.splitlines()[-1], done
    assert m.sh("cat /etc/assay/assay.conf; ls /boot") == before
    assert m.run("ls -d /var/lib/assay/boot").rc == 2
    m.sh("rm /etc/initramfs-tools/hooks/zz-fail")
    assert m.run("lsinitramfs /boot/initrd.img-$(uname -r) | grep -q etc/assay/record").rc == 1


def test_a_power_cut_while_enabling_boots(signed_machine):
    """Cut anywhere in enable, the machine boots, and enable works afterwards."""
    m = signed_machine
    m.run("systemd-run --collect assay enable --log; sleep 3", timeout=60)
    m.kill()
    m.start()
    assert m.failed_units() == []
    done = m.run("assay enable --log", timeout=600)
    assert done.rc == 0, done


def test_enforcing_and_back(enforcing_machine):
    """status says so by the kernel and the TPM; a dropped program is denied and told; disable ends it
    at the next boot, not before."""
    m = enforcing_machine
    state = answer(m, "assay status", rc=0)
    assert state["as_configured"] and state["in_force"]["mode"] == "enforce", state
    assert state["in_force"]["record_in_pcr"] is True and state["in_force"]["ima_keyring"]["locked"]
    path = drop(m)
    assert m.run(path).rc == 126
    told = answer(m, "assay events", rc=0)["events"]
    assert [(e["id"], e["file"]) for e in told] == [("assay.exec.violation", path)], told
    assert m.run(f"assay explain {path}").rc == 1 and m.run("assay explain /usr/bin/dpkg").rc == 0
    m.sh("assay disable", timeout=600)
    assert m.run(path).rc == 126
    assert "assay.enforcement.disabled" in m.sh("journalctl -b -t assay")
    m.reboot()
    assert m.run(path).rc == 0
    state = answer(m, "assay status", rc=1)
    assert (state["configured"]["mode"], state["in_force"]["mode"]) == ("off", "off")
