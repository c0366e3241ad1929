# SPDX-License-Identifier: GPL-2.0-or-later
"""disable where it makes initramfs images: carried through, from wherever it was cut off.

Enabling so takes a kernel with IMA: tests/vm does it.  Here the host is enabled from outside.
"""

import json
import os
import subprocess
import time

import pytest

from frame.chroot import Chroot
from frame.dpkg_root import DpkgRoot
from frame.terminal import on_terminal

KCONFIG = "".join(f"CONFIG_{name}=y\n" for name in (
    "SECURITYFS", "IMA", "IMA_APPRAISE", "INTEGRITY_SIGNATURE", "INTEGRITY_ASYMMETRIC_KEYS",
    "SYSTEM_TRUSTED_KEYRING", "EVM", "FS_VERITY", "MODULE_SIG", "SECURITY_LOCKDOWN_LSM", "SECURITY_YAMA",
    "TCG_TPM"))
KERNELS = ("6.1.0-1-amd64", "6.1.0-2-amd64")
# An image says what it would do; how it behaves is written in /how.
UPDATE = """#!/bin/sh
how=$(cat /how)
echo "called: $*"
case $how in
nothing) exit 0 ;;
fail) echo "it went wrong"; exit 3 ;;
slow) echo >/begun; sleep 3 ;;
esac
for kernel in /boot/vmlinuz-*; do
	image=/boot/initrd.img-${kernel#/boot/vmlinuz-}
	[ "$how" != first ] || [ "$kernel" = /boot/vmlinuz-6.1.0-1-amd64 ] || continue
	sed -n 's/^mode //p' /var/lib/assay/boot/record >"$image.new" 2>/dev/null
	mv "$image.new" "$image"
done
"""


@pytest.fixture
def root(tmp_path, run):
    """A host of two kernels, with a key, in log mode's reach."""
    top = tmp_path / "root"
    for directory in ("boot", "etc/assay/keys", "etc/assay/certs", "usr/sbin", "var/lib/assay",
                      "usr/share/initramfs-tools/hooks", "tmp", "run"):
        (top / directory).mkdir(parents=True)
    for kernel in KERNELS:
        (top / f"boot/vmlinuz-{kernel}").touch()
        (top / f"boot/config-{kernel}").write_text(KCONFIG)
        (top / f"boot/initrd.img-{kernel}").touch()
    (top / "usr/share/initramfs-tools/hooks/assay").touch()
    (top / "usr/sbin/update-initramfs").write_text(UPDATE)
    (top / "usr/sbin/update-initramfs").chmod(0o755)
    (top / "how").write_text("well")
    (top / "etc/assay/assay.conf").write_text("[enforcement]\nprofile = signature\nevm = off\n")
    assert run("assay", "keygen", "--no-passphrase", "--key", top / "etc/assay/keys/signing.key",
               "--cert", top / "etc/assay/certs/signing.der").rc == 0
    return top


@pytest.fixture
def inside(root, build_dir):
    """Runs assay there."""
    return Chroot(root, build_dir)


@pytest.fixture
def assay(inside):
    """assay(command, option...) there."""
    return lambda *args: inside.run("assay", *args)


@pytest.fixture
def enable(run, root, inside):
    """Enables log mode, and has the images made."""
    def make():
        done = run("assay", "enable", "--log", "--root", root)
        inside.run("/usr/sbin/update-initramfs", where="")
        return done
    return make


@pytest.fixture
def logging(root, enable):
    """The root with log mode enabled."""
    done = enable()
    assert done.rc == 0 and "once every initramfs is made anew" in done.out, done
    assert images(root) == ["log", "log"]
    return root


def images(root):
    """What each image would do."""
    return [(root / f"boot/initrd.img-{kernel}").read_text().strip() for kernel in KERNELS]


def remains(root):
    """What lies in /var/lib/assay beside the log."""
    return sorted(p.name for p in (root / "var/lib/assay").glob("boot*"))


def mode(root):
    """The configured mode."""
    lines = (root / "etc/assay/assay.conf").read_text().splitlines()
    return [line.split("=")[1].strip() for line in lines if line.startswith("mode")]


def test_disable_takes_it_out_of_every_image(assay, logging):
    """And leaves the mark by which removing the package is let go on."""
    done = assay("disable")
    assert done.rc == 0 and "the next boot enforces nothing" in done.out, done
    assert images(logging) == ["", ""] and mode(logging) == ["off"] and remains(logging) == []
    assert (logging / "run/assay/disabled").exists()
    done = assay("disable")
    assert done.rc == 0 and "off already" in done.out, done


