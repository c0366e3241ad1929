# SPDX-License-Identifier: GPL-2.0-or-later
"""Updates in a row on a host with a lock: each leads to a boot that was approved before it came.

The host keeps its boot loader by Debian's own packages; nothing is put on its ESP from outside."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from vm.crypt import own, volume
from vm.crypt.host import CLOSED, PROMPT, STOPPED, UP
from vm.lab.prepare import Setup
from vm.packages import PLACE, Signer, put
from vm.policy.kernels import Archive, sort_key

LONG = bool(os.environ.get("ASSAY_LONG"))
ROUNDS = int(os.environ.get("ASSAY_COUNT_FACTOR", "1"))
pytestmark = [pytest.mark.vm, pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")]
# Its key is one that both kernels can verify.
SETUP = Setup("6.1", "signature", "portable")
MODES = ["automatic", "attended", "offline"]
NEWER = "6.12"
PASSWORD = "of the authority"


@dataclass
class Updated:
    """A machine that is up, its lock's mode, and what the host's owner has elsewhere."""

    machine: object
    mode: str
    program: Path      # assay-lock
    sign: Signer
    away: Path         # the authority's key, offline
    kernel: Path       # a package

    def lock(self, words):
        """The operator's command, with the passphrase where the key has one."""
        more = " --passphrase-file /root/authority" if self.mode == "attended" else ""
        return self.update(f"assay lock {words}{more}")

    def set(self):
        """The lock, on the second disk."""
        machine = self.machine
        machine.sh(volume.FORMAT, timeout=600)
        machine.put("/root/authority", f"{PASSWORD}\n".encode(), mode=0o600)
        if self.mode == "offline":
            subprocess.run([self.program, "authority", "init", "--key", self.away, "--no-passphrase"], check=True)
            machine.put("/root/key.pem", self.away, mode=0o600)
        else:
            self.lock("authority init" + (" --no-passphrase" if self.mode == "automatic" else ""))
        more = " --authority /root/key.pem" if self.mode == "offline" else ""
        said = self.lock(volume.SET.removeprefix("assay lock ") + more)
        machine.sh("rm -f /root/key.pem")
        if "is not approved" in said:
            self.approve(said)
        assert f"mode {self.mode}" in machine.sh("assay lock get")

    def approve(self, said):
        """What the hooks said is to be done, and nothing where they approved by themselves."""
        told = {"automatic": r"^approval [0-9]+: |holds for that boot already",
                "attended": r"'assay lock (approve [^']*)' before it",
                "offline": r"sign (/var/lib/assay/lock/request-\S+) where"}
        found = re.findall(told[self.mode], said, re.M)
        assert found and (self.mode != "automatic" or "is not approved" not in said), said
        for what in dict.fromkeys(found):
            if self.mode == "attended":
                self.lock(what)
            elif self.mode == "offline":
                self.sign_away(what)

    def sign_away(self, request):
        """On the authority's machine; the approval is brought back."""
        here = self.away.parent / "request"
        here.write_bytes(self.machine.get(request))
        subprocess.run([self.program, "authority", "sign", "--key", self.away, here], check=True)
        self.machine.put(request, here)
        self.machine.sh(f"assay lock approve --import {request}", timeout=300)

    def initramfs(self, number):
        """Another file is in it."""
        return self.update(f"echo '# {number}' >/etc/modprobe.d/lock-test.conf && update-initramfs -u")

    def command_line(self, number):
        """On purpose: it is what the loader's entry has from then on."""
        return self.update(f"sed -i 's/$/ lock.test={number}/' /etc/kernel/cmdline && update-initramfs -u")

    def assay(self, _):
        """Its own package, configured anew."""
        return self.update("dpkg-reconfigure assay && update-initramfs -u")

    def newer_kernel(self, _):
        """By dpkg, with its hooks; it is booted by default."""
        put(self.machine, self.kernel)
        return self.update(f"dpkg -i {PLACE}/{self.kernel.name}")

    def older_kernel(self, _):
        """The newer one goes; the other's boot was approved before."""
        return self.update("apt-get -y purge linux-image-$(uname -r)")

    def update(self, command):
        """All that it says."""
        return self.machine.sh(f"({command}) 2>&1 </dev/null", timeout=1800)

    def reboots(self):
        """By itself, with the volume open."""
        machine = self.machine
        machine.stop_guest("reboot")
        machine.start(wait=False)
        machine.wait_console(f"{PROMPT}|{STOPPED}|{UP}")
        text = machine.console_text()
        assert not re.search(f"{PROMPT}|{CLOSED}|{STOPPED}", text), text[-3000:]
        machine.wait_up()
        assert machine.sh("cat /run/assay/lock").startswith("opened seal\n")
        assert machine.failed_units() == [] and machine.denials() == []


@pytest.fixture(name="host", params=MODES)
def host_fixture(request, preparer, bin_dir, tmp_path, tmp_path_factory):
    """An Updated of each mode, locked."""
    image = own.image(preparer, SETUP, bin_dir / "assay-pkg", tmp_path_factory.mktemp("own"))
    archive = Archive(tmp_path_factory.mktemp("archive"))
    names = archive.run("apt-cache", "pkgnames", f"linux-image-{NEWER}").split()
    name = max((n for n in names if n.endswith("+deb12-cloud-amd64")), key=sort_key)
    archive.run("apt-get", "download", "-qq", name)
    disk = preparer.lab.blank_disk()
    with preparer.lab.machine(image, kernel=SETUP.kernel, efi=True, way=own.OwnLoader(), disks=[disk]) as machine:
        machine.start()
        sign = Signer(machine, bin_dir / "assay-pkg", tmp_path)
        kernel = next(archive.work.glob("*.deb"))
        sign(kernel)
        host = Updated(machine, request.param, bin_dir / "assay-lock", sign, tmp_path / "away.pem", kernel)
        host.set()
        yield host


def test_no_update_asks_for_the_recovery_key(host):
    """Initramfs, command line, another kernel and back, Assay itself: thirty in a row with ASSAY_COUNT_FACTOR=10."""
    cycle = [host.initramfs, host.command_line, host.newer_kernel, host.initramfs, host.assay, host.older_kernel]
    host.reboots()
    for number in range(3 * ROUNDS):
        update = cycle[number % len(cycle)]
        said = update(number)
        print(f"update {number}: {update.__name__}: {said[-2000:]}")
        if update != host.older_kernel:
            host.approve(said)
        host.reboots()
