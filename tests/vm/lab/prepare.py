# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes a Debian from unsigned to enforcing by the operator's commands; each stage is kept."""

import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .cache import REPO, file_digest, key_of
from .errors import LabError
from .lab import Image, Lab
from .qemu import cpus
from .root import root_key


@dataclass(frozen=True)
class Setup:
    """One way to set a host up: kernel, profile and EVM mode."""

    kernel: str = "6.12"
    profile: str = "verity"      # verity, signature
    evm: str = "off"             # off, portable, immutable

    def __str__(self):
        return f"{self.kernel}-{self.profile}-evm_{self.evm}"

    def config(self):
        """What differs from the defaults in assay.conf."""
        return f"[enforcement]\nprofile = {self.profile}\nevm = {self.evm}\n"


# What the operator does for each stage: the first two in a running machine, the others on a
# signed one that is then shut down, as they take effect at the next boot.
COMMANDS = {
    "installed": [],
    "signed": ["assay keygen --no-passphrase", "assay sign --installed"],
    "log": ["assay enable --log"],
    "enforcing": ["assay enable"],
}
RUNNING = ("installed", "signed")


def assay_debs(name="assay"):
    """What the machines get, or another of the packages: of $ASSAY_DEBS (a directory), or what `make deb` builds now; they have no rpm."""
    place = Path(os.environ.get("ASSAY_DEBS") or REPO / "build" / "deb")
    if "ASSAY_DEBS" not in os.environ:
        done = subprocess.run(["make", "-C", str(REPO), "deb"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=1200, check=False)
        if done.returncode:
            raise LabError(f"make deb: exit {done.returncode}\n{done.stderr[-3000:]}")
    debs = sorted(p for p in place.glob(f"{name}_*.deb"))
    if not debs:
        raise LabError(f"{place}: holds no packages")
    return debs


def _sound(machine):
    """No test starts on a machine whose boot went wrong somewhere."""
    failed, denied = machine.failed_units(), machine.denials()
    if failed or denied:
        raise LabError(f"booted with failed units {failed} and denials {denied}")


class Preparer:
    """Images of every stage of a Setup, from the cache, made on demand."""

    def __init__(self, lab, debs, say=print):
        self.lab, self.debs, self.say = lab, debs, say
        self.base = [root_key(), {d.name: file_digest(d) for d in debs}]

    def image(self, setup, stage):
        """The disk and TPM of a machine that went through a stage and was shut down."""
        def build(work):
            before = stage if stage in RUNNING else "signed"
            with self.resumed(setup, before) as machine:
                if stage != before:
                    self._operate(machine, setup, stage)
                machine.poweroff()
                machine.save_disk(work)
        return self._get(f"{stage}-{setup}", setup, build)

    def booted(self, setup, stage, append=""):
        """A machine of a stage, up and frozen: Machine.resume() takes seconds.

        With append it was booted with that on its command line."""
        def boot(work):
            with self.machine(setup, stage) as machine:
                machine.start(append=append)
                self.say(f"lab: {setup}: {stage}: booted in {machine.boot_seconds:.1f} s")
                _sound(machine)
                machine.suspend(work)

        def go_on(work):
            if stage == "installed":
                source = self.lab.installed(setup.kernel, setup.profile, self.debs)
                machine = self.lab.machine(source, kernel=setup.kernel).start()
                machine.put("/etc/assay/assay.conf", setup.config())
            else:
                machine = self.resumed(setup, "installed")
            with machine:
                self._operate(machine, setup, stage)
                machine.suspend(work)
        build = go_on if stage in RUNNING and not append else boot
        return self._get(f"{stage}-{setup}-booted", setup, build, append, cpus())

    def machine(self, setup, stage, **options):
        """A throwaway machine of a stage, off."""
        return self.lab.machine(self.image(setup, stage), kernel=setup.kernel, **options)

    def resumed(self, setup, stage, append=""):
        """A throwaway machine of a stage, up."""
        image = self.booted(setup, stage, append)
        return self.lab.machine(image, kernel=setup.kernel).resume()

    def _get(self, kind, setup, build, *more):
        key = key_of(self.base, setup.config(), COMMANDS, more)
        return Image.at(self.lab.cache.get(kind, key, build))

    def _operate(self, machine, setup, stage):
        for command in COMMANDS[stage]:
            begin = time.monotonic()
            result = machine.run(command, timeout=1800)
            self.say(f"lab: {setup}: {command}: {time.monotonic() - begin:.1f} s, exit {result.rc}")
            if not result.ok:
                raise LabError(f"{command}: exit {result.rc}\n{result.stdout}{result.stderr}")


@contextmanager
def own_preparer():
    """A Preparer outside of pytest, in a lab of its own that ends with it."""
    lab = Lab()
    try:
        yield Preparer(lab, assay_debs())
    finally:
        lab.close()