@pytest.mark.parametrize("cut", ["moved", "configured", "elsewhere"])
def test_disable_goes_on_where_it_was_cut_off(assay, logging, cut):
    """Before the configuration, before the initramfs, or by --no-initramfs: again makes it whole."""
    if cut == "elsewhere":
        done = assay("disable", "--no-initramfs")
        assert done.rc == 0 and "run 'update-initramfs -u -k all'" in done.out, done
        assert images(logging) == ["log", "log"]
    else:
        (logging / "var/lib/assay/boot").rename(logging / "var/lib/assay/boot.old")
    if cut == "configured":
        (logging / "etc/assay/assay.conf").write_text("[enforcement]\nmode = off\n")
    done = assay("disable")
    assert done.rc == 0 and "the next boot enforces nothing" in done.out, done
    assert images(logging) == ["", ""] and mode(logging) == ["off"] and remains(logging) == []


def test_a_failing_disable_leaves_the_mark_of_the_cut_off_one(assay, logging):
    """boot.old says that the initramfs may still enforce, until it is known not to."""
    (logging / "var/lib/assay/boot").rename(logging / "var/lib/assay/boot.old")
    (logging / "etc/assay/assay.conf").write_text("[enforcement]\nmode = off\n")
    (logging / "how").write_text("fail")
    assert assay("disable").rc == 2 and remains(logging) == ["boot.old"]
    status = assay("status")
    assert "cut off" in status.out and "mend: assay disable" in status.out, status


@pytest.mark.parametrize("how, words", [
    ("nothing", "/boot/initrd.img-6.1.0-1-amd64 was not made anew"),
    ("first", "/boot/initrd.img-6.1.0-2-amd64 was not made anew"),
    ("fail", "exit code 3")])
def test_an_initramfs_that_was_not_made_is_trouble(assay, logging, how, words):
    """update-initramfs may end well and do nothing: all is put back, one line says why."""
    (logging / "how").write_text(how)
    done = assay("disable")
    assert done.rc == 2 and words in done.err.splitlines()[-1] and done.out == "", done
    assert mode(logging) == ["log"] and remains(logging) == ["boot"]
    assert images(logging) == ["log", "log"]


def test_no_image_at_all_is_trouble(assay, logging):
    """/boot is not mounted: who knows what its images do."""
    for image in (logging / "boot").glob("initrd*"):
        image.unlink()
    (logging / "how").write_text("nothing")
    done = assay("disable")
    assert done.rc == 2 and "no installed kernel has an initramfs" in done.err, done
    assert done.err.count("\n") == 1 and mode(logging) == ["log"]


@pytest.mark.parametrize("record", ["assay-record 1\nmode enforce\nepoch 7\n", "", "\0\xff" * 40],
                         ids=["cut", "empty", "bytes"])
def test_a_damaged_record_is_taken_away(assay, logging, record):
    """disable removes what it can't understand."""
    (logging / "var/lib/assay/boot/record").write_text(record)
    done = assay("disable")
    assert done.rc == 0 and images(logging) == ["", ""] and remains(logging) == [], done


def test_a_damaged_record_is_replaced_when_its_epoch_is_known(assay, enable, logging):
    """The epoch never goes back; without it the operator has to say so."""
    record = logging / "var/lib/assay/boot/record"
    record.write_text("assay-record 1\nmode enforce\nepoch 7\n")
    assert enable().rc == 0
    assert "\nepoch 7\n" in record.read_text() and images(logging) == ["log", "log"]
    record.write_text("assay-record 1\n")
    done = enable()
    assert done.rc == 2 and f"'assay disable --root {logging}' takes it away" in done.err and done.err.count("\n") == 1, done
    assert assay("disable").rc == 0 and enable().rc == 0


@pytest.mark.parametrize("text", ["[enforcement]\nmode = perhaps\n", "nonsense\n",
                                  "[boot]\npcr = 7\n", "x" * 70000],
                         ids=["mode", "syntax", "value", "long"])
def test_disable_in_spite_of_the_configuration(assay, logging, text):
    """The bundle goes, every image is made anew, and what has to be mended is said."""
    (logging / "etc/assay/assay.conf").write_text(text)
    done = assay("disable")
    assert done.rc == 0 and images(logging) == ["", ""] and remains(logging) == [], done
    if "perhaps" in text:
        assert done.err == "" and mode(logging) == ["off"]
    else:
        assert done.err.startswith("assay: disable: assay.conf is still to be mended, as the other commands can't read it: "), done
        assert "/etc/assay/assay.conf:" in done.err and done.err.count("\n") == 1, done


