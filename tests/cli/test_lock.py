# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-lock on a host whose TPM is a software one."""

import os

import pytest

from frame.lock import GRUB, RECORD, LockHost

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace takes root")


@pytest.fixture
def bare(plain_bin_dir):
    """A host without a lock."""
    host = LockHost(plain_bin_dir.parent)
    yield host
    host.close()


@pytest.fixture
def host(bare):
    """A host with a lock, attended, on which one credential hangs."""
    bare.authority()
    done = bare.set()
    assert done.rc == 0, done
    return bare


def approve(host, *words):
    """As the operator, with the passphrase."""
    return host.lock("approve", "--passphrase-file", "/opt/pass", *words)


def test_a_lock_opens_the_next_boot_and_no_later_moment_of_this_one(host):
    """Sealed while the cap is in the PCR, open between the record and the cap."""
    assert host.lock("test").rc == 0
    sealed = host.unseals()
    assert sealed.rc == 1 and "PCR 13 is not as in approval 1" in sealed.err, sealed
    host.boot(capped=False)
    assert host.unseals().rc == 0
    host.cap()
    assert host.unseals().rc == 1


def test_get_tells_all_of_it(host):
    """In words and in JSON."""
    done = host.lock("get")
    for words in ("mode attended", "requires enforcement", "profile grub: PCR 4, 7, 8, 9, 13",
                  "credential one", "not covered"):
        assert words in done.out, done
    got = host.get()
    assert got["mode"] == "attended" and got["require_enforcement"] and not got["require_secure_boot"]
    assert [a["id"] for a in got["approvals"]] == [1] and got["hangs"] == [{"kind": "credential", "name": "one"}]
    assert host.tpm.pcr(4) == got["approvals"][0]["pcrs"]["4"]
    key = (host.root / "opt/recovery").read_text()
    assert host.lock("recovery", "list").out.strip() == got["recovery_id"] and got["recovery_id"] not in key


@pytest.mark.parametrize("pcr", sorted(GRUB))
def test_another_boot_stays_sealed_until_it_is_approved(host, pcr):
    """Each PCR of the profile, by its name; and approving opens it."""
    other = GRUB | {pcr: b"something else"}
    host.boot(other, capped=False)
    done = host.unseals()
    assert done.rc == 1 and f"PCR {pcr} is not as in approval 1" in done.err, done
    host.cap()
    done = host.lock("test")
    assert done.rc == 1 and f"PCR {pcr} will not be as in approval 1" in done.out, done
    assert approve(host, "--kernel", "6.12.1-other").out == "approval 2: 6.12.1-other\n"
    assert host.lock("test").rc == 0
    for measures in (other, GRUB):
        host.boot(measures, capped=False)
        assert host.unseals().rc == 0


def test_another_record_stays_sealed_until_it_is_approved(host):
    """A level, a policy, a mode that was changed: approved ahead of the reboot."""
    host.record(RECORD.replace("epoch 1", "epoch 2"))
    assert host.lock("test").rc == 1
    assert approve(host).rc == 0
    host.boot(capped=False)
    assert host.unseals().rc == 0
    host.record(RECORD)
    host.boot(capped=False)
    assert host.unseals().rc == 0


def test_a_record_that_only_logs_is_not_approved(host):
    """Nor is a boot that enforces nothing."""
    host.record(RECORD.replace("mode enforce", "mode log"))
    done = approve(host)
    assert done.rc == 2 and "the next boot only logs" in done.err, done
    host.record(RECORD)
    (host.root / "run/assay/record").write_text(RECORD.replace("mode enforce", "mode log"))
    assert "this boot only logs" in approve(host).err
    (host.root / "run/assay/record").unlink()
    assert "this boot does not enforce" in approve(host).err
    (host.root / "var/lib/assay/boot/record").unlink()
    assert host.lock("test").rc == 2 and len(host.get()["approvals"]) == 1


def test_what_holds_already_is_not_signed_again(host):
    """No passphrase is needed for that."""
    done = host.lock("approve")
    assert done.rc == 0 and done.out == "approval 1: holds for that boot already\n", done
    assert len(host.get()["approvals"]) == 1


