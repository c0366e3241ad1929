# SPDX-License-Identifier: GPL-2.0-or-later
"""A new kernel on a host with a lock: its boot is approved when it is installed, and the old one's stays."""

import hashlib
import os
import struct

import pytest

from cli.test_lock_update import INITRAMFS, INSTALL, LOG, PLUGIN, REMOVE, hooks
from frame.lock import LockHost
from vm.bootlog.tiny_pe import image

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace takes root")

LINE = "initrd=\\initrd.img console=ttyS0 panic=-1 quiet loglevel=0"
ENTRY = "title Debian\nversion {}\nlinux /vmlinuz-{}\ninitrd /initrd.img\noptions console=ttyS0 panic=-1\n" \
    "options quiet loglevel=0{}\n"
SECURE_BOOT = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


class Installed:
    """A host with two kernels: what it booted with log a, and will boot with log b."""

    def __init__(self, host, root_dir, mode):
        self.host, self.mode = host, mode
        self.logs, self.files = root_dir / "tests/fuzz/corpus/boot_log", root_dir / "tests/unit/data/boot"
        (host.root / "boot/grub").mkdir(parents=True)

    def put(self, name, data):
        """A file of the host, or one of the real ones."""
        path = self.host.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((self.files / data).read_bytes() if isinstance(data, str) else data)

    def boots(self, log, cmdline=None):
        """This boot."""
        self.log = log if isinstance(log, bytes) else (self.logs / log).read_bytes()
        self.put(LOG[1:], self.log)
        if cmdline:
            self.put("opt/cmdline", cmdline.encode() + b"\n")
            bind = f"mount --bind '{self.host.root}/opt/cmdline' '{self.host.root}/proc/cmdline'\nexec chroot"
            self.host.inside.script = self.host.inside.script.replace("exec chroot", bind)
        self.host.boot(self.log)

    def set(self, *words, profile="grub"):
        """The lock."""
        host = self.host
        host.write("/opt/secret", b"x")
        if self.mode == "offline":
            assert host.lock("authority", "init", "--key", "/opt/a.pem", "--no-passphrase").rc == 0
            words = (*words, "--authority", "/opt/a.pem")
        else:
            host.authority(self.mode == "attended")
        if self.mode == "attended":
            words = (*words, "--passphrase-file", "/opt/pass")
        done = host.lock("set", "--require-enforcement", "--profile", profile, "--recovery-key-out", "/opt/recovery",
                         "--credential", "one=/opt/secret", *words)
        assert done.rc == 0, done
        if self.mode == "offline":
            os.rename(host.root / "opt/a.pem", host.root / "opt/away.pem")

    def hook(self, name, *args):
        """What the package runs."""
        done = self.host.inside.run(name, *args, where="")
        assert done.rc == 0, done
        return done

    def opens(self, log):
        """Does the lock open in that boot?"""
        self.host.boot(log if isinstance(log, bytes) else (self.logs / log).read_bytes(), capped=False)
        return self.host.unseals().rc == 0


@pytest.fixture
def made(plain_bin_dir, root_dir):
    """made(mode) -> Installed."""
    all_of_them = []

    def make(mode="automatic"):
        host = LockHost(plain_bin_dir.parent)
        all_of_them.append(host)
        hooks(host, root_dir, plain_bin_dir)
        return Installed(host, root_dir, mode)

    yield make
    for host in all_of_them:
        host.close()


def grub(made, mode="automatic"):
    """Booted by GRUB, locked, and then kernel 2 was installed."""
    it = made(mode)
    it.put("boot/grub/grub.cfg", "grub-a.cfg")
    for kernel in "12":
        it.put(f"boot/vmlinuz-{kernel}", b"the same kernel")
    it.put("boot/initrd.img-1", "initrd-a")
    it.put("boot/initrd.img-2", "initrd-b")
    it.boots("shim-grub-a")
    it.set()
    it.put("boot/grub/grub.cfg", "grub-b.cfg")
    return it


def test_grub(made):
    """By itself; the approval of before stays."""
    it = grub(made)
    done = it.hook(INSTALL, "2", "/boot/vmlinuz-2")
    assert done.out == "approval 2: 2\n" and not done.err, done
    assert "holds for that boot already" in it.hook(INITRAMFS, "2", "/boot/initrd.img-2").out
    assert it.opens("shim-grub-b") and it.opens("shim-grub-a") and not it.opens("shim-grub-off")


def test_grub_s_initramfs_comes_before_its_menu(made):
    """The menu of before does not know the kernel: said then, and approved when it does."""
    it = grub(made)
    it.put("boot/grub/grub.cfg", "grub-a.cfg")
    done = it.hook(INITRAMFS, "2", "/boot/initrd.img-2")
    assert "boots /vmlinuz-1 by default, and not 2" in done.err and "a boot of 2 is not approved by this" in done.err
    it.put("boot/grub/grub.cfg", "grub-b.cfg")
    assert it.hook(INSTALL, "2").out == "approval 2: 2\n"
    assert it.opens("shim-grub-b")


