# SPDX-License-Identifier: GPL-2.0-or-later
"""What a machine boots: the kernel and initramfs of its /boot, directly or from its ESP."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import recipe
from .disk import esp_put, offline
from .errors import LabError

COMMAND_LINE = f"root=UUID={recipe.ROOT_UUID} ro console=tty0 console=ttyS0 panic=-1"
FIRMWARE = Path("/usr/share/OVMF")
LOADER = Path("/usr/lib/systemd/boot/efi/systemd-bootx64.efi")
ENTRY = """title Debian
linux /debian/vmlinuz
initrd /debian/initrd.img
options {options}
"""


@dataclass
class Bootable:
    """A kernel and an initramfs taken out of a disk image, and the kernel's release."""

    kernel: Path
    initrd: Path
    release: str


def newest(names, version):
    """The newest /boot/vmlinuz-VERSION.* among names."""
    found = [n for n in names if n.startswith(f"vmlinuz-{version}.") or n == f"vmlinuz-{version}"]
    if not found:
        raise LabError(f"/boot holds no kernel {version}: {' '.join(sorted(names))}")
    return max(found, key=lambda name: [int(n) for n in re.findall(r"\d+", name)])


def take_out(image, version, work, part="root", folder="/boot"):
    """Take the kernel and initramfs that would be started out of an image, into a directory."""
    with offline(image, part=part) as disk:
        release = newest(disk.listdir(folder or "/"), version).removeprefix("vmlinuz-")
        kernel, initrd = Path(work) / "vmlinuz", Path(work) / "initrd.img"
        kernel.write_bytes(disk.read(f"{folder}/vmlinuz-{release}"))
        initrd.write_bytes(disk.read(f"{folder}/initrd.img-{release}"))
    return Bootable(kernel, initrd, release)


class Direct:
    """QEMU hands the kernel over; /boot is on the root file system."""

    def extract(self, image, version, work):
        """What /boot holds."""
        return take_out(image, version, work)

    def install(self, _image, bootable, line, _work):
        """Have the next start boot it; QEMU's arguments for that."""
        return ["-kernel", bootable.kernel, "-initrd", bootable.initrd, "-append", line]


class SystemdBoot(Direct):
    """systemd-boot on the ESP starts the kernel's EFI stub; without Secure Boot."""

    def install(self, image, bootable, line, work):
        entry, conf = Path(work) / "entry.conf", Path(work) / "loader.conf"
        entry.write_text(ENTRY.format(options=line), encoding="utf-8")
        conf.write_text("timeout 0\ndefault debian\neditor no\n", encoding="ascii")
        esp_put(image, {"EFI/BOOT/BOOTX64.EFI": LOADER, "debian/vmlinuz": bootable.kernel,
                        "debian/initrd.img": bootable.initrd, "loader/entries/debian.conf": entry,
                        "loader/loader.conf": conf})
        return firmware_arguments(work)


def firmware_arguments(work, code="OVMF_CODE_4M.fd", variables="OVMF_VARS_4M.fd"):
    """QEMU's arguments for OVMF; the machine keeps its own variables."""
    kept = Path(work) / "efivars.fd"
    if not kept.exists():
        shutil.copyfile(FIRMWARE / variables, kept)
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE / code}",
            "-drive", f"if=pflash,format=raw,file={kept}"]
