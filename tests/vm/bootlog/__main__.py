# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m vm.bootlog: makes the vectors of tests/unit/data/boot and tests/fuzz/corpus/boot_log anew."""

import sys
import tempfile
from pathlib import Path

from vm.lab.errors import LabError
from vm.policy.kernels import kernel

from . import tiny_pe, ways
from .machine import make_initrd, run

TESTS = Path(__file__).resolve().parents[2]
LOGS = TESTS / "fuzz/corpus/boot_log"
DATA = TESTS / "unit/data/boot"
IMAGES = TESTS / "fuzz/corpus/pe"
LINE = "console=ttyS0 panic=-1 quiet loglevel=0"


def keep(name, boot):
    """A log, and the PCRs beside it."""
    (LOGS / name).write_bytes(boot.log)
    lines = [f"{bank} {number} {value}\n" for (bank, number), value in sorted(boot.pcrs.items())]
    (DATA / f"{name}.pcrs").write_text("".join(lines), encoding="ascii")
    print(f"{name}: {len(boot.log)} bytes; {boot.cmdline}", flush=True)


def make_tiny(work):
    """EFI images in form: bare, signed, and signed by another key, too."""
    tiny_pe.write_all(IMAGES, DATA)
    ways.sign(IMAGES / "tiny.efi", IMAGES / "tiny-signed.efi")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", work / "key", "-out", work / "cert",
        "-days", "9999", "-subj", "/CN=Another key")
    run("sbsign", "--key", work / "key", "--cert", work / "cert", "--output", IMAGES / "tiny-signed-twice.efi",
        IMAGES / "tiny-signed.efi")


def make(work):
    """Every vector; a and b are two states of one host."""
    old, new = kernel("6.1").image, kernel("6.12").image
    initrd_a = make_initrd(DATA / "initrd-a", b"a")
    initrd_b = make_initrd(DATA / "initrd-b", b"b")
    for name in ("initrd-a", "initrd-b"):
        (DATA / f"{name}.init").unlink()
    a = ways.Host(old, initrd_a, LINE)
    off = ways.Host(old, initrd_a, LINE + " ima_appraise=off")
    b = ways.Host(old, initrd_b, LINE + ' "x=a b"', version="2", older=["1"])
    keep("qemu-kernel-6.1", ways.boot_qemu(a))
    keep("qemu-kernel-6.12", ways.boot_qemu(ways.Host(new, initrd_a, LINE)))
    keep("systemd-boot-a", ways.boot_systemd_boot(a))
    keep("systemd-boot-b", ways.boot_systemd_boot(b))
    keep("systemd-boot-off", ways.boot_systemd_boot(off))
    image = ways.uki(a, work / "a.efi")
    keep("uki-a", ways.boot_uki(image, "own"))
    keep("uki-a-insecure", ways.boot_uki(image, "off"))
    make_tiny(work)
    packages = ways.grub_packages(work)
    for name, host in (("a", a), ("b", b), ("off", off)):
        (DATA / f"grub-{name}.cfg").write_bytes(ways.grub_cfg(host))
        keep(f"shim-grub-{name}", ways.boot_grub(host, packages))


def main():
    """Makes them."""
    try:
        with tempfile.TemporaryDirectory() as work:
            make(Path(work))
    except LabError as error:
        print(f"bootlog: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
