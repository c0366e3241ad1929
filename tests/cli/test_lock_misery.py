# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands in a lock's way: a sentence each, and nothing half done."""

import os
import re

import pytest

from frame.lock import GRUB, LockHost, RECORD

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace takes root")

SET = ("--credential", "one=/opt/secret", "--passphrase-file", "/opt/pass")


@pytest.fixture
def host(plain_bin_dir):
    """A host with an authority and without a lock."""
    made = LockHost(plain_bin_dir.parent)
    made.authority()
    made.write("/opt/secret", "x")
    yield made
    made.close()


def says(done, words):
    """Trouble, in one line that has the words."""
    assert done.rc == 2 and not done.out and done.err.count("\n") == 1, done
    assert re.match(r"assay-lock: [a-z]+: ", done.err) and words in done.err, done


def untouched(host):
    """No lock, no counter, no credential."""
    lock = host.root / "var/lib/assay/lock"
    assert not (lock / "blob").exists() and "0x1A55A" not in host.tpm.tool("tpm2_nvreadpublic").stdout.upper()
    assert not list((lock / "credentials").glob("*"))


def test_no_tpm(host):
    """Neither device nor answer."""
    tpm = host.inside.env.pop("ASSAY_TEST_TPM")
    says(host.set(), "this host has no TPM 2.0")
    host.inside.env["ASSAY_TEST_TPM"] = "/opt/nothing"
    says(host.set(), "the device does not answer")
    host.inside.env["ASSAY_TEST_TPM"] = tpm
    untouched(host)


def test_a_tpm_without_sha256(host):
    """As some firmware sets it up."""
    host.tpm.tool("tpm2_pcrallocate", "sha1:all+sha256:none")
    host.tpm.reset()
    says(host.set(), "this TPM has no SHA-256 bank of them")
    untouched(host)


def test_full_nv(host):
    """With what others left in it."""
    index = 0x01800000
    while host.tpm.tool("tpm2_nvdefine", "-C", "o", "-s", "1600", hex(index), check=False).returncode == 0:
        index += 1
    while host.tpm.tool("tpm2_nvdefine", "-C", "o", "-s", "8", "-a", "authread|authwrite|nt=counter", hex(index),
                        check=False).returncode == 0:
        index += 1
    says(host.set(), "NV memory is full")
    untouched(host)


def test_an_owner_with_a_password(host):
    """It is not ours to know."""
    host.tpm.tool("tpm2_changeauth", "-c", "owner", "secret")
    says(host.set(), "the TPM's owner has set a password")
    untouched(host)


@pytest.mark.parametrize("words, told", [
    ((), "nothing would hang on the lock"),
    (("--credential", "one=/opt/secret", "--profile", "all"), "no profile is named 'all'"),
    (("--credential", "one"), "not NAME=FILE"), (("--credential", "../x=/opt/secret"), "no name of a credential"),
    (("--credential", "one=/opt/no"), "/opt/no"),
    (("--credential", "one=/opt/secret", "--credential", "one=/opt/secret"), "named twice"),
    (("--luks", "/opt/secret", "--luks-key-file", "/opt/secret"), "/opt/secret"),
    (("--credential", "one=/opt/secret", "--profile", "uki"), "--require-secure-boot"),
    (("--credential", "one=/opt/secret", "--require-secure-boot"), "Secure Boot is required, and is off"),
    (("--credential", "one=/opt/secret", "--authority", "/opt/no.pem"), "/opt/no.pem"),
    (("--credential", "one=/opt/secret", "--recovery-key-out", "/opt/secret"), "exists already")])
def test_set_refuses(host, words, told):
    """Before anything is made."""
    pass_file = ("--passphrase-file", "/opt/pass") if words else ()
    done = host.lock("set", "--require-enforcement", "--profile", "grub", "--recovery-key-out", "/opt/r", *words,
                     *pass_file)
    assert done.rc == 2 and told in done.err and done.err.count("\n") == 1, done
    untouched(host)


def test_set_needs_an_enforcing_boot(host):
    """This one and the next."""
    record = host.root / "var/lib/assay/boot/record"
    (host.root / "run/assay/record").unlink()
    says(host.set(), "this boot does not enforce: 'assay enable', then reboot")
    (host.root / "run/assay/record").write_text(RECORD.replace("mode enforce", "mode log"))
    says(host.set(), "this boot only logs")
    (host.root / "run/assay/record").write_text(RECORD)
    record.write_text(RECORD.replace("mode enforce", "mode log"))
    says(host.set(), "the next boot only logs")
    record.unlink()
    says(host.set(), "the next boot enforces nothing")
    untouched(host)
    done = host.lock("set", "--credential", "one=/opt/secret")
    assert done.rc == 2 and "give --require-enforcement: there is no lock without it" in done.err, done


