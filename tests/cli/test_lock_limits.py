# SPDX-License-Identifier: GPL-2.0-or-later
"""What a lock can't help is refused or said: another authority, volumes that are away, empty PCRs, sleep, bounds."""

import json
import os
import struct

import pytest

from frame.lock import GRUB, LockHost

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace takes root")

PASS = ("--passphrase-file", "/opt/pass")
RESEAL = ("reseal", "--recovery-key-file", "/opt/recovery")
CALLING = b"Calling EFI Application from Boot Option"


@pytest.fixture
def bare(plain_bin_dir):
    """A host without a lock."""
    made = LockHost(plain_bin_dir.parent)
    yield made
    made.close()


@pytest.fixture
def two(bare):
    """Two volumes and a credential hang on it."""
    bare.authority()
    for name in ("/opt/volume", "/opt/data"):
        bare.luks(name)
    done = bare.set("--luks", "/opt/volume", "--luks", "/opt/data", "--luks-key-file", "/opt/luks.key",
                    "--credential", "one=/opt/luks.key", *PASS)
    assert done.rc == 0, done
    return bare


def uuid(host, name):
    """Of the volume's header."""
    return next(h["name"] for h in host.get()["hangs"] if h["kind"] == "luks" and h["name"] in header(host, name))


def header(host, name):
    """The first sectors, as text."""
    return (host.root / name.lstrip("/")).read_bytes()[:4096].decode("latin1")


def key_of(host, name):
    """The volume's key, from what the TPM unseals now."""
    done = host.inside.run("unseal", "/var/lib/assay/lock/blob", "1", uuid(host, name), where=host.build / "interop")
    assert done.rc == 0, done
    return bytes.fromhex(done.out.strip())


def opens_by_key(host, key, name):
    """Is the volume opened by it?"""
    host.write("/opt/derived", key)
    return host.opens_by("/opt/derived", name)


def test_another_authority_is_another_secret(two):
    """The old key and an old copy of the lock still give the old secret out, and that opens nothing."""
    two.boot(capped=False)
    before = {name: key_of(two, name) for name in ("/opt/volume", "/opt/data")}
    assert all(opens_by_key(two, key, name) for name, key in before.items())
    two.cap()
    old = two.blob()
    assert two.lock("authority", "init", "--key", "/opt/own.pem", "--no-passphrase").rc == 0
    done = two.lock(*RESEAL, "--authority", "/opt/own.pem")
    assert done.rc == 0 and two.get()["mode"] == "offline" and two.lock("test").rc == 0, done
    new = two.blob()
    assert two.token() == new and two.keyslots() == 2
    two.boot(capped=False)
    assert all(opens_by_key(two, key_of(two, name), name) for name in before)
    assert not any(opens_by_key(two, key, name) for name, key in before.items())
    two.put_blob(old)
    assert key_of(two, "/opt/data") == before["/opt/data"], "the old copy opens nothing, so that the test shows nothing"
    two.cap()
    # The recovery key stays, and so does the credential, under the new secret.
    rotate = ("recovery", "rotate", "--recovery-key-file", "/opt/recovery", "--recovery-key-out")
    two.put_blob(old)
    done = two.lock(*rotate, "/opt/r2")
    assert done.rc == 2 and "the lock's key opens no keyslot" in done.err, done
    two.put_blob(new)
    assert two.lock(*rotate, "/opt/r3").rc == 0


def test_the_same_authority_keeps_the_secret(two):
    """As after a recovery: nothing but the seal is new."""
    two.boot(capped=False)
    key = key_of(two, "/opt/data")
    two.cap()
    assert two.lock(*RESEAL, *PASS).rc == 0
    two.boot(capped=False)
    assert key_of(two, "/opt/data") == key and opens_by_key(two, key, "/opt/data")


def test_reseal_mends_what_it_can(two):
    """Without the credential's file the volumes are taken over all the same, and it is said."""
    (two.root / "var/lib/assay/lock/credentials/one").unlink()
    assert two.lock("authority", "init", "--key", "/opt/own.pem", "--no-passphrase").rc == 0
    done = two.lock(*RESEAL, "--authority", "/opt/own.pem")
    assert done.rc == 0 and "credential one: left as it is" in done.err and done.err.count("\n") == 1, done
    assert two.lock("test").rc == 0


