# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a disk whose root is in a LUKS2 volume out of a signed host's; device mapper is a machine's matter."""

import subprocess

from vm.lab import recipe
from vm.lab.cache import key_of
from vm.lab.disk import blank
from vm.lab.lab import Image
from vm.lab.shell import sh

NAME = "vda2_crypt"     # what Debian's installer would call it
PASSPHRASE = "passphrase"
VOLUME_UUID = "0a55a700-1d5c-4c3a-8d5e-70c6a5b0c001"
BOOT_UUID = "0a55a700-1d5c-4c3a-8d5e-70c6a5b0c002"
ESP_ID = "0A55-A701"
SECTORS = recipe.BOOT_START + recipe.BOOT_MIB * 2048 + 2048
LAYOUT = f"""label: gpt
start={recipe.ESP_START}, size={recipe.ESP_MIB}MiB, type=uefi, name=esp
start={recipe.ROOT_START}, size={recipe.VOLUME_MIB}MiB, type=linux, name=volume
start={recipe.BOOT_START}, size={recipe.BOOT_MIB}MiB, type=linux, name=boot
"""
PACKAGES = ["busybox", "cryptsetup", "cryptsetup-initramfs"]

# The operator's commands on a signed host; crypttab is the installer's.
PREPARE = f"""set -e
printf '%s UUID=%s none luks,discard\\n' {NAME} {VOLUME_UUID} >/etc/crypttab
printf 'UUID=%s / ext4 errors=remount-ro 0 1\\nUUID=%s /boot ext4 defaults 0 2\\n' \
    {recipe.ROOT_UUID} {BOOT_UUID} >/etc/fstab
printf 'UUID=%s /boot/efi vfat umask=0077 0 1\\n' {ESP_ID} >>/etc/fstab
printf %s {PASSPHRASE} >/root/pass
chmod 600 /root/pass
assay sign --installed
assay enable"""

# Only what the file system uses: emulated AES is slow.
COPY = r"""
import re, subprocess, sys
source, target = sys.argv[1:]
told = subprocess.run(["dumpe2fs", source], capture_output=True, text=True, check=True).stdout
size = int(re.search(r"^Block size:\s+(\d+)$", told, re.M)[1])
count = int(re.search(r"^Block count:\s+(\d+)$", told, re.M)[1])
free = [tuple(map(int, (words.split("-") * 2)[:2]))
        for line in re.findall(r"^  Free blocks: (.+)$", told, re.M) for words in line.split(", ")]
at = 0
with open(source, "rb") as old, open(target, "r+b") as new:
    for first, last in [*sorted(free), (count, count)]:
        old.seek(at * size)
        new.seek(at * size)
        left = (first - at) * size
        while left:
            data = old.read(min(left, 1 << 20))
            assert data
            new.write(data)
            left -= len(data)
        at = last + 1
"""
# vdb holds the host's disk, vdc becomes the new one.
MOVE = f"""set -e
printf %s {PASSPHRASE} >/root/pass
cryptsetup luksFormat --batch-mode --type luks2 --uuid {VOLUME_UUID} --pbkdf pbkdf2 \
    --pbkdf-force-iterations 1000 /dev/vdc2 /root/pass
cryptsetup open --key-file /root/pass /dev/vdc2 {NAME}
python3 /root/copy /dev/vdb2 /dev/mapper/{NAME}
e2fsck -fn /dev/mapper/{NAME}
mkfs.ext4 -q -U {BOOT_UUID} /dev/vdc3
mkdir /target
mount /dev/mapper/{NAME} /target
mount /dev/vdc3 /mnt
cp -a /target/boot/. /mnt
rm -rf /target/boot/*
umount /mnt
mount /dev/vdc3 /target/boot
mkdir -p /target/boot/efi /target/boot/grub
for dir in dev proc sys; do mount --bind /$dir /target/$dir; done
chroot /target update-initramfs -u -k all
sync
umount /target/dev /target/proc /target/sys /target/boot /target
cryptsetup close {NAME}"""


def _packages(lab):
    def fetch(work):
        subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *PACKAGES], cwd=work,
                       check=True, timeout=300)
    return sorted(lab.cache.get("crypt-debs", key_of(PACKAGES), fetch).glob("*.deb"))


def _prepared(preparer, setup, work):
    """The host's disk as it was, but for its tables and its next boot, raw; its TPM is in work."""
    with preparer.resumed(setup, "signed") as machine:
        machine.install(*_packages(preparer.lab))
        machine.sh(PREPARE, timeout=1800)
        machine.poweroff()
        machine.save_disk(work)
    return Image.at(work).disk


def encrypted(preparer, setup):
    """A host that is to enforce from its next boot on, whose root's passphrase is PASSPHRASE."""
    lab = preparer.lab

    def build(work):
        before, after = work / "before.raw", work / "after.raw"
        sh("qemu-img", "convert", "-O", "raw", _prepared(preparer, setup, work), before, timeout=600)
        blank(after, SECTORS * recipe.SECTOR >> 20)
        layout = work / "layout"
        layout.write_text(LAYOUT, encoding="ascii")
        with open(layout, "rb") as stdin:
            sh("sfdisk", "--quiet", after, stdin=stdin)
        sh("mkfs.vfat", "-F", "32", "-n", "ESP", "-i", ESP_ID.replace("-", ""), f"--offset={recipe.ESP_START}",
           after, recipe.ESP_MIB * 1024)
        _move(lab, setup, before, after)
        sh("qemu-img", "convert", "-O", "qcow2", after, work / "disk.qcow2", timeout=600)
        for path in (before, after, layout):
            path.unlink()
    key = key_of(preparer.base, setup.config(), PREPARE, COPY, MOVE, LAYOUT, PACKAGES)
    return Image.at(lab.cache.get(f"encrypted-{setup}", key, build))


def _move(lab, setup, before, after):
    """In a machine that has nothing to do with the host."""
    helper = lab.debian(setup.profile, setup.kernel)
    with lab.machine(helper, kernel=setup.kernel, disks=[before, after]) as machine:
        machine.start(append="root=/dev/vda2")
        machine.put("/root/copy", COPY)
        machine.sh(MOVE, timeout=1800)
        machine.poweroff()