def test_remains_that_cannot_be_removed_are_no_failure(assay, logging):
    """All was done by then."""
    old = logging / "var/lib/assay/boot/certs"
    subprocess.run(["chattr", "+i", old], check=True)
    try:
        done = assay("disable")
        assert done.rc == 0 and "left behind" in done.err and images(logging) == ["", ""], done
    finally:
        for where in ("boot", "boot.old"):
            subprocess.run(["chattr", "-i", logging / "var/lib/assay" / where / "certs"],
                           capture_output=True, check=False)


def test_json_says_what_is_left_to_do(assay, logging):
    """to_do is the command, or null, also where it can't be run."""
    answer = json.loads(assay("disable", "--no-initramfs", "--json").out)
    assert answer["changed"] and answer["to_do"] == "update-initramfs -u -k all"
    answer = json.loads(assay("disable", "--json").out)
    assert not answer["changed"] and answer["to_do"] is None
    assert answer["takes_effect"] == "next boot"
    (logging / "usr/sbin/update-initramfs").unlink()
    assert json.loads(assay("disable", "--no-initramfs", "--json").out)["to_do"] is None


def put_lock(root):
    """A file in the lock's place."""
    (root / "var/lib/assay/lock").mkdir()
    (root / "var/lib/assay/lock/blob").touch()


def test_a_lock_does_not_open_without_enforcement(assay, run, logging):
    """Said in the lines before the last; without a lock nothing is."""
    assert "the lock" not in run("assay", "enable", "--log", "--root", logging).out
    put_lock(logging)
    for done in (run("assay", "enable", "--log", "--root", logging), assay("disable"),
                 assay("disable", "--no-initramfs"), run("assay", "disable", "--root", logging)):
        *_, said, mend, last = done.out.splitlines()
        assert done.rc == 0 and said.startswith("advice  the lock will not open in that boot"), done
        assert mend == ("        mend: have it at hand ('assay lock recovery list' names it), or "
                        "'assay lock remove' first") and "the lock" not in last, done
    found = json.loads(assay("disable", "--json").out)["findings"]
    assert [(f["level"], f["id"]) for f in found] == [("advice", "lock")]


def test_a_change_that_failed_says_nothing_of_the_lock(assay, logging):
    """All is as it was."""
    put_lock(logging)
    (logging / "how").write_text("fail")
    done = assay("disable")
    assert done.rc == 2 and "lock" not in done.out + done.err, done


def test_the_terminal_is_told_and_its_interrupt_does_not_cut_it_off(inside, logging):
    """A progress line while the images are made; ^C then neither ends them nor assay."""
    (logging / "how").write_text("slow")

    def interrupt(fd):
        end = time.monotonic() + 60
        while not (logging / "begun").exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        os.write(fd, b"\x03")

    code, shown = on_terminal(inside.words("assay", "disable"), env=inside.env, act=interrupt)
    assert code == 0 and "making every initramfs anew" in shown, shown
    assert images(logging) == ["", ""] and mode(logging) == ["off"]


def test_keygen_says_what_comes_next(inside, root):
    """On a terminal; a pipe gets nothing."""
    for name in ("keys/signing.key", "certs/signing.der"):
        (root / "etc/assay" / name).unlink()
    code, shown = on_terminal(inside.words("assay", "keygen", "--no-passphrase"), env=inside.env)
    assert code == 0 and "next: assay check\r\n" in shown, shown


def test_sign_says_what_comes_next(inside, root):
    """On a terminal, when all is signed: not after a dry run, not when something was left out."""
    made = DpkgRoot(root, merged=False)
    made.install("mine", {"/opt/tool": (b"#!/bin/sh\n", 0o755)})
    sign = ("assay", "sign", "--installed")
    code, shown = on_terminal(inside.words(*sign, "--dry-run"), env=inside.env)
    assert code == 0 and "1 would be signed" in shown and "next:" not in shown, shown
    code, shown = on_terminal(inside.words(*sign), env=inside.env)
    assert code == 0 and "next: assay enable --log\r\n" in shown, shown
    (root / "opt/tool").write_bytes(b"#!/bin/sh\nother\n")
    code, shown = on_terminal(inside.words(*sign), env=inside.env)
    assert code == 1 and "next:" not in shown, shown