def test_predicted_values_are_approved(host):
    """In a file, one a line; what is missing or wrong in it is told."""
    before = host.get()["approvals"][0]["pcrs"]
    lines = [f"{n} {'ab' * 32 if n == '9' else v}" for n, v in before.items() if n != "13"]
    host.write("/opt/values", "# predicted\n" + "\n".join(lines) + "\n")
    assert approve(host, "--pcr-values", "/opt/values", "--kernel", "new").rc == 0
    assert host.get()["approvals"][1]["pcrs"] == before | {"9": "ab" * 32}
    assert host.lock("test", "--pcr-values", "/opt/values").rc == 0
    for text, words in (("4 ab\n", "line 1"), ("24 " + "ab" * 32 + "\n", "line 1"), ("x\n", "line 1"),
                        ("4 " + "ab" * 32 + "\n" + "4 " + "ab" * 32 + "\n", "twice"), ("", "none"),
                        ("4 " + "ab" * 32 + "\n", "no value of PCR 7"), ("4 " + "ab" * 32, "unfinished"),
                        ("#" * 5000, "/opt/values")):
        host.write("/opt/values", text)
        done = approve(host, "--pcr-values", "/opt/values")
        assert done.rc == 2 and words in done.err and done.err.count("\n") == 1, done


def test_revoked_is_revoked_in_every_copy(host):
    """What stays opens as before; the old file, put back, opens nothing."""
    old = host.blob()
    host.boot(GRUB | {8: b"new"})
    assert approve(host).rc == 0
    assert host.lock("revoke", "--passphrase-file", "/opt/pass", "1").rc == 0
    assert [a["id"] for a in host.get()["approvals"]] == [2]
    new = host.blob()
    host.boot(GRUB | {8: b"new"}, capped=False)
    assert host.unseals().rc == 0
    host.boot(GRUB, capped=False)
    assert host.unseals().rc == 1
    host.put_blob(old)
    done = host.unseals()
    assert done.rc == 1 and "the approval was revoked" in done.err, done
    host.put_blob(new)
    done = host.lock("revoke", "7")
    assert done.rc == 2 and "there never was one" in done.err, done


def test_the_only_approval_takes_force(host):
    """Who revokes it needs the recovery key next."""
    done = host.lock("revoke", "1")
    assert done.rc == 2 and "the only one" in done.err, done
    assert host.lock("revoke", "--force", "1").rc == 0
    assert host.lock("test").rc == 1
    assert approve(host).rc == 0 and host.lock("test").rc == 0


def test_another_tpm_and_a_cleared_one(host):
    """Told apart from a changed boot, and mended by the recovery key."""
    host.boot(capped=False)
    first = host.unseals().out
    host.tpm.tool("tpm2_clear")
    done = host.unseals()
    assert done.rc == 1 and "another TPM than the one that was sealed to, or it was cleared" in done.err, done
    done = host.lock("test")
    assert done.rc == 1 and "another TPM" in done.out, done
    host.cap()
    done = host.lock("reseal", "--recovery-key-file", "/opt/recovery", "--passphrase-file", "/opt/pass")
    assert done.rc == 2 and "authority" in done.err, done
    (host.root / "var/lib/assay/lock/authority").unlink()
    host.authority()
    done = host.lock("reseal", "--recovery-key-file", "/opt/recovery", "--passphrase-file", "/opt/pass")
    assert done.rc == 0, done
    assert host.lock("test").rc == 0
    host.boot(capped=False)
    done = host.unseals()
    assert done.rc == 0 and done.out != first, "a key of another TPM is another authority: a new secret"


def test_a_deleted_counter_keeps_it_sealed(host):
    """Root may delete it; made anew it has counted further."""
    index = hex(host.get_index())
    host.tpm.tool("tpm2_nvundefine", "-C", "o", index)
    host.boot(capped=False)
    done = host.unseals()
    assert done.rc == 1 and "counter of revocations was deleted" in done.err, done
    host.cap()
    assert "reseal" in approve(host, "--kernel", "x").err or host.lock("test").rc == 1
    assert host.lock("reseal", "--recovery-key-file", "/opt/recovery", "--passphrase-file", "/opt/pass").rc == 0
    host.boot(capped=False)
    assert host.unseals().rc == 0