def test_what_fails_late_is_undone(host):
    """A volume that does not open by what was given: credential and counter are taken back."""
    host.luks()
    host.write("/opt/bad.key", "not the passphrase")
    says(host.set("--credential", "one=/opt/secret", "--luks", "/opt/volume", "--luks-key-file", "/opt/bad.key",
                  "--passphrase-file", "/opt/pass"), "/opt/volume")
    untouched(host)
    assert host.keyslots() == 1 and '"assay"' not in host.dump()
    assert host.set(*SET).rc == 0
    says(host.set(*SET), "this host has a lock")


def test_without_an_authority(host):
    """Nor with one that is damaged."""
    held = host.root / "var/lib/assay/lock/authority"
    data = held.read_bytes()
    for bad in (data[:50], b"", b"x" * 2000, data[:-30] + bytes(30)):
        held.write_bytes(bad)
        done = host.set(*SET)
        assert done.rc == 2 and "authority" in done.err and done.err.count("\n") == 1, done
        untouched(host)
    held.unlink()
    says(host.set(*SET), "who approves is not known: 'assay lock authority init'")


@pytest.mark.parametrize("bad", [b"", b"assay-lock blob 2\n", b"x" * 9000, None])
def test_a_damaged_or_foreign_lock(host, bad):
    """Is named by its path, and stays as it is."""
    assert host.set(*SET).rc == 0
    bad = host.blob()[:-3] if bad is None else bad
    host.put_blob(bad)
    for words in (["get"], ["test"], ["approve"], ["revoke", "1"], ["recovery", "list"], ["explain"],
                  ["reseal", "--recovery-key-file", "/opt/recovery"], ["remove"]):
        says(host.lock(*words), "/var/lib/assay/lock/blob")
    assert host.blob() == bad


@pytest.mark.parametrize("bad", [b"", b"assay-lock rotation 2\n", b"assay-lock rotation 1\n\x00"])
def test_a_damaged_journal(host, bad):
    """Nothing goes on over a rotation that can't be finished."""
    assert host.set(*SET).rc == 0
    before = host.blob()
    host.write("/var/lib/assay/lock/rotation", bad)
    for words in (["get"], ["approve"], ["remove", "--passphrase-file", "/opt/pass"]):
        says(host.lock(*words), "finish the rotation: ")
    assert host.blob() == before


def test_without_a_lock(host):
    """Every command says what to do."""
    for words in (["get"], ["test"], ["approve"], ["revoke", "1"], ["recovery", "list"], ["recovery", "rotate"],
                  ["explain"], ["reseal"], ["remove"], ["authority", "show"]):
        says(host.lock(*words), "this host has no lock: see 'assay lock set --help'")


def test_the_recovery_key_is_checked(host):
    """Digits, their checksum, the file's mode, and that it is this lock's."""
    assert host.set(*SET).rc == 0
    key = (host.root / "opt/recovery").read_text().strip()
    assert re.fullmatch(r"(\d{6}-){7}\d{6}", key), key
    wrong = key[:-1] + str((int(key[-1]) + 1) % 10)
    for text in ("", "abc", wrong, key[:-7], key + "-000000", "000012-" * 7 + "000012"):
        host.write("/opt/k", text + "\n")
        done = host.lock("reseal", "--recovery-key-file", "/opt/k", "--passphrase-file", "/opt/pass")
        says(done, "recovery key")
        assert text[:6] not in done.err or len(text) < 6
    host.write("/opt/k", key + "\n", 0o644)
    says(host.lock("reseal", "--recovery-key-file", "/opt/k", "--passphrase-file", "/opt/pass"), "make it 0600")
    host.write("/opt/k", key.replace("-", " ") + "\n")
    assert host.lock("reseal", "--recovery-key-file", "/opt/k", "--passphrase-file", "/opt/pass").rc == 0


def test_seventeen_boots(host):
    """The oldest approval makes room, and that is said."""
    assert host.set(*SET).rc == 0
    for n in range(2, 18):
        host.boot(GRUB | {9: b"%d" % n})
        done = host.lock("approve", "--passphrase-file", "/opt/pass", "--kernel", f"k{n}")
        assert done.rc == 0 and f"approval {n}: k{n}" in done.out, done
    assert "approval 1: dropped, to make room" in done.out, done
    got = host.get()["approvals"]
    assert [a["id"] for a in got] == list(range(2, 18))
    host.boot(GRUB | {9: b"2"}, capped=False)
    assert host.unseals().rc == 0
