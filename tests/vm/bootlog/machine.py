# SPDX-License-Identifier: GPL-2.0-or-later
"""One boot of a kernel under OVMF with a software TPM, whose initrd prints what was measured."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vm.boot.cpio import archive
from vm.lab.errors import LabError
from vm.lab.qemu import accelerator
from vm.lab.tpm import Tpm

HERE = Path(__file__).parent
OVMF = Path("/usr/share/OVMF")
DEADLINE = 600
# Firmware and variables: without Secure Boot, with Microsoft's keys, with the package's own.
FIRMWARE = {"off": ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.fd"),
            "microsoft": ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd"),
            "own": ("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.snakeoil.fd")}


@dataclass
class Boot:
    """What a boot printed: the event log (empty: it had none), the command line, the PCRs."""

    log: bytes
    cmdline: str
    pcrs: dict      # (bank, number): hex


def make_initrd(place, extra=b""):
    """The initrd with init.c in it, and a file whose content is extra."""
    program = place.with_suffix(".init")
    subprocess.run(["gcc", "-std=c17", "-Os", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector",
                    "-fno-asynchronous-unwind-tables", "-fno-pie", "-no-pie", "-Wall", "-Werror", "-s",
                    "-Wl,--build-id=none", "-Wl,-z,noseparate-code", "-o", program, HERE / "init.c"],
                   check=True, timeout=120)
    place.write_bytes(archive({"init": program.read_bytes(), "extra": extra}))
    return place


def make_esp(place, files):
    """A FAT file system with these files (name there: host path or bytes)."""
    size = 48 * 1024 * 1024
    with open(place, "wb") as file:
        file.truncate(size)
    run("mkfs.vfat", "-n", "ESP", place)
    made = set()
    with tempfile.TemporaryDirectory() as work:
        for name, source in files.items():
            parts = name.split("/")
            for depth in range(1, len(parts)):
                folder = "/".join(parts[:depth])
                if folder not in made:
                    made.add(folder)
                    run("mmd", "-i", place, f"::/{folder}")
            if isinstance(source, bytes):
                path = Path(work) / "file"
                path.write_bytes(source)
                source = path
            run("mcopy", "-o", "-i", place, source, f"::/{name}")
    return place


def run(*command):
    """One tool; its output."""
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False, timeout=300)
    if done.returncode:
        raise LabError(f"{command[0]}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout


def parse(console):
    """The Boot of what init.c printed."""
    text = console.replace("\r", "")
    if "@begin\n" not in text or "@end\n" not in text:
        raise LabError(f"boot: the console: {console[-3000:]}")
    found = {}
    for part in text.split("@begin\n", 1)[1].split("@end\n", 1)[0].split("@")[1:]:
        name, *lines = part.split("\n")
        found[name] = bytes.fromhex("".join(lines))
    pcrs = {}
    for name, value in found.items():
        if " " in name:
            bank, number = name.split()
            pcrs[bank, int(number)] = value.decode("ascii").strip().lower()
    return Boot(found.get("log", b""), found["cmdline"].decode().rstrip("\n"), pcrs)


def boot(arguments, secure_boot="off"):
    """Boots once, with QEMU's arguments for what is booted."""
    code, variables = FIRMWARE[secure_boot]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        shutil.copyfile(OVMF / variables, work / "vars.fd")
        tpm = Tpm(work / "tpm")
        tpm.start()
        try:
            command = ["qemu-system-x86_64", "-M", "q35,smm=on", "-global",
                       "driver=cfi.pflash01,property=secure,value=on", "-accel", accelerator(), "-cpu", "max",
                       "-m", "768", "-nographic", "-no-reboot", "-net", "none",
                       "-chardev", f"socket,id=tpm,path={tpm.socket}", "-tpmdev", "emulator,id=tpm,chardev=tpm",
                       "-device", "tpm-crb,tpmdev=tpm",
                       "-drive", f"if=pflash,format=raw,readonly=on,file={OVMF / code}",
                       "-drive", f"if=pflash,format=raw,file={work}/vars.fd", *map(str, arguments)]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE,
                                  check=False)
        finally:
            tpm.stop()
        return parse(done.stdout.decode(errors="replace"))