def test_grub_after_a_kernel_went(made):
    """The menu is another: what it boots by default is approved."""
    it = grub(made)
    done = it.hook(REMOVE, "0", "/boot/vmlinuz-0")
    assert done.out.startswith("approval 2: ") and it.opens("shim-grub-b"), done


def test_grub_s_menu_must_be_known_and_name_it(made):
    """Nothing is guessed, and nothing approved."""
    it = grub(made)
    done = it.hook(INSTALL, "3")
    assert not done.out and "boots /vmlinuz-2 by default, and not 3" in done.err, done
    it.put("boot/initrd.img-2", b"")
    os.unlink(it.host.root / "boot/initrd.img-2")
    assert "initrd.img-2: No such file" in it.hook(INSTALL, "2").err
    it.put("boot/initrd.img-2", "initrd-b")
    it.put("boot/vmlinuz-2", b"another kernel")
    assert "not an EFI image" in it.hook(INSTALL, "2").err
    it.put("boot/vmlinuz-2", b"the same kernel")
    kept = it.host.root / "var/lib/assay/lock/grub"
    for name in kept.iterdir():
        name.write_bytes(name.read_bytes() + b"#\n")
    assert "the menu of this boot was not kept" in it.hook(INSTALL, "2").err
    assert len(it.host.get()["approvals"]) == 1 and not it.opens("shim-grub-b")


def test_as_many_menus_are_kept_as_matter(made):
    """The oldest go."""
    it = grub(made)
    for n in range(20):
        it.put("boot/grub/grub.cfg", b"# %d\n" % n)
        assert it.host.lock("approve", "--kernel", "x").rc == 0
    assert len(list((it.host.root / "var/lib/assay/lock/grub").iterdir())) == 16


def test_attended_says_what_to_run(made):
    """And that does it."""
    it = grub(made, "attended")
    done = it.hook(INSTALL, "2")
    assert not done.out and "'assay lock approve --kernel 2 --installed' before it" in done.err, done
    assert not it.opens("shim-grub-b")
    it.boots("shim-grub-a")
    assert it.host.lock("approve", "--kernel", "2", "--installed", "--passphrase-file", "/opt/pass").rc == 0
    assert it.opens("shim-grub-b") and it.opens("shim-grub-a")


def test_offline_writes_the_request(made):
    """Signed elsewhere and brought back it opens the new boot."""
    it = grub(made, "offline")
    done = it.hook(INSTALL, "2")
    request = "/var/lib/assay/lock/request-2"
    assert not done.out and f"sign {request} where the authority's key is" in done.err, done
    assert it.host.lock("authority", "sign", "--key", "/opt/away.pem", request).rc == 0
    assert it.host.lock("approve", "--import", request).rc == 0
    assert it.opens("shim-grub-b") and it.opens("shim-grub-a")


def entries(made):
    """Booted by systemd-boot from an entry, and another one is there."""
    it = made()
    it.put("efi/loader/entries/1.conf", ENTRY.format(1, 1, "").encode())
    for kernel in "12":
        it.put(f"efi/vmlinuz-{kernel}", b"the same kernel")
    it.put("efi/initrd.img", "initrd-a")
    it.boots("systemd-boot-a", LINE)
    it.set(profile="efistub")
    it.put("efi/initrd.img", "initrd-b")
    it.put("efi/loader/entries/2.conf", ENTRY.format(2, 2, ' "x=a b"').encode())
    return it


def test_systemd_boot(made):
    """By its entry: kernel, initrd and command line."""
    it = entries(made)
    done = it.hook(INSTALL, "2")
    assert done.out == "approval 2: 2\n" and not done.err, done
    assert it.opens("systemd-boot-b") and it.opens("systemd-boot-a") and not it.opens("systemd-boot-off")


def test_kernel_install_by_hand(made):
    """As its plugin, after the one that wrote the entry: added, and removed; another word is none of its business."""
    it = entries(made)
    done = it.hook(PLUGIN, "add", "2", "/efi/debian/2", "/boot/vmlinuz-2", "/boot/initrd.img-2")
    assert done.out == "approval 2: 2\n" and not done.err, done
    assert it.opens("systemd-boot-b") and it.opens("systemd-boot-a") and not it.opens("systemd-boot-off")
    it.boots("systemd-boot-a", LINE)
    done = it.hook(PLUGIN, "remove", "1", "/efi/debian/1")
    assert done.out.startswith("approval ") or "is not approved by this" in done.err, done
    for words in ([], ["add"], ["inspect", "2"]):
        done = it.hook(PLUGIN, *words)
        assert not done.out and not done.err, (words, done)


