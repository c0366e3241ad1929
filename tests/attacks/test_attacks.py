# SPDX-License-Identifier: GPL-2.0-or-later
"""Every attack gets through on a machine without Assay's enforcement, and not on one with it.

The same code attacks both, all attacks in one boot of each; what is known to remain (remains.py)
must remain. ASSAY_ATTACK_LOGS names a directory that keeps what every attack said."""

import json
import os
from pathlib import Path

import pytest

from attacks import army
from attacks.remains import REMAINS, remains
from vm.lab.fixtures import ALL_SETUPS
from vm.lab.prepare import Setup

pytestmark = pytest.mark.vm
NAMES = army.names()
BOOT_SECONDS = 600
# What EVM has a word in; everything else is attacked where it is on.
BY_EVM = {"labels", "keys", "mounts", "disks"}
LATE = {"disks": 1, "denials": 2}
ELSEWHERE = {"denials", "buses"}        # test_denial below; test_buses.py
LONG = bool(os.environ.get("ASSAY_LONG"))
# By default all attacks on one machine; with ASSAY_LONG on all.
FULL = Setup("6.12", "verity", "portable")
SETUPS = ALL_SETUPS if LONG else [FULL]


def belongs(setup, name):
    """Whether an attack is fought on a machine."""
    module = NAMES[name]["module"]
    if module in ELSEWHERE:
        return False
    return setup == FULL or setup.evm != "off" or module in BY_EVM


CASES = [(setup, name) for setup in SETUPS for name in NAMES if belongs(setup, name)]
DENIAL_CASES = [(setup, name) for setup in SETUPS for name, about in NAMES.items()
                if about["module"] == "denials" and (setup == FULL or LONG and setup.evm != "off")]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The attacker's material."""
    return army.bundle(tmp_path_factory.mktemp("attacks"))


@pytest.fixture(scope="module")
def battle(preparer, archive):
    """battle(setup, stage): the outcomes of all attacks on such a machine, each fought once."""
    fought = {}

    def fight(setup, stage, names):
        with preparer.machine(setup, stage) as machine:
            machine.start(seconds=BOOT_SECONDS)
            army.land(machine, archive)
            results = army.strike(machine, names)
        if os.environ.get("ASSAY_ATTACK_LOGS"):
            path = Path(os.environ["ASSAY_ATTACK_LOGS"]) / f"{setup}-{stage}.json"
            path.write_text(json.dumps(results, indent=1), encoding="utf-8")
        return results

    def outcomes(setup, stage, names):
        key = str(setup), stage
        if key not in fought:
            fought[key] = fight(setup, stage, names)
        return fought[key]
    return outcomes


def without_assay(setup):
    """The machine without enforcement: signed; in the verity profile not, for fs-verity guards by itself."""
    return setup, "signed" if setup.profile == "signature" else "installed"


def attacks_on(setup):
    """What is fought on a machine: what writes under the file system late, denials last."""
    ours = [n for s, n in CASES + DENIAL_CASES if s == setup]
    return sorted(ours, key=lambda n: LATE.get(NAMES[n]["module"], 0))


def test_what_remains_is_attacked():
    """Every line of what is known to get through names an attack that is fought."""
    assert set(REMAINS) <= set(NAMES)


@pytest.mark.parametrize(("setup", "name"), CASES, ids=[f"{s}-{n}" for s, n in CASES])
def test_attack(battle, setup, name):
    """Through without enforcement; refused with it, or named among what remains."""
    before = battle(*without_assay(setup), attacks_on(setup))[name]
    after = battle(setup, "enforcing", attacks_on(setup))[name]
    assert before["outcome"] == "through", f"{NAMES[name]['claim']}\n" + "\n".join(before["log"])
    why = remains(name, setup)
    assert after["outcome"] == ("through" if why else "refused"), \
        f"{NAMES[name]['claim']}\n{why or ''}\n" + "\n".join(after["log"])


@pytest.mark.parametrize(("setup", "name"), DENIAL_CASES, ids=[f"{s}-{n}" for s, n in DENIAL_CASES])
def test_denial(battle, setup, name):
    """What is signed still runs and loads after an attack that would have it denied, or it is known not to."""
    after = battle(setup, "enforcing", attacks_on(setup))[name]
    why = remains(name, setup)
    assert after["outcome"] == ("through" if why else "refused"), \
        f"{NAMES[name]['claim']}\n{why or ''}\n" + "\n".join(after["log"])