@pytest.mark.parametrize("words", [["approve", "--kernel", "x"], ["revoke", "1"], [*RESEAL]], ids=lambda w: w[0])
def test_a_volume_that_is_away_is_left_out_and_said(two, words):
    """Approving goes on with what is here; the other follows when it is back, and opens before that, too."""
    away = uuid(two, "/opt/data")
    two.boot(GRUB | {9: b"new"})
    if words[0] == "revoke":
        assert two.lock("approve", *PASS).rc == 0
    os.rename(two.root / "opt/data", two.root / "opt/away")
    state = {h["name"]: h["state"] for h in two.get()["hangs"] if h["kind"] == "luks"}
    assert state[away] == "absent" and sorted(state.values()) == ["absent", "here"]
    assert f"luks {away}: not here" in two.lock("get").out
    done = two.lock(*words, *PASS)
    assert done.rc == 0 and f"volume {away}: left out: no disk with it is here" in done.err, done
    assert done.err.count("\n") == 1 and two.token() == two.blob()
    os.rename(two.root / "opt/away", two.root / "opt/data")
    assert f"luks {away}: its copy of the lock is an older one" in two.lock("get").out
    two.boot(GRUB | {9: b"new"}, capped=False)
    how = two.inside.run("lock_volume", "/opt/data", "/opt/volume", where=two.build / "interop")
    assert how.out == "self\n", how
    two.cap()
    assert "holds for that boot already" in two.lock("approve").out
    assert [h["state"] for h in two.get()["hangs"] if h["kind"] == "luks"] == ["here", "here"]


def test_what_needs_every_volume_says_which_is_away(two):
    """A new secret and taking everything off; nor does anything go without a single volume."""
    away = uuid(two, "/opt/data")
    os.rename(two.root / "opt/data", two.root / "opt/away")
    assert two.lock("authority", "init", "--key", "/opt/own.pem", "--no-passphrase").rc == 0
    before = two.blob(), two.keyslots()
    for words in ([*RESEAL, "--authority", "/opt/own.pem"], ["remove", *PASS],
                  ["recovery", "rotate", "--recovery-key-file", "/opt/recovery", "--recovery-key-out", "/opt/r2"]):
        done = two.lock(*words)
        assert done.rc == 2 and f"volume {away}: no disk with this volume is here" in done.err, done
        assert (two.blob(), two.keyslots()) == before
    os.rename(two.root / "opt/volume", two.root / "opt/away2")
    two.boot(GRUB | {9: b"new"})
    done = two.lock("approve", *PASS)
    assert done.rc == 2 and "none of the lock's volumes is here" in done.err and two.blob() == before[0], done


def test_another_disk_in_its_place_is_not_it(two):
    """A remembered device may be anybody's."""
    away = uuid(two, "/opt/data")
    os.rename(two.root / "opt/data", two.root / "opt/away")
    two.luks("/opt/data")
    two.boot(GRUB | {9: b"new"})
    done = two.lock("approve", *PASS)
    assert done.rc == 0 and f"volume {away}: left out" in done.err and '"assay"' not in two.dump("/opt/data"), done


@pytest.mark.parametrize("pcr, measured", [(4, []), (8, []), (9, []), (7, [bytes(4)]), (4, [CALLING, bytes(4)]),
                                           (4, [bytes(4), CALLING]), (7, [b"\xff" * 4])])
def test_an_empty_pcr_is_not_believed(bare, pcr, measured):
    """By set and by approve; get shows one that was approved nevertheless."""
    bare.authority()
    boot = {n: data for n, data in GRUB.items() if n != pcr}

    def start():
        bare.boot(boot)
        for data in measured:
            bare.tpm.extend(pcr, data)

    start()
    done = bare.set()
    assert done.rc == 2 and f"profile grub: PCR {pcr} is empty" in done.err and done.err.count("\n") == 1, done
    assert not (bare.root / "var/lib/assay/lock/blob").exists()
    bare.boot()
    assert bare.set().rc == 0
    start()
    done = bare.lock("approve", *PASS)
    assert done.rc == 2 and f"PCR {pcr} is empty" in done.err and len(bare.get()["approvals"]) == 1, done
    done = bare.lock("approve", "--request", "/opt/request")
    assert done.rc == 2 and f"PCR {pcr} is empty" in done.err and not (bare.root / "opt/request").exists(), done
    assert bare.get()["approvals"][0]["empty"] == []
    blob = bytearray(bare.blob())
    blob[blob.index(bytes.fromhex(bare.get()["approvals"][0]["pcrs"][str(pcr)])):][:32] = []
    at = blob.index(bytes.fromhex(bare.get()["approvals"][0]["pcrs"][str(pcr)]))
    blob[at:at + 32] = bytes.fromhex(bare.tpm.pcr(pcr))
    bare.put_blob(bytes(blob))
    assert bare.get()["approvals"][0]["empty"] == [pcr]
    assert f"empty, and holding nothing back: PCR {pcr}" in bare.lock("get").out


