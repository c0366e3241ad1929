# SPDX-License-Identifier: GPL-2.0-or-later
"""What root on a locked, running host tries: the TPM by hand, the lock's files, the commands."""

import hashlib
import os
import struct
import threading

import pytest

from frame.lock import GRUB, LockHost, RECORD
from frame.tpm_mux import TpmMux

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace takes root")

UNSEALS = 200
SRK = "0x81000001"
HEAD = len(b"assay-lock blob 1\n") + 16  # magic and id; then mode, profile, flags, the record's PCR


@pytest.fixture
def host(plain_bin_dir):
    """A host with a lock, attended, booted to its end: capped."""
    made = LockHost(plain_bin_dir.parent)
    made.authority()
    done = made.set()
    assert done.rc == 0, done
    yield made
    made.close()


def sealed_parts(blob):
    """(public, private, authority) of the lock's file, each as the TPM has it."""
    at, parts = HEAD + 4 + 34, []
    for _ in range(3):
        size = struct.unpack(">H", blob[at:at + 2])[0]
        parts.append(blob[at:at + 2 + size])
        at += 2 + size
    return parts


@pytest.fixture
def by_hand(plain_bin_dir):
    """A host whose storage key is where tpm2-tools find it."""
    made = LockHost(plain_bin_dir.parent)
    made.tpm.tool("tpm2_createprimary", "-C", "o", "-G", "ecc256", "-c", made.root / "opt/p.ctx", "-a",
                  "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda")
    made.tpm.tool("tpm2_evictcontrol", "-C", "o", "-c", made.root / "opt/p.ctx", SRK)
    made.authority()
    done = made.set()
    assert done.rc == 0, done
    yield made
    made.close()


def load(host):
    """The sealed object, loaded by tpm2-tools."""
    where = host.root / "opt"
    public, private, authority = sealed_parts(host.blob())
    (where / "obj.pub").write_bytes(public)
    (where / "obj.priv").write_bytes(private)
    (where / "auth.pub").write_bytes(authority)
    host.tpm.tool("tpm2_load", "-C", SRK, "-u", where / "obj.pub", "-r", where / "obj.priv",
                  "-c", where / "obj.ctx")
    return where


def refused(done, words):
    """The tool was refused, in these words."""
    assert done.returncode != 0 and not done.stdout.strip() and words in done.stderr, done


def test_without_a_policy_there_is_no_way(by_hand):
    """No password, no PCR policy, no other parent: the object names its policy."""
    where = load(by_hand)
    refused(by_hand.tpm.tool("tpm2_unseal", "-c", where / "obj.ctx", check=False), "0x12F")
    refused(by_hand.tpm.tool("tpm2_unseal", "-c", where / "obj.ctx", "-p", "pcr:sha256:4,7,8,9,13", check=False),
            "0x99D")
    refused(by_hand.tpm.tool("tpm2_changeauth", "-C", SRK, "-c", where / "obj.ctx", "-r", where / "new", "x",
                             check=False), "ERROR")
    refused(by_hand.tpm.tool("tpm2_duplicate", "-C", "null", "-c", where / "obj.ctx", "-G", "null", "-r", where / "d",
                             "-s", where / "s", check=False), "ERROR")
    assert by_hand.unseals().rc == 1


