# SPDX-License-Identifier: GPL-2.0-or-later
"""The evmctl of the next Debian, unpacked with its libraries beside this one's."""

import fcntl
import os
import pathlib
import shutil
import subprocess

from vm.lab.root import archive

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = pathlib.Path(os.environ.get("ASSAY_CACHE", ROOT / "build/cache"))
RELEASE = "trixie"


def unpack(target):
    """apt's packages of ima-evm-utils and what it needs, extracted into a directory."""
    part = pathlib.Path(f"{target}.part")
    shutil.rmtree(part, ignore_errors=True)
    subprocess.run(["mmdebstrap", "--quiet", "--mode=root", "--variant=extract",
                    "--format=directory", "--include=ima-evm-utils", RELEASE, part, archive()],
                   check=True, timeout=900)
    part.rename(target)


def command():
    """The words that run it; it is unpacked first when it is not there."""
    target = CACHE / f"evmctl-{RELEASE}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(f"{target}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            unpack(target)
    libraries = target / "usr/lib/x86_64-linux-gnu"
    return [target / "usr/lib64/ld-linux-x86-64.so.2", "--library-path", libraries,
            target / "usr/bin/evmctl"]