def test_who_signs_sees_the_lock_and_its_bound(bare):
    """The host shows the same; a bound that nobody counts to, and an empty PCR, are not signed."""
    assert bare.lock("authority", "init", "--key", "/opt/a.pem", "--no-passphrase").rc == 0
    assert bare.set("--credential", "one=/opt/secret", "--authority", "/opt/a.pem").rc == 0
    got = bare.get()
    bare.boot(GRUB | {9: b"new"})
    shown = bare.lock("approve", "--request", "/opt/request")
    bound = got["approvals"][0]["bound"]
    lines = [f"lock {got['id']}", f"revoked by counter {got['counter_index']:#010x} beyond {bound}"]
    sign = ("authority", "sign", "--key", "/opt/a.pem", "--out", "/opt/signed")
    done = bare.lock(*sign, "/opt/request")
    assert done.rc == 0 and all(line in done.out.splitlines() and line in shown.out.splitlines() for line in lines), done
    data = (bare.root / "opt/request").read_bytes()
    at = data.index(os.uname().release.encode()) + len(os.uname().release) + 8
    assert struct.unpack(">Q", data[at:at + 8])[0] == bound
    for value, words, told in ((65536, [], None), (65537, [], "--bound-max"), (1 << 63, [], "nobody counts to"),
                               (bound, ["--bound-max", str(bound)], None),
                               (bound + 1, ["--bound-max", str(bound)], "--bound-max"),
                               (70000, ["--bound-max", "80000"], None)):
        bare.write("/opt/far", data[:at] + struct.pack(">Q", value) + data[at + 8:])
        done = bare.lock(*sign, *words, "/opt/far")
        assert (done.rc == 0) if told is None else (done.rc == 2 and told in done.err), (value, done)
    for bad in ("0", "x", "4294967296"):
        assert bare.lock(*sign, "--bound-max", bad, "/opt/request").rc == 2
    pcr9 = bytes.fromhex(bare.tpm.pcr(9))
    bare.write("/opt/empty", data.replace(pcr9, bytes(32)))
    done = bare.lock(*sign, "/opt/empty")
    assert done.rc == 2 and "PCR 9 is empty" in done.err, done


def test_a_host_that_can_suspend_is_told(bare):
    """By set and get, in one line, as long as systemd's targets are not masked."""
    power, units = bare.root / "sys/power", bare.root / "etc/systemd/system"
    power.mkdir()
    units.mkdir(parents=True)
    (power / "state").write_text("freeze mem disk\n")
    (power / "mem_sleep").write_text("s2idle [deep]\n")
    bare.authority()
    done = bare.set()
    assert done.rc == 0, done
    assert sum("suspend: this host can suspend to RAM" in line for line in done.err.splitlines()) == 1, done
    assert bare.get()["can_suspend"] and "can suspend to RAM" in bare.lock("get").out
    (units / "sleep.target").symlink_to("/dev/null")
    assert not bare.get()["can_suspend"] and "suspend" not in bare.lock("get").out


def test_a_plain_root_is_told(bare):
    """Here it can't be told what the root lies on, and that is said; tests/unit/lock_root.c has the others."""
    bare.authority()
    done = bare.set()
    assert sum(line.startswith("assay-lock: root file system: ") for line in done.err.splitlines()) == 1, done
    assert bare.get()["root_file_system"] in ("open", "unknown")
    assert sum(line.startswith("root file system: ") for line in bare.lock("get").out.splitlines()) == 1
    assert json.loads(bare.lock("test", "--json").out)["would_unseal"]
