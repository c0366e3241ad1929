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


def extract(image, version, work):
    """Take the kernel and initramfs that would be started out of an image, into a directory."""
    with offline(image) as disk:
        release = newest(disk.listdir("/boot"), version).removeprefix("vmlinuz-")
        kernel, initrd = Path(work) / "vmlinuz", Path(work) / "initrd.img"
        kernel.write_bytes(disk.read(f"/boot/vmlinuz-{release}"))
        initrd.write_bytes(disk.read(f"/boot/initrd.img-{release}"))
    return Bootable(kernel, initrd, release)


def fill_esp(image, bootable, options, work):
    """Put loader, kernel, initramfs and command line where UEFI finds them."""
    entry, conf = Path(work) / "entry.conf", Path(work) / "loader.conf"
    entry.write_text(ENTRY.format(options=options), encoding="utf-8")
    conf.write_text("timeout 0\ndefault debian\neditor no\n", encoding="ascii")
    esp_put(image, {"EFI/BOOT/BOOTX64.EFI": LOADER, "debian/vmlinuz": bootable.kernel,
                    "debian/initrd.img": bootable.initrd, "loader/entries/debian.conf": entry,
                    "loader/loader.conf": conf})


def firmware_arguments(work):
    """QEMU's arguments for OVMF; the machine keeps its own variables."""
    variables = Path(work) / "efivars.fd"
    if not variables.exists():
        shutil.copyfile(FIRMWARE / "OVMF_VARS_4M.fd", variables)
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE / 'OVMF_CODE_4M.fd'}",
            "-drive", f"if=pflash,format=raw,file={variables}"]
