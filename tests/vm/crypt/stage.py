# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a disk whose root is in a LUKS2 volume out of a signed host's: ESP, volume, and /boot behind it."""

import shutil
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
PBKDF = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
QUIET = "/etc/initramfs-tools/update-initramfs.conf"

# The initramfs that enable makes is to ask for the passphrase of a volume that is not there yet: a small one of
# its UUID and name stands for it.
PREPARE = f"""set -e
sed -i s/^update_initramfs=.*/update_initramfs=yes/ {QUIET}
printf %s {PASSPHRASE} >/root/pass
chmod 600 /root/pass
truncate -s 20M /root/volume
cryptsetup luksFormat --batch-mode --type luks2 --uuid {VOLUME_UUID} {' '.join(PBKDF)} /root/volume /root/pass
cryptsetup open --key-file /root/pass /root/volume {NAME}
udevadm settle
echo '{NAME} UUID={VOLUME_UUID} none luks,discard,initramfs' >/etc/crypttab
assay sign {' '.join('--package ' + name for name in PACKAGES)}
assay enable
cryptsetup close {NAME}
rm /root/volume
echo '{NAME} UUID={VOLUME_UUID} none luks,discard' >/etc/crypttab
printf 'UUID=%s / ext4 errors=remount-ro 0 1\\nUUID=%s /boot ext4 defaults 0 2\\n' \
    {recipe.ROOT_UUID} {BOOT_UUID} >/etc/fstab
printf 'UUID=%s /boot/efi vfat umask=0077 0 1\\n' {ESP_ID} >>/etc/fstab"""


def packages(lab):
    """What Debian's installer adds where the root is encrypted, from apt."""
    def fetch(work):
        subprocess.run(["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", *PACKAGES], cwd=work,
                       check=True, timeout=300)
    return sorted(lab.cache.get("crypt-debs", key_of(PACKAGES), fetch).glob("*.deb"))


def _prepared(preparer, setup, work):
    """The host's disk before it moves; its TPM stays in work."""
    with preparer.resumed(setup, "signed") as machine:
        machine.sh(f"sed -i s/^update_initramfs=.*/update_initramfs=no/ {QUIET}")
        machine.install(*packages(preparer.lab), seconds=1200)
        machine.sh(PREPARE, timeout=1800)
        machine.poweroff()
        machine.save_disk(work)
    return Image.at(work).disk


def _part(image, start, mib):
    """qemu-img's words for a partition in a qcow2 image."""
    return (f"driver=raw,offset={start * recipe.SECTOR},size={mib << 20},file.driver=qcow2,"
            f"file.file.driver=file,file.file.filename={image}")


def _boot(root, work):
    """The file system for /boot, with what the root has there; it stays there as well, under the mount."""
    tree, boot = work / "boot", work / "boot.raw"
    sh("debugfs", "-R", f"rdump /boot {work}", root)
    for name in ("efi", "grub"):
        (tree / name).mkdir(exist_ok=True)
    sh("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-U", BOOT_UUID, "-d", tree, boot, f"{recipe.BOOT_MIB}M")
    shutil.rmtree(tree)
    return boot


def _encrypt(root, work):
    """In place, by user space alone: there is no device mapper needed before something opens it."""
    key = work / "pass"
    key.write_text(PASSPHRASE, encoding="ascii")
    key.chmod(0o600)
    with open(root, "r+b") as file:
        file.truncate(recipe.VOLUME_MIB << 20)
    sh("cryptsetup", "reencrypt", "--encrypt", "--batch-mode", "--type", "luks2", "--uuid", VOLUME_UUID,
       "--reduce-device-size", f"{recipe.VOLUME_MIB - recipe.ROOT_MIB}M", "--resilience", "none", *PBKDF,
       "--key-file", key, root, timeout=1200)
    key.unlink()


def _move(before, work):
    """disk.qcow2 out of the host's disk."""
    after, root, disk = work / "after.raw", work / "root.raw", work / "disk.qcow2"
    sh("qemu-img", "convert", "-O", "raw", "--image-opts", _part(before, recipe.ROOT_START, recipe.ROOT_MIB), root,
       timeout=600)
    before.unlink()
    blank(after, SECTORS * recipe.SECTOR >> 20)
    layout = work / "layout"
    layout.write_text(LAYOUT, encoding="ascii")
    with open(layout, "rb") as stdin:
        sh("sfdisk", "--quiet", after, stdin=stdin)
    sh("mkfs.vfat", "-F", "32", "-n", "ESP", "-i", ESP_ID.replace("-", ""), f"--offset={recipe.ESP_START}",
       after, recipe.ESP_MIB * 1024)
    sh("qemu-img", "convert", "-f", "raw", "-O", "qcow2", after, disk, timeout=600)
    boot = _boot(root, work)
    _encrypt(root, work)
    for part, start, mib in ((boot, recipe.BOOT_START, recipe.BOOT_MIB),
                             (root, recipe.ROOT_START, recipe.VOLUME_MIB)):
        sh("qemu-img", "convert", "-n", "-f", "raw", "--target-image-opts", part, _part(disk, start, mib),
           timeout=600)
    for path in (after, root, layout, boot):
        path.unlink()


def encrypted(preparer, setup):
    """A host that is to enforce from its next boot on, whose root's passphrase is PASSPHRASE."""
    def build(work):
        _move(_prepared(preparer, setup, work).rename(work / "before.qcow2"), work)
    key = key_of(preparer.base, setup.config(), PREPARE, PBKDF, LAYOUT, PACKAGES, 1)
    return Image.at(preparer.lab.cache.get(f"encrypted-{setup}", key, build))
