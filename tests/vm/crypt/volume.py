# SPDX-License-Identifier: GPL-2.0-or-later
"""A host whose second disk hangs on the lock: made by the operator's commands, kept, and started in copies."""

import json
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vm.lab.cache import key_of
from vm.lab.lab import Image

from .host import PROMPT, UP

SECRET = "what the volume holds"
FORMAT = f"""set -e
printf passphrase >/root/pass; chmod 600 /root/pass
cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/vdb /root/pass
cryptsetup open --key-file /root/pass /dev/vdb data
mkfs.ext4 -q /dev/mapper/data; mount /dev/mapper/data /mnt; echo '{SECRET}' >/mnt/file; umount /mnt
cryptsetup close data
echo "data UUID=$(cryptsetup luksUUID /dev/vdb) none luks,discard" >>/etc/crypttab
printf hush >/root/hush"""
SET = ("assay lock set --require-enforcement --luks /dev/vdb --luks-key-file /root/pass"
       " --credential db.password=/root/hush --recovery-key-out /root/recovery")


@dataclass
class Locked:
    """A machine that is off, and opens its second disk by itself when it is started."""

    lab: object
    setup: object
    image: Image
    disk: Path
    recovery: str

    @contextmanager
    def machine(self, tpm=True):
        """A throwaway copy of it, off; tpm False: with a new TPM."""
        disk = self.lab.blank_disk()
        shutil.copyfile(self.disk, disk)
        image = self.image if tpm else Image(self.image.disk)
        with self.lab.machine(image, kernel=self.setup.kernel, efi=True, disks=[disk]) as machine:
            machine.second = disk
            yield machine


def prepare(machine):
    """From enforcing to locked; the new initramfs was approved when it was made."""
    machine.start()
    machine.sh(FORMAT, timeout=600)
    machine.sh("assay lock authority init --no-passphrase", timeout=300)
    machine.sh(SET, timeout=900)
    recovery = machine.sh("cat /root/recovery").strip()
    machine.stop_guest("reboot")
    machine.start(wait=False)
    assert not re.search(PROMPT, machine.wait_console(f"{PROMPT}|{UP}").group())
    machine.wait_up()
    machine.poweroff()
    return recovery


def bound_pcrs(machine):
    """The numbers of the PCRs that the lock of a running machine is bound to."""
    approvals = json.loads(machine.sh("assay lock get --json", timeout=300))["approvals"]
    return sorted(int(number) for number in approvals[0]["pcrs"])


def locked(preparer, setup):
    """The Locked of a setup, from the cache."""
    lab = preparer.lab
    source = preparer.image(setup, "enforcing")

    def build(work):
        disk = lab.blank_disk()
        with lab.machine(source, kernel=setup.kernel, efi=True, disks=[disk]) as machine:
            recovery = prepare(machine)
            machine.save_disk(work)
            shutil.copyfile(disk, work / "second.raw")
            (work / "recovery").write_text(recovery, encoding="ascii")
    key = key_of(preparer.base, setup.config(), FORMAT, SET, 1)
    kept = lab.cache.get(f"locked-{setup}", key, build)
    return Locked(lab, setup, Image.at(kept), kept / "second.raw", (kept / "recovery").read_text("ascii"))