def test_the_approved_policy_played_by_hand(by_hand):
    """With the authority's own signature, and every command in its order: the PCR is capped."""
    where = load(by_hand)
    tool = by_hand.tpm.tool
    kernel = os.uname().release.encode()
    blob = by_hand.blob()
    at = blob.index(bytes([len(kernel)]) + kernel) + 1 + len(kernel) + 8
    bound, sig = blob[at:at + 8], blob[at + 8 + 4 + 160 + 2:at + 8 + 4 + 160 + 2 + 64]
    (where / "bound").write_bytes(bound)
    (where / "ref").write_bytes(hashlib.sha256(b"assay-lock 1" + blob[18:34]).digest())
    (where / "sig").write_bytes(struct.pack(">HHH", 0x18, 0xb, 32) + sig[:32] + struct.pack(">H", 32) + sig[32:])
    index = hex(by_hand.get_index())

    def play():
        tool("tpm2_loadexternal", "-C", "o", "-u", where / "auth.pub", "-c", where / "auth.ctx", "-n", where / "auth.name")
        tool("tpm2_startauthsession", "--policy-session", "-S", where / "session")
        tool("tpm2_policynv", "-S", where / "session", "-C", index, "-i", where / "bound", index, "ule")
        tool("tpm2_policypcr", "-S", where / "session", "-l", "sha256:4,7,8,9,13", "-L", where / "approved")
        aim = hashlib.sha256((where / "approved").read_bytes() + (where / "ref").read_bytes()).digest()
        (where / "aim").write_bytes(aim)
        signed = tool("tpm2_verifysignature", "-c", where / "auth.ctx", "-d", where / "aim", "-s", where / "sig",
                      "-t", where / "ticket", check=False)
        if signed.returncode == 0:
            tool("tpm2_policyauthorize", "-S", where / "session", "-i", where / "approved", "-q", where / "ref",
                 "-n", where / "auth.name", "-t", where / "ticket")
        done = tool("tpm2_unseal", "-c", where / "obj.ctx", "-p", f"session:{where}/session", check=False)
        tool("tpm2_flushcontext", where / "session")
        return signed.returncode, done.returncode

    assert play() == (1, 1)
    by_hand.boot(capped=False)
    load(by_hand)
    assert play() == (0, 0), "by hand it can be opened at no moment, so that the test shows nothing"


def test_what_booted_can_not_be_measured_again(host):
    """PCRs are not reset by software, and the TPM is started but once."""
    for pcr in (4, 7, 8, 9, 13):
        assert host.tpm.tool("tpm2_pcrreset", str(pcr), check=False).returncode != 0
    host.tpm.tool("tpm2_startup", "-c", check=False)
    host.tpm.extend(13, RECORD.encode())
    assert host.unseals().rc == 1


@pytest.mark.parametrize("change", ["bound", "profile", "record_pcr", "counter", "id", "signature", "values"])
def test_no_field_of_the_lock_is_root_s_to_choose(host, change):
    """Each stays sealed, also in the moment in which the lock would open."""
    blob = bytearray(host.blob())
    kernel = blob.index(b"assay-lock blob 1\n")
    approval = blob.rindex(bytes([len(os.uname().release)]) + os.uname().release.encode())
    bound = approval + 1 + len(os.uname().release) + 8
    counter = blob.index(struct.pack(">I", host.get_index()))
    at = {"bound": bound + 6, "profile": HEAD + 1, "record_pcr": HEAD + 3, "counter": counter + 20,
          "id": len(b"assay-lock blob 1\n"), "signature": bound + 8 + 4 + 5 * 32 + 2 + 5,
          "values": bound + 8 + 4 + 3}[change]
    assert kernel == 0
    blob[at] = {"profile": 3, "record_pcr": 14}.get(change, blob[at] ^ 1)
    host.boot(capped=False)
    assert host.unseals().rc == 0
    host.put_blob(bytes(blob))
    done = host.unseals()
    assert done.rc == 1 and done.err.startswith("unseal: "), done


def test_own_authority_in_the_lock_opens_another_secret_at_most(host):
    """Root sets a lock of its own in the place of the other: nothing derived from it fits."""
    host.boot(capped=False)
    secret = host.unseals().out
    host.cap()
    old = host.blob()
    (host.root / "var/lib/assay/lock/blob").unlink()
    host.write("/opt/own", "own\n")
    assert host.lock("authority", "init", "--key", "/opt/own.pem", "--no-passphrase").rc == 0
    assert host.set("--credential", "one=/opt/own", "--authority", "/opt/own.pem", recovery="/opt/r2").rc == 0
    new = host.blob()
    host.boot(capped=False)
    assert host.unseals().out != secret
    public, private, _ = sealed_parts(old)
    own = sealed_parts(new)
    for mine, theirs in ((own[0], public), (own[1], private)):
        new = new.replace(mine, theirs, 1)
    host.put_blob(new)
    done = host.unseals()
    assert done.rc == 1 and not done.out, done


