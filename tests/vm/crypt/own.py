# SPDX-License-Identifier: GPL-2.0-or-later
"""A host that keeps its own boot loader: systemd-boot by Debian's packages and hooks; nothing comes from outside."""

from vm.lab import boot
from vm.lab.cache import key_of
from vm.lab.lab import Image
from vm.packages import PLACE, Signer, download, put

PACKAGES = ["systemd-boot", "systemd-boot-efi"]
VERSION = 1     # of what PREPARE leads to
# What is left on the ESP is the host's own, and the command line that kernel-install takes.
PREPARE = f"""set -e
mkdir -p /boot/efi
echo 'PARTLABEL=esp /boot/efi vfat umask=0077 0 1' >>/etc/fstab
systemctl daemon-reload
mount /boot/efi
rm -rf /boot/efi/*
echo '{boot.COMMAND_LINE}' >/etc/kernel/cmdline
dpkg -i {PLACE}/*.deb
bootctl is-installed || bootctl install --no-variables
kernel-install add $(uname -r) /boot/vmlinuz-$(uname -r) /boot/initrd.img-$(uname -r)
printf 'timeout 0\\neditor no\\n' >/boot/efi/loader/loader.conf"""


class OwnLoader(boot.SystemdBoot):
    """Whatever is on the machine's ESP."""

    def extract(self, _image, _version, _work):
        """There is nothing that a test could change ahead of the start."""

    def install(self, _image, _bootable, _line, work):
        return boot.firmware_arguments(work)


def image(preparer, setup, program, work):
    """An enforcing host of a setup, from the cache; program is assay-pkg, which signs the loader's packages."""
    def build(place):
        with preparer.machine(setup, "enforcing", efi=True) as machine:
            machine.start()
            debs = download(PACKAGES, work / "debs")
            Signer(machine, program, work)(*debs)
            put(machine, *debs)
            machine.sh(PREPARE, timeout=900)
            machine.poweroff()
            machine.save_disk(place)
    key = key_of(preparer.base, setup.config(), PREPARE, PACKAGES, VERSION)
    return Image.at(preparer.lab.cache.get(f"own-loader-{setup}", key, build))