def test_offline_approvals_travel(bare):
    """A request goes out, is signed where no TPM is, and comes back; a wrong one does not."""
    assert bare.lock("authority", "init", "--key", "/opt/a.pem", "--no-passphrase").rc == 0
    assert bare.lock("authority", "init", "--key", "/opt/b.pem", "--no-passphrase", "--type", "rsa2048").rc == 0
    done = bare.set("--credential", "one=/opt/secret", "--authority", "/opt/a.pem")
    assert done.rc == 0, done
    assert bare.get()["mode"] == "offline"
    os.rename(bare.root / "opt/a.pem", bare.root / "opt/away.pem")
    bare.boot(GRUB | {9: b"new"})
    done = bare.lock("approve")
    assert done.rc == 2 and "/opt/a.pem" in done.err, done
    assert bare.lock("approve", "--request", "/opt/request").rc == 0
    done = bare.lock("approve", "--import", "/opt/request")
    assert done.rc == 2 and "not signed yet" in done.err, done
    done = bare.lock("authority", "sign", "--key", "/opt/b.pem", "/opt/request")
    assert done.rc == 2 and "not the key of this lock" in done.err, done
    tpm = bare.inside.env.pop("ASSAY_TEST_TPM")
    done = bare.lock("authority", "sign", "--key", "/opt/away.pem", "--out", "/opt/signed", "/opt/request")
    assert done.rc == 0 and f"PCR 9 {bare.tpm.pcr(9)}" in done.out, done
    bare.inside.env["ASSAY_TEST_TPM"] = tpm
    good = (bare.root / "opt/signed").read_bytes()
    for at in (30, 200, len(good) - 70, len(good) - 1):
        bare.write("/opt/bad", good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
        done = bare.lock("approve", "--import", "/opt/bad")
        assert done.rc == 2 and done.err.count("\n") == 1, done
    for bad in (b"", good[:-1], good + b"x", good[:40]):
        bare.write("/opt/bad", bad)
        assert bare.lock("approve", "--import", "/opt/bad").rc == 2
    assert len(bare.get()["approvals"]) == 1
    assert bare.lock("approve", "--import", "/opt/signed").rc == 0
    assert "is here already" in bare.lock("approve", "--import", "/opt/signed").err
    bare.boot(GRUB | {9: b"new"}, capped=False)
    assert bare.unseals().rc == 0


def test_rotation_ends_the_old_key_and_the_old_lock(host):
    """Neither opens anything afterwards."""
    old_blob, old_key = host.blob(), (host.root / "opt/recovery").read_text()
    host.boot(capped=False)
    before = host.unseals().out
    host.cap()
    done = host.lock("recovery", "rotate", "--recovery-key-file", "/opt/recovery", "--recovery-key-out", "/opt/new")
    assert done.rc == 0, done
    assert (host.root / "opt/new").read_text() != old_key
    done = host.lock("reseal", "--recovery-key-file", "/opt/recovery", "--passphrase-file", "/opt/pass")
    assert done.rc == 2 and "recovery key" in done.err, done
    host.boot(capped=False)
    after = host.unseals()
    assert after.rc == 0 and after.out != before
    new_blob = host.blob()
    host.put_blob(old_blob)
    assert host.unseals().out == before
    host.put_blob(new_blob)
    host.cap()
    assert host.lock("reseal", "--recovery-key-file", "/opt/new", "--passphrase-file", "/opt/pass").rc == 0
    done = host.lock("recovery", "rotate", "--recovery-key-file", "/opt/new", "--recovery-key-out", "/opt/newer")
    assert done.rc == 0, "the credential was not made anew for the new secret"
    assert not list((host.root / "var/lib/assay/lock/next-credentials").iterdir())
    assert not (host.root / "var/lib/assay/lock/rotation").exists()


def test_a_volume_hangs_on_it(bare):
    """Keyslot and token; the volume still opens by what it had; removed, it is as before."""
    bare.authority()
    bare.luks()
    done = bare.set("--luks", "/opt/volume", "--luks-key-file", "/opt/luks.key", "--passphrase-file", "/opt/pass")
    assert done.rc == 0, done
    assert '"assay"' in bare.dump() and bare.opens_by("/opt/luks.key")
    assert approve(bare, "--kernel", "x").rc == 0
    bare.boot(GRUB | {9: b"new"})
    assert approve(bare, "--kernel", "x").rc == 0
    assert bare.token() == bare.blob()
    assert bare.lock("recovery", "rotate", "--recovery-key-file", "/opt/recovery",
                     "--recovery-key-out", "/opt/new").rc == 0
    assert bare.token() == bare.blob() and bare.opens_by("/opt/luks.key") and bare.keyslots() == 2
    assert bare.lock("remove", "--passphrase-file", "/opt/pass").rc == 0
    assert '"assay"' not in bare.dump() and bare.keyslots() == 1 and bare.opens_by("/opt/luks.key")
    assert bare.lock("get").rc == 2


def test_remove_takes_a_key(host):
    """The authority's or the recovery key; then a new lock can be set."""
    host.write("/opt/wrong", "not the passphrase\n")
    assert host.lock("remove", "--passphrase-file", "/opt/wrong").rc == 2
    host.write("/opt/no", "123456-123456\n")
    assert host.lock("remove", "--recovery-key-file", "/opt/no").rc == 2
    assert host.lock("get").rc == 0
    assert host.lock("remove", "--recovery-key-file", "/opt/recovery").rc == 0
    assert "this host has no lock" in host.lock("get").err
    assert not list((host.root / "var/lib/assay/lock/credentials").iterdir())
    assert host.set(recovery="/opt/recovery2").rc == 0


def test_a_boot_with_other_files_is_predicted(host, root_dir):
    """A real GRUB's log, a new menu and initramfs: approved before the boot that has them."""
    logs, files = root_dir / "tests/fuzz/corpus/boot_log", root_dir / "tests/unit/data/boot"
    before, after = ((logs / name).read_bytes() for name in ("shim-grub-a", "shim-grub-b"))
    for name in ("grub-a.cfg", "grub-b.cfg", "grub-off.cfg", "initrd-a", "initrd-b"):
        host.write(f"/opt/{name}", (files / name).read_bytes())
    host.write("/opt/log", before)
    host.write("/opt/initrd.img-1", (files / "initrd-b").read_bytes())
    host.boot(before)
    words = ["--boot-log", "/opt/log", "--change", "grub-cfg=/opt/grub-a.cfg:/opt/grub-b.cfg",
             "--change", "initrd=/opt/initrd-a:/opt/initrd-b"]
    assert host.lock("test", *words).rc == 1
    assert approve(host, *words[:-1], "initrd=/opt/initrd.img-1", "--kernel", "b").rc == 0
    assert host.lock("test", *words).rc == 0 and host.lock("test").rc == 1
    host.boot(after, capped=False)
    assert host.unseals().rc == 0
    host.boot((logs / "shim-grub-off").read_bytes(), capped=False)
    assert host.unseals().rc == 1
    host.boot(GRUB)
    done = approve(host, *words)
    assert done.rc == 2 and "PCR 4 is not what the boot log leads to" in done.err, done
    for change, told in (("kernel=/opt/a:/opt/b", "none of image"), ("initrd=", "not KIND="), ("initrd", "not KIND="),
                         ("cmdline=/opt/log", "what it was is needed"), ("initrd=:/opt/a", "not KIND="), ("initrd=/opt/no:/opt/initrd-b", "/opt/no")):
        done = approve(host, "--change", change)
        assert done.rc == 2 and told in done.err, done


def test_explain_is_about_this_boot(bare):
    """In words, from what the token of a volume remembers of the approved one."""
    bare.authority()
    bare.luks()
    assert bare.set("--luks", "/opt/volume", "--luks-key-file", "/opt/luks.key",
                    "--passphrase-file", "/opt/pass").rc == 0
    done = bare.lock("explain")
    assert done.rc == 0 and done.out.startswith("as in approval 1 ("), done
    bare.record(RECORD.replace("level local", "level other"))
    done = bare.lock("explain")
    assert done.rc == 0, "the next boot is not what it is about"
    bare.boot(GRUB | {8: b"another command line"})
    done = bare.lock("explain")
    assert done.rc == 1 and "PCR 8: GRUB's commands and the kernel's command line" in done.out, done
    assert "PCR 13: the enforcement record" in done.out and "level" in done.out.splitlines()[-1], done
