# SPDX-License-Identifier: GPL-2.0-or-later
"""A host whose root hangs on the lock: made by the operator's commands, kept, and started in copies."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vm.lab import boot
from vm.lab.cache import key_of
from vm.lab.lab import Image

from .stage import NAME, PASSPHRASE, encrypted

ASKED = f"Please unlock disk {NAME}: "      # cryptsetup-initramfs
PROMPT = r"Recovery key \(8 groups of 6 digits\): "
CLOSED = r"assay: the lock stays closed: (.*)"
STOPPED = r"assay: boot stopped: (.*)"
UP = r"login:"
ESP = "/boot/efi/EFI/BOOT/BOOTX64.EFI"
NEW = "/boot/efi/new.efi"
SET = ("assay lock set --require-enforcement --luks /dev/vda2 --luks-key-file /root/pass"
       " --recovery-key-out /root/recovery")
# UEFI 2.10, 32.6.1 (EFI_IMAGE_SECURITY_DATABASE_GUID) and 32.4.1 (bytes before the first owner).
DATABASE = bytes.fromhex("cbb219d73a3d9645a3bcdad00e67656f")
SIGNATURE_LIST = 28
VERSION = 1     # of what prepare() does


@dataclass
class Host:
    """A host that is off, and opens its root by itself when it is started."""

    lab: object
    setup: object
    way: object
    image: Image
    recovery: str
    sizes: list     # bytes of the initramfs without assay-unlock, with it

    @contextmanager
    def machine(self, tpm=True, way=None):
        """A throwaway copy of it, off; tpm False: with a new TPM."""
        image = self.image if tpm else Image(self.image.disk)
        with self.lab.machine(image, kernel=self.setup.kernel, efi=True, way=way or self.way) as machine:
            yield machine


def type_recovery_key(machine, key):
    """At the prompt, after a mistyped one; the machine then comes up, and the console does not show it."""
    machine.console_send(key[:-1] + str((int(key[-1]) + 1) % 10) + "\n")
    machine.wait_console("recovery key: group 8 is mistyped")
    machine.console_send(key.replace("-", " ") + "\n")
    machine.wait_up()
    assert key not in machine.console_text()


def initrd(machine):
    """The path of the running kernel's."""
    return "/boot/initrd.img-" + machine.sh("uname -r").strip()


def renew_uki(machine, way):
    """What the operator's hook does after an initramfs was made anew: the image, its approval, its place."""
    there = boot.Bootable(machine.work / "uki-vmlinuz", machine.work / "uki-initrd", "")
    there.kernel.write_bytes(machine.bootable.kernel.read_bytes())
    there.initrd.write_bytes(machine.get(initrd(machine)))
    machine.put(NEW, way.make(there, machine.sh("cat /proc/cmdline").strip(), machine.work / "new.efi"))
    said = machine.sh(f"assay lock approve --change uki={ESP}:{NEW}", timeout=300)
    machine.sh(f"mv {NEW} {ESP}")
    return said


def prepare(machine, way):
    """From a passphrase to the lock; returns the recovery key and the sizes."""
    machine.start(wait=False)
    machine.wait_console(ASKED)
    machine.console_send(PASSPHRASE + "\n")
    machine.wait_up()
    before = machine.sh(f"stat -c %s {initrd(machine)}")
    machine.sh("assay lock authority init --no-passphrase", timeout=300)
    machine.sh(SET + (" --require-secure-boot" if way.secure_boot else ""), timeout=900)
    after = machine.sh(f"stat -c %s {initrd(machine)}")
    if way.name == "uki":
        renew_uki(machine, way)
    recovery = machine.sh("cat /root/recovery").strip()
    machine.poweroff()
    return recovery, [int(before), int(after)]


def locked(preparer, setup, way):
    """The Host of a setup and a way to boot, from the cache."""
    lab = preparer.lab
    source = encrypted(preparer, setup)

    def build(work):
        with lab.machine(source, kernel=setup.kernel, efi=True, way=way) as machine:
            recovery, sizes = prepare(machine, way)
            machine.save_disk(work)
        (work / "recovery").write_text(recovery, encoding="ascii")
        (work / "sizes").write_text(" ".join(map(str, sizes)), encoding="ascii")
    key = key_of(source.disk.parent.name, way.identity(), SET, VERSION)
    kept = Path(lab.cache.get(f"locked-root-{way.name}-{setup}", key, build))
    sizes = [int(n) for n in (kept / "sizes").read_text("ascii").split()]
    return Host(lab, setup, way, Image.at(kept), (kept / "recovery").read_text("ascii"), sizes)


def flipped(variables, work):
    """A copy of firmware variables whose db has another owner of its first certificate.

    The certificate stays, and with it what may start: only what was measured is another."""
    data = bytearray(Path(variables).read_bytes())
    at = data.find(DATABASE + "db\0".encode("utf-16-le"))
    assert at > 0
    data[at + len(DATABASE) + 6 + SIGNATURE_LIST] ^= 1
    target = Path(work) / "db-changed.fd"
    target.write_bytes(data)
    return target


def copy_variables(source, machine):
    """The machine starts with these firmware variables."""
    shutil.copyfile(source, machine.work / "efivars.fd")
