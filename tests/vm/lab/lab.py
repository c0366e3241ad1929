# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab: hands out images and machines, and ends every machine it made."""

import itertools
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import qemu, recipe, root
from .cache import REPO, Cache, file_digest, key_of
from .disk import blank
from .machine import Machine
from .shell import need

LOGS = REPO / "build" / "vm-logs"


@dataclass(frozen=True)
class Image:
    """What a machine starts from: a disk, and where it has run, its TPM's state and its memory."""

    disk: Path
    tpm: Path | None = None
    ram: Path | None = None

    @classmethod
    def at(cls, directory):
        """The image whose files Machine.save_disk or suspend put into a directory."""
        def have(name):
            return directory / name if (directory / name).exists() else None
        return cls(directory / "disk.qcow2", have("tpm"), have("ram.zst"))


class Lab:
    """Images from the cache, machines in a temporary directory."""

    def __init__(self, cache=None):
        need("qemu-system-x86_64", "qemu-img", "qemu-storage-daemon", "swtpm", "debugfs", "zstd",
             "setpriv")
        self.cache = cache or Cache()
        self.work = Path(tempfile.mkdtemp(prefix="assay-vm."))
        self.machines = []
        self.numbers = itertools.count(1)

    def debian(self, profile="verity", kernel=None):
        """A fresh Debian, never booted, with one kernel or all of them."""
        return self.installed(kernel, profile, ())

    def installed(self, kernel, profile, debs):
        """A Debian with one kernel (None: all) and packages its apt installed, never booted."""
        source = self.cache.get("debian", root.root_key(), root.build_root)

        def build(work):
            root.build_installed(source, work / "disk.qcow2", profile=profile, kernel=kernel,
                                 debs=debs)
        key = key_of(root.root_key(), root.INSTALL, {Path(d).name: file_digest(d) for d in debs})
        return Image.at(self.cache.get(f"apt-{kernel or 'all'}-{profile}", key, build))

    def settled(self, profile="verity"):
        """A Debian that has booted with each kernel: what later boots are timed on."""
        def build(work):
            with self.machine(self.debian(profile)) as machine:
                for kernel in recipe.KERNELS:
                    machine.start(kernel=kernel)
                    machine.poweroff()
                machine.save_disk(work)
        return Image.at(self.cache.get(f"settled-{profile}", root.root_key(), build))

    def booted(self, kernel="6.1", profile="verity", append=""):
        """A fresh Debian frozen after its first boot; Machine.resume() has it up in seconds."""
        def build(work):
            with self.machine(self.debian(profile, kernel), kernel=kernel) as machine:
                machine.start(append=append)
                machine.suspend(work)
        key = key_of(root.root_key(), root.INSTALL, append, qemu.cpus())
        return Image.at(self.cache.get(f"booted-{kernel}-{profile}", key, build))

    def machine(self, image=None, **options):
        """A new machine over an image (default: a settled Debian), off; options as for Machine."""
        machine = Machine(self.work / f"m{next(self.numbers)}", image or self.settled(), **options)
        self.machines.append(machine)
        return machine

    def blank_disk(self, mib=64):
        """A new raw disk to attach: Lab.machine(disks=[lab.blank_disk()]) shows it as /dev/vdb."""
        return blank(self.work / f"disk{next(self.numbers)}.raw", mib)

    def keep_logs(self, name):
        """Copy the consoles of the machines that exist into build/vm-logs; returns the paths."""
        kept = []
        for number, machine in enumerate(m for m in self.machines if m.work.exists()):
            LOGS.mkdir(parents=True, exist_ok=True)
            target = LOGS / f"{name}-{number}.console"
            target.write_text(machine.console_text("all"), encoding="utf-8")
            kept.append(target)
        return kept

    def close(self):
        """End every machine."""
        for machine in self.machines:
            machine.close()
        shutil.rmtree(self.work, ignore_errors=True)
