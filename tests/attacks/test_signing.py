# SPDX-License-Identifier: GPL-2.0-or-later
"""Root tries to get its own program signed: on a host without a private key, and on one that has one."""

import os
import subprocess

import pytest

from attacks.signing import AR, ATTEMPTS, PATHS, UNCERTAIN
from frame.apt import Archive
from frame.deb import build_deb
from vm.lab.prepare import Setup
from vm.packages import Signer

LONG = bool(os.environ.get("ASSAY_LONG"))
# By default those that nothing else tries, where a key could be made to sign.
SOME = ["another configuration altogether", "the record of this boot taken away", "a PCR of one's own", "a forged hook call", "a second data.tar",
        "a metadata lie", "a text in the store", "renamed over while dpkg runs", "written between close and execution",
        "the process that watches", "a keyring of one's own"]
SETUPS = [Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable")]
PLACE = "/var/tmp/p"
EVIL = b"#!/bin/sh\necho evil runs\n"
TOOL = b"#!/bin/sh\necho tool runs\n"

pytestmark = [pytest.mark.vm, pytest.mark.parametrize("setup", SETUPS if LONG else SETUPS[:1], ids=str, indirect=True)]


@pytest.fixture(scope="module")
def stranger(bin_dir, tmp_path_factory):
    """(key, certificate) that no host knows."""
    top = tmp_path_factory.mktemp("stranger")
    pair = top / "mine.key", top / "mine.der"
    subprocess.run([bin_dir / "assay-sign", "keygen", "--type", "rsa2048", "--no-passphrase", "--key", pair[0], "--cert",
                    pair[1]], check=True)
    return pair


@pytest.fixture
def equip(stranger, bin_dir, tmp_path):
    """equip(machine) gives a machine what the attempts need."""
    def work(machine):
        sign = Signer(machine, bin_dir / "assay-pkg", tmp_path)
        files = {name: build_deb(tmp_path / name, name, {f"/usr/bin/{'tool' if name == 'tool' else 'evil'}": (
            TOOL if name == "tool" else EVIL, 0o755)}) for name in ("tool", "evil", "mine")}
        for words in ([], ["--detached"]):
            sign(files["tool"], words=words)
            subprocess.run([bin_dir / "assay-pkg", "sign", *words, "--key", stranger[0], "--cert", stranger[1],
                            files["mine"]], check=True)
        machine.sh(f"mkdir -m 755 {PLACE} {PLACE}/lists")
        for path in (*files.values(), *(tmp_path.glob("*.deb.assay")), *stranger):
            machine.put(f"{PLACE}/{path.name}", path)
        machine.put(f"{PLACE}/evil", EVIL, mode=0o755)
        machine.put(f"{PLACE}/ar", AR.encode(), mode=0o755)
        (tmp_path / "archive").mkdir()
        archive = Archive(tmp_path / "archive")
        archive.vouch(files["evil"])
        machine.put(f"{PLACE}/mine.gpg", archive.keyring)
        for path in archive.lists.iterdir():
            machine.put(f"{PLACE}/lists/{path.name}", path)
        archive.close()
        return machine
    return work


def attempt_it(host, attempt):
    """What the paths say afterwards, and after dpkg's next run."""
    host.run(f"export P={PLACE}; cd /; {ATTEMPTS[attempt]}", timeout=240)
    host.run("pkill -f /tmp/over; umount /usr/bin/tool", timeout=60)
    said = []
    for _ in range(2):
        said += [host.run(path, timeout=60).stdout for path in PATHS]
        host.run("dpkg --configure -a", timeout=240)
    return "".join(said)


@pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
@pytest.mark.parametrize("attempt", sorted(set(ATTEMPTS) - UNCERTAIN))
def test_without_enforcement_it_runs(signed_machine, equip, attempt):
    """The attempts are none that could not succeed: on the same machine, not enabled, the program runs."""
    assert "evil runs" in attempt_it(equip(signed_machine), attempt)


@pytest.mark.parametrize("key", ["no key", "a key"] if LONG else ["a key"])
@pytest.mark.parametrize("attempt", ATTEMPTS if LONG else SOME)
def test_root_signs_nothing(enforcing_machine, equip, attempt, key):
    """Whatever root tries, its program does not run, then and after dpkg's next run."""
    host = equip(enforcing_machine)
    if key == "no key":
        host.sh("rm /etc/assay/keys/signing.key")
    assert "evil runs" not in attempt_it(host, attempt)
    assert host.run("test -e /tmp/traced").rc != 0
