# SPDX-License-Identifier: GPL-2.0-or-later
"""Loaders for a disk with /boot beside the encrypted root: how they are put there, and with which keys."""

import tempfile
from pathlib import Path

from vm.bootlog import ways
from vm.lab import boot, recipe
from vm.lab.cache import key_of
from vm.lab.disk import esp_put, raw_view, Offline

from .stage import BOOT_UUID, NAME

SMM = ["-machine", "smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"]
SECBOOT = "OVMF_CODE_4M.secboot.fd"
# Where Debian's grub-install puts it, on the ESP.
STUB = f"""search.fs_uuid {BOOT_UUID} root
set prefix=($root)'/grub'
configfile $prefix/grub.cfg
"""
SEARCH = f"""\tset root='hd0,gpt3'
\tsearch --no-floppy --fs-uuid --set=root {BOOT_UUID}
"""


class Efistub(boot.SystemdBoot):
    """systemd-boot, kernel and initramfs on the ESP; no Secure Boot."""

    name = "efistub"
    secure_boot = False
    variables = "OVMF_VARS_4M.fd"

    def identity(self):
        """What tells one way from another in the cache."""
        return [self.name, self.variables]

    def extract(self, image, version, work):
        return boot.take_out(image, version, work, "boot", "")


class Uki(Efistub):
    """A unified kernel image, signed with the owner's own key."""

    name = "uki"
    secure_boot = True
    variables = "OVMF_VARS_4M.snakeoil.fd"

    def make(self, bootable, line, target):
        """The image of what is to be booted."""
        return ways.uki(ways.Host(bootable.kernel, bootable.initrd, line), target)

    def install(self, image, bootable, line, work):
        esp_put(image, {"EFI/BOOT/BOOTX64.EFI": self.make(bootable, line, Path(work) / "uki.efi")})
        return SMM + boot.firmware_arguments(work, SECBOOT, self.variables)


class Grub(Efistub):
    """Debian's shim and GRUB under Microsoft's keys; kernel and initramfs stay where they are."""

    name = "grub"
    secure_boot = True
    variables = "OVMF_VARS_4M.ms.fd"

    def __init__(self, lab):
        def fetch(work):
            for name, source in zip(("shim.efi", "grub.efi"), ways.grub_packages(work)):
                (work / name).write_bytes(source.read_bytes())
        self.place = lab.cache.get("grub", key_of("shim and grub", 1), fetch)

    def identity(self):
        return [*super().identity(), self.place.name, STUB, SEARCH]

    def menu(self, release, line):
        """grub.cfg as grub-mkconfig lays it out."""
        line = line.replace(f"root=UUID={recipe.ROOT_UUID}", f"root=/dev/mapper/{NAME}")
        text = ways.grub_cfg(ways.Host("", "", line, release)).decode()
        return text.replace("\techo\t'Loading Linux", f"{SEARCH}\techo\t'Loading Linux").encode()

    def install(self, image, bootable, line, work):
        stub = Path(work) / "stub.cfg"
        stub.write_text(STUB, encoding="ascii")
        esp_put(image, {"EFI/BOOT/BOOTX64.EFI": self.place / "shim.efi", "EFI/BOOT/grubx64.efi":
                        self.place / "grub.efi", "EFI/debian/grub.cfg": stub})
        with raw_view(image, "boot", writable=True) as view:
            disk = Offline(view)
            disk.replay()
            disk.write("/grub/grub.cfg", self.menu(bootable.release, line))
            initrd = f"/initrd.img-{bootable.release}"
            if disk.read(initrd) != bootable.initrd.read_bytes():
                disk.write(initrd, bootable.initrd.read_bytes())
        return SMM + boot.firmware_arguments(work, SECBOOT, self.variables)
