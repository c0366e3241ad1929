# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole way of an operator on one machine, from a stock Debian to an enforcing host and back."""

import datetime
import json
import os

import pytest

from vm.lab.fixtures import ALL_SETUPS
from vm.lab.prepare import Setup

pytestmark = pytest.mark.vm

# A key of root's own, and a login with it.
SSH = ("mkdir -pm 700 /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519 &&"
       " cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys &&"
       " ssh -o BatchMode=yes -o StrictHostKeyChecking=no localhost id -un")
DROPPED = "/usr/local/bin/dropped"
LONG = bool(os.environ.get("ASSAY_LONG"))
SETUPS = ALL_SETUPS if LONG else [Setup("6.1", "signature", "portable")]


def answer(machine, command, rc):
    """The JSON that a command prints, which ends as told."""
    done = machine.run(f"assay {command} --json", timeout=300)
    assert done.rc == rc, done
    return json.loads(done.stdout)


def since_boot(machine, since):
    """Whether a time of the report is within this boot's first minutes."""
    then = datetime.datetime.fromisoformat(since.replace("Z", "+00:00")).timestamp()
    booted = int(machine.sh("sed -n 's/^btime //p' /proc/stat"))
    return booted - 2 <= then <= booted + 300


def told(machine, kind):
    """What events tell of one kind: the files."""
    return [e["file"] for e in answer(machine, "events", 0)["events"] if e["id"] == kind]


def to_signed(m):
    """keygen, check, sign; what enable says before there is a key, and before all is signed."""
    assert m.run("assay enable").rc != 0                      # no key yet, nothing signed
    m.sh("assay keygen --no-passphrase")
    assert m.run("assay check", timeout=300).rc == 1
    assert m.run("assay enable", timeout=300).rc == 1         # refused, with the list
    m.sh("assay sign --installed", timeout=900)
    answer(m, "check", 0)
    assert m.run("assay verify --installed", timeout=300).rc == 0


def to_logging(m):
    """enable --log, events, explain; a file that would have been denied, and is not once it is signed."""
    assert "next boot" in m.sh("assay enable --log", timeout=900)
    answer(m, "status", 1)
    m.reboot()
    assert m.failed_units() == []
    state = answer(m, "status", 1)                            # not enforcing
    assert state["as_configured"], state
    assert (state["configured"]["mode"], state["in_force"]["mode"]) == ("log", "log"), state
    m.sh(f"cp --no-preserve=all /bin/true {DROPPED}; chmod 755 {DROPPED}; {DROPPED}")
    assert told(m, "assay.exec.warning") == [DROPPED]
    assert m.run(f"assay explain {DROPPED}").rc == 1
    m.sh(f"assay sign {DROPPED}")
    assert told(m, "assay.exec.warning") == []
    m.sh(f"rm {DROPPED}")


def is_enforcing(m):
    """status, logins, a file that is denied until it is signed."""
    assert m.failed_units() == [] and m.denials() == []
    state = answer(m, "status", 0)
    assert state["in_force"]["mode"] == "enforce" and state["denied"] == 0, state
    assert m.sh(SSH).strip() == "root"
    m.console_send("root\r")
    m.wait_console(r"root@lab:~#", 120)
    assert since_boot(m, state["in_force"]["since"]), state
    m.sh(f"cp --no-preserve=all /bin/true {DROPPED}; chmod 755 {DROPPED}")
    assert m.run(DROPPED).rc == 126 and m.run(DROPPED, user="user").rc == 126
    assert answer(m, "status", 0)["denied"] >= 1
    assert told(m, "assay.exec.violation") == [DROPPED]
    m.sh(f"assay sign {DROPPED}")
    m.sh(DROPPED)
    m.sh(f"assay explain {DROPPED}")


def to_off(m):
    """disable: at the next boot, and not before."""
    assert "next boot" in m.sh("assay disable", timeout=900)
    assert m.run("cp --no-preserve=all /bin/true /root/x; chmod 755 /root/x; /root/x").rc == 126
    m.reboot()
    assert m.run("/root/x").rc == 0
    assert answer(m, "status", 1)["in_force"]["mode"] == "off"


@pytest.mark.parametrize("setup", SETUPS, ids=str)
@pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
def test_from_unsigned_to_enforcing_and_back(preparer, setup):
    """keygen, check, sign, enable --log, events, explain, enable, status, disable, as --help tells them."""
    with preparer.resumed(setup, "installed") as m:
        to_signed(m)
        to_logging(m)
        assert "next boot" in m.sh("assay enable", timeout=900)
        m.reboot()
        is_enforcing(m)
        to_off(m)


@pytest.mark.parametrize("setup", SETUPS, ids=str)
@pytest.mark.skipif(LONG, reason="the whole way has it")
def test_enforcing_and_back(preparer, setup):
    """On the machine that the lab took to enforcing by keygen, sign and enable, and booted."""
    with preparer.resumed(setup, "enforcing") as m:
        is_enforcing(m)
        to_off(m)