def test_systemd_boot_s_own_entry_was_written_anew(made):
    """With another command line: what was booted is found by the version of the kernel that runs."""
    it = entries(made)
    it.put("efi/loader/entries/1.conf", ENTRY.format(os.uname().release, 1, " y").encode())
    done = it.hook(INSTALL, "2")
    assert done.out == "approval 2: 2\n" and not done.err, done
    assert it.opens("systemd-boot-b") and it.opens("systemd-boot-a") and not it.opens("systemd-boot-off")


def test_systemd_boot_s_own_entry_is_what_is_approved(made):
    """Not the new initramfs beside the entry of before: what is wrong with the entry is said."""
    it = entries(made)
    it.put("efi/loader/entries/1.conf", ENTRY.format(os.uname().release, 3, "").encode())
    done = it.hook(INITRAMFS, os.uname().release, "/efi/initrd.img")
    assert not done.out and "/efi/vmlinuz-3: No such file" in done.err, done


@pytest.mark.parametrize("change, told", [
    ({"3.conf": ENTRY.format(2, 2, "")}, "two of them are of 2"), ({"2.conf": None}, "none of them is of 2"),
    ({"1.conf": ENTRY.format(1, 1, " x")}, "none of them has this boot's command line"),
    ({"2.conf": ENTRY.format(2, 3, "")}, "/efi/vmlinuz-3: No such file"),
    ({"2.conf": ENTRY.format(2, 2, "").replace("initrd ", "x ")}, "one of the two boots has no initrd"),
    ({"2.conf": ENTRY.format(2, 2, "") + "initrd /i\n" * 8}, "more than 8 initrds"),
    ({"2.conf": "linux /" + "x" * 600 + "\n"}, "too long a path")])
def test_an_entry_that_can_t_be_told_is_not_approved(made, change, told):
    """In words."""
    it = entries(made)
    for name, text in change.items():
        path = it.host.root / "efi/loader/entries" / name
        path.unlink(missing_ok=True)
        if text:
            path.write_text(text)
    done = it.hook(INSTALL, "2")
    assert not done.out and told in done.err and len(it.host.get()["approvals"]) == 1, done


def uki(kernel):
    """(image, log of a boot with it): systemd-stub's events, and what comes with the image."""
    inner = image({".text": b"kernel " + kernel})
    parts = {".osrel": b"ID=debian\n", ".cmdline": b"ro x=" + kernel, ".linux": inner, ".initrd": b"initrd " + kernel,
             ".uname": kernel}
    whole = image(parts)

    def digest(data):
        """As the firmware hashes an image: without its checksum and the entry of its certificates."""
        optional = struct.unpack("<I", data[60:64])[0] + 24
        return hashlib.sha256(data[:optional + 64] + data[optional + 68:optional + 144] + data[optional + 152:]).digest()

    def event(pcr, kind, hashed, data):
        return struct.pack("<IIIH20sH32sI", pcr, kind, 2, 4, hashlib.sha1(hashed).digest(), 0xb, hashed, len(data)) + data

    def of(data):
        return hashlib.sha256(data).digest()

    spec = b"Spec ID Event03\0" + struct.pack("<IBBBBIHHHHB", 0, 0, 2, 0, 2, 2, 4, 20, 0xb, 32, 0)
    log = struct.pack("<II20sI", 0, 3, bytes(20), len(spec)) + spec
    log += event(7, 1, of(b"keys"), b"keys") + event(4, 0x80000003, digest(whole), bytes(32))
    for name in (".linux", ".osrel", ".cmdline", ".initrd", ".uname"):
        label = (name + "\0").encode("utf-16-le")
        log += event(11, 0xd, of(name.encode() + b"\0"), label) + event(11, 0xd, of(parts[name]), label)
    return whole, log + event(4, 0x80000003, digest(inner), bytes(32))


def test_unified_kernel_images(made):
    """Under Secure Boot, by the one in EFI/Linux that has the version; what can't be told is said."""
    it = made()
    (a, log_a), (b, log_b), (c, log_c) = map(uki, (b"1", b"2", b"3"))
    it.put(SECURE_BOOT, b"\6\0\0\0\1")
    it.put("boot/efi/EFI/Linux/debian-1.efi", a)
    it.put("boot/efi/EFI/Linux/other.efi", b"no image")
    it.boots(log_a)
    it.set("--require-secure-boot", profile="uki")  # PCR 12 is empty, as it should be: nothing was given to the image
    done = it.hook(INSTALL, "2")
    assert not done.out and "EFI/Linux: none of them is of 2" in done.err, done
    it.put("boot/efi/EFI/Linux/debian-2.efi", b)
    assert it.hook(INSTALL, "2").out == "approval 2: 2\n"
    assert it.opens(log_b) and it.opens(log_a) and not it.opens(log_c)
    it.boots(log_a)
    it.put("boot/efi/EFI/Linux/debian-2b.efi", b)
    assert "which of them it is can't be told" in it.hook(INSTALL, "2").err
    it.put("boot/efi/EFI/Linux/debian-1.efi", c)
    assert "the image of this boot is none of those there" in it.hook(INSTALL, "3").err