@pytest.mark.parametrize("words", [
    ["approve", "--kernel", "x", "--passphrase-file", "/opt/wrong"],
    ["approve", "--kernel", "x"], ["approve", "--kernel", "x", "--authority", "/opt/own.pem"],
    ["revoke", "1"], ["remove"], ["remove", "--authority", "/opt/own.pem"],
    ["remove", "--recovery-key-file", "/opt/digits"], ["reseal", "--recovery-key-file", "/opt/digits"],
    ["recovery", "rotate", "--recovery-key-file", "/opt/digits", "--recovery-key-out", "/opt/x"],
    ["set", "--require-enforcement", "--credential", "a=/opt/own"], ["authority", "init", "--no-passphrase"]])
def test_no_command_goes_without_the_key(host, words):
    """Nor changes anything."""
    host.write("/opt/wrong", "not it\n")
    host.write("/opt/own", "own\n")
    host.write("/opt/digits", "-".join(f"{11 * i + i:06}" for i in range(1, 9)) + "\n")
    assert host.lock("authority", "init", "--key", "/opt/own.pem", "--no-passphrase").rc == 0
    host.boot(GRUB | {9: b"root's own initramfs"})
    before, held = host.blob(), (host.root / "var/lib/assay/lock/authority").read_bytes()
    done = host.lock(*words)
    assert done.rc == 2 and done.err.count("\n") == 1 and not done.out, done
    assert host.blob() == before and (host.root / "var/lib/assay/lock/authority").read_bytes() == held
    host.boot(GRUB | {9: b"root's own initramfs"}, capped=False)
    assert host.unseals().rc == 1


def test_a_key_of_root_s_in_the_place_of_the_tpm_s(host):
    """It signs, and nobody believes it."""
    (host.root / "var/lib/assay/lock/authority").unlink()
    assert host.lock("authority", "init", "--no-passphrase").rc == 0
    done = host.lock("approve", "--kernel", "x", "--authority", "tpm")
    assert "holds for that boot already" in done.out
    host.boot(GRUB | {4: b"own"})
    done = host.lock("approve", "--kernel", "x")
    assert done.rc == 2 and "not the key of this lock" in done.err, done


def test_the_counter_never_goes_back(host):
    """Written, deleted, defined anew under the same Name, with another beside it."""
    index = hex(host.get_index())
    old = host.blob()
    host.boot(GRUB | {8: b"new"})
    assert host.lock("approve", "--passphrase-file", "/opt/pass").rc == 0
    assert host.lock("revoke", "--passphrase-file", "/opt/pass", "1").rc == 0
    (host.root / "opt/zero").write_bytes(bytes(8))
    assert host.tpm.tool("tpm2_nvwrite", "-C", "o", "-i", host.root / "opt/zero", index, check=False).returncode != 0
    attributes = "authread|authwrite|ownerread|ownerwrite|no_da|nt=counter"
    for _ in range(3):
        host.tpm.tool("tpm2_nvundefine", "-C", "o", index)
        host.tpm.tool("tpm2_nvdefine", "-C", "o", "-a", attributes, "-s", "8", index)
        host.tpm.tool("tpm2_nvincrement", "-C", "o", index)
        host.boot(capped=False)
        host.put_blob(old)
        done = host.unseals()
        assert done.rc == 1 and "the approval was revoked" in done.err, done
    host.tpm.tool("tpm2_nvundefine", "-C", "o", index)
    host.tpm.tool("tpm2_nvdefine", "-C", "o", "-a", "authread|authwrite|ownerread|ownerwrite|no_da", "-s", "8", index)
    host.tpm.tool("tpm2_nvwrite", "-C", "o", "-i", host.root / "opt/zero", index)
    assert host.unseals().rc == 1


def test_guessing_locks_the_authority_out_and_not_the_boot(host):
    """Wrong passphrases count; unsealing and the recovery key do not depend on that."""
    host.write("/opt/wrong", "not it\n")
    host.boot(GRUB | {9: b"new"})
    for _ in range(40):
        done = host.lock("approve", "--passphrase-file", "/opt/wrong")
        assert done.rc == 2, done
        if "locked out" in done.err:
            break
    else:
        pytest.fail(f"never locked out: {done}")
    done = host.lock("approve", "--passphrase-file", "/opt/pass")
    assert done.rc == 2 and "locked out" in done.err, done
    assert host.lock("authority", "init", "--key", "/opt/new.pem", "--no-passphrase").rc == 0
    assert host.lock("reseal", "--recovery-key-file", "/opt/recovery", "--authority", "/opt/new.pem").rc == 0
    host.boot(GRUB | {9: b"new"}, capped=False)
    assert host.unseals().rc == 0


