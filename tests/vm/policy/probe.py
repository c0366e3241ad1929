# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine that is nothing but a kernel and grammar_init.c: writes rules to the policy node, one by one."""

import re
import subprocess
import tempfile
from pathlib import Path

INIT = Path(__file__).with_name("grammar_init.c")
DEADLINE = 300  # seconds for a boot and some thousand writes under emulation
ENCODING = "latin-1"


class ProbeError(Exception):
    """The machine did not do its work."""


def build_init(target):
    """Compiles the program, static."""
    subprocess.run(["gcc", "-std=gnu17", "-O2", "-static", "-Wall", "-Werror", "-o", target, INIT],
                   check=True, timeout=120)


def pack(work, lines):
    """The initramfs: /init and /rules."""
    (work / "rules").write_bytes("".join(line + "\n" for line in lines).encode(ENCODING))
    build_init(work / "init")
    archive = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=work, input=b"init\nrules\n",
                             capture_output=True, check=True, timeout=60).stdout
    (work / "initrd").write_bytes(archive)


def boot(kernel, work):
    """Runs the machine until it powers off; what stood on its console."""
    command = ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", "512",
               "-nographic", "-no-reboot", "-net", "none", "-kernel", kernel,
               "-initrd", work / "initrd", "-append",
               "console=ttyS0 rdinit=/init loglevel=0 audit=0 panic=-1"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE,
                          check=False)
    return done.stdout.decode(errors="replace")


def verdicts(kernel, lines):
    """(release, verdicts): '+' for each line that the kernel takes, another character otherwise."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        pack(work, lines)
        console = boot(kernel, work)
    release = re.search(r"ASSAY-BEGIN (\S+)", console)
    rows = "".join(re.findall(r"ASSAY-ROW (\S*)", console))
    if not release or "ASSAY-END done" not in console or len(rows) != len(lines):
        raise ProbeError(f"{len(rows)} verdicts for {len(lines)} lines; the console: {console[-2000:]}")
    return release[1], rows