def test_automatic_is_what_it_says(plain_bin_dir):
    """Without a passphrase root approves what root likes, and get says so."""
    host = LockHost(plain_bin_dir.parent)
    try:
        host.authority(attended=False)
        assert host.set("--credential", "one=/opt/secret").rc == 0
        assert host.get()["mode"] == "automatic" and "root, who can have any boot approved" in host.lock("get").out
        host.boot(GRUB | {9: b"root's own initramfs"})
        assert host.lock("approve").rc == 0
        host.boot(GRUB | {9: b"root's own initramfs"}, capped=False)
        assert host.unseals().rc == 0
    finally:
        host.close()


def test_pcr_10_may_change_all_the_time(host, factor):
    """Another process extends it, twice a try in the mean, while the lock is opened again and again."""
    host.boot(capped=False)
    mux = TpmMux(host.tpm)
    host.inside.env["ASSAY_TEST_TPM"] = "/t/m"
    thread = threading.Thread(target=mux.extend)
    thread.start()
    seen = []
    try:
        for _ in range(factor):
            seen.append(host.inside.run("unseal", "/var/lib/assay/lock/blob", str(UNSEALS),
                                        where=host.build / "interop"))
    finally:
        mux.extending = False
        thread.join()
        mux.close()
    for done in seen:
        assert done.rc == 0 and done.out.count("\n") == UNSEALS and len(set(done.out.split())) == 1, done
    assert mux.extends > UNSEALS * factor


def approval_at(blob):
    """Where the first approval's bound is: behind its kernel and its time."""
    kernel = os.uname().release.encode()
    return blob.index(bytes([len(kernel)]) + kernel) + 1 + len(kernel) + 8


def test_the_requirement_is_not_lifted_by_the_file(host):
    """Flags, mode and profile are root's to write; a boot that only logs stays sealed, and so does approving."""
    blob = bytearray(host.blob())
    blob[HEAD], blob[HEAD + 1], blob[HEAD + 2] = 2, 3, 0
    host.put_blob(bytes(blob))
    host.record(RECORD.replace("mode enforce", "mode log"))
    done = host.lock("approve", "--kernel", "x")
    assert done.rc == 2 and not done.out and len(host.get()["approvals"]) == 1, done
    host.boot(capped=False)
    assert host.unseals().rc == 1


@pytest.mark.parametrize("mask", [0x002390, 0x000010, 0x000400, 0x800000, 0])
def test_no_approval_is_of_fewer_or_other_pcrs(host, mask):
    """With the values that fit, whatever they are: the signature is over the PCRs, too."""
    blob = bytearray(host.blob())
    at = approval_at(blob) + 8
    values = {n: bytes.fromhex(host.tpm.pcr(n)) for n in range(24) if mask >> n & 1}
    had = [n for n in range(24) if struct.unpack(">I", blob[at:at + 4])[0] >> n & 1]
    assert had == [4, 7, 8, 9, 13]
    blob[at:at + 4 + 32 * len(had)] = struct.pack(">I", mask) + b"".join(values.values())
    host.put_blob(bytes(blob))
    done = host.unseals()
    assert done.rc != 0 and not done.out, done
    host.boot(capped=False)
    assert host.unseals().rc != 0


@pytest.mark.parametrize("policy", [bytes(32), b"", "pcr"])
def test_the_object_is_not_resealed_to_a_weaker_policy(host, policy):
    """Its public area is bound to what is sealed in it."""
    blob = host.blob()
    public = sealed_parts(blob)[0]
    at = public.index(b"\0\x20", 10)
    weaker = hashlib.sha256(bytes(32) + bytes.fromhex("0000017f") + b"x").digest() if policy == "pcr" else policy
    changed = public[2:at] + struct.pack(">H", len(weaker)) + weaker + public[at + 34:]
    host.put_blob(blob.replace(public, struct.pack(">H", len(changed)) + changed, 1))
    for capped in (True, False):
        host.boot(capped=capped)
        done = host.unseals()
        assert done.rc != 0 and not done.out, done


def test_an_approval_of_another_lock_is_none(plain_bin_dir):
    """The same authority, the same boot, the same TPM: the lock's ID is signed, too."""
    host = LockHost(plain_bin_dir.parent)
    try:
        assert host.lock("authority", "init", "--key", "/opt/a.pem", "--no-passphrase").rc == 0
        assert host.set("--credential", "one=/opt/secret", "--authority", "/opt/a.pem").rc == 0
        first, index = host.blob(), host.get_index()
        (host.root / "var/lib/assay/lock/blob").unlink()
        assert host.set("--credential", "one=/opt/secret", "--authority", "/opt/a.pem", recovery="/opt/r2").rc == 0
        second = host.blob()
        host.boot(capped=False)
        assert host.unseals().rc == 0
        ours, theirs = approval_at(first) - 8, approval_at(second) - 8
        size = 8 + 8 + 4 + 5 * 32 + 2 + 64
        counter = second.index(struct.pack(">I", host.get_index()))
        mixed = bytearray(first)
        mixed[ours:ours + size] = second[theirs:theirs + size]
        at = first.index(struct.pack(">I", index))
        mixed[at:at + 38] = second[counter:counter + 38]
        host.put_blob(bytes(mixed))
        done = host.unseals()
        assert done.rc == 1 and not done.out, done
    finally:
        host.close()


def test_a_tpm_of_root_s_own_signs_nothing(host):
    """A software TPM in the device's place holds no key of this lock's, and unseals nothing."""
    host.boot(GRUB | {9: b"own"})
    real = host.tpm
    own = host.new_tpm("o")
    try:
        host.use(own)
        for words in (["approve", "--kernel", "x", "--passphrase-file", "/opt/pass"], ["test"], ["revoke", "--force", "1"]):
            done = host.lock(*words)
            assert done.rc != 0 and "approval 2" not in done.out, done
        host.boot(capped=False)
        assert host.unseals().rc != 0
    finally:
        own.stop()
        host.use(real)
    assert [a["id"] for a in host.get()["approvals"]] == [1]


def test_a_rotation_that_root_made_up_opens_nothing(host):
    """The journal is finished by the next command: with an older lock in it nothing revoked comes back."""
    old = host.blob()
    host.boot(GRUB | {8: b"new"})
    assert host.lock("approve", "--passphrase-file", "/opt/pass").rc == 0
    assert host.lock("revoke", "--passphrase-file", "/opt/pass", "1").rc == 0
    host.write("/var/lib/assay/lock/rotation", b"assay-lock rotation 1\n\0" + old)
    assert host.lock("get").rc == 0 and host.blob() == old
    host.boot(capped=False)
    done = host.unseals()
    assert done.rc == 1 and "the approval was revoked" in done.err, done


def test_the_tpm_is_not_started_anew_behind_the_boot(host):
    """Neither with the state that was saved, nor without: PCRs stay as they are."""
    before = [host.tpm.pcr(n) for n in (4, 7, 8, 9, 13)]
    for words in (["tpm2_shutdown"], ["tpm2_startup"], ["tpm2_shutdown", "-c"], ["tpm2_startup", "-c"]):
        host.tpm.tool(*words, check=False)
    assert [host.tpm.pcr(n) for n in (4, 7, 8, 9, 13)] == before and host.unseals().rc == 1


def test_a_signature_of_the_authority_over_something_else_is_none(host):
    """An approval signed for another moment's bound, moved to where it would hold again."""
    old = host.blob()
    host.boot(GRUB | {8: b"new"})
    assert host.lock("approve", "--passphrase-file", "/opt/pass").rc == 0
    assert host.lock("revoke", "--passphrase-file", "/opt/pass", "1").rc == 0
    now = host.blob()
    at, there = approval_at(old), approval_at(now)
    blob = bytearray(old)
    blob[at:at + 8] = now[there:there + 8]
    host.put_blob(bytes(blob))
    host.boot(capped=False)
    done = host.unseals()
    assert done.rc == 1 and not done.out, done
