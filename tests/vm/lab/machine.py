# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine: one disk, one TPM, and boots of the kernel that its own /boot holds."""

import re
import shutil
import time
from pathlib import Path

from . import boot, qemu, reports
from .channel import Channel
from .disk import offline, overlay, raw_view
from .errors import BootFailed, Deadline, Gone, LabError
from .process import Process, connect
from .qmp import Qmp
from .shell import sh
from .tpm import Tpm

BOOT_SECONDS = 480  # a machine that others share may be slow
STOP_SECONDS = 120
USER_SPACE_SECONDS = 90
USER_SPACE = r"Run \S+ as init process|assay: |Begin: |systemd\[1\]"
EMULATOR_TRIES = 3
# What a guest without an address says of itself, the shortest first.
NETWORK = """systemctl --failed --no-legend; systemctl list-jobs --no-legend; ip -brief address; networkctl --no-legend
systemctl is-active systemd-networkd systemd-udevd; lsmod | grep virtio_net; dmesg | tail -n 15
journalctl -b --no-pager -o short-monotonic -u systemd-networkd -u systemd-udevd | tail -n 30"""


class Machine:
    """A throwaway machine over an Image, made by Lab.machine(), which also ends it.

    Nothing it does changes the image. kernel ("6.1", "6.12") says which kernel of /boot starts,
    append what is added to the command line of every boot, way how it gets there (boot.Direct)."""

    def __init__(self, work, image, *, kernel="6.1", append="", way=None, **hardware):
        self.work = Path(work).resolve()
        self.work.mkdir(parents=True)
        self.kernel, self.append = kernel, append
        self.hardware = qemu.Hardware(**hardware)
        self.way = way or (boot.SystemdBoot() if self.hardware.efi else boot.Direct())
        self.backing = image.disk
        self.disk = overlay(image.disk, self.work / "root.qcow2")
        if image.tpm:
            shutil.copytree(image.tpm, self.work / "tpm")
        self.tpm = Tpm(self.work / "tpm") if self.hardware.tpm else None
        self.ram = image.ram
        self.process = self.channel = self.qmp = self.bootable = None
        self.boot_seconds = None
        self.console_start = 0

    # Power

    def start(self, append="", kernel=None, wait=True, seconds=BOOT_SECONDS, tamper=None):
        """Power on. With wait, until the system is up: every unit started, or failed.

        append is added for this boot only; kernel stays; tamper is a function that may change the
        kernel and initramfs (boot.Bootable) before they start. Raises BootFailed."""
        if self.running():
            raise LabError("start: the machine is running")
        self.kernel = kernel or self.kernel
        begin = time.monotonic()
        self.bootable = self.way.extract(self.disk, self.kernel, self.work)
        if tamper:
            tamper(self.bootable)
        line = " ".join(filter(None, [boot.COMMAND_LINE, self.append, append]))
        words = self.way.install(self.disk, self.bootable, line, self.work)
        self._launch(words)
        for _ in range(EMULATOR_TRIES):
            if self._reaches_user_space():
                break
            self.kill()
            self._launch(words)
        if wait:
            self.wait_up(seconds)
        self.boot_seconds = time.monotonic() - begin
        return self

    def resume(self):
        """Go on where a suspended image stopped: a booted machine in about two seconds."""
        begin = time.monotonic()
        self._launch(["-incoming", f"exec:zstd -qdc {self.ram}"])
        self.ram = None
        self.qmp.go_on()
        if not self.channel_answers(60):
            raise BootFailed(self._story("no answer after the resume"))
        self.channel.set_time()
        self.boot_seconds = time.monotonic() - begin
        return self

    def reboot(self, append="", kernel=None, wait=True, seconds=BOOT_SECONDS):
        """Shut down as an operator would and start again, cold, on the same disk and TPM state."""
        self.stop_guest("reboot")
        return self.start(append=append, kernel=kernel, wait=wait, seconds=seconds)

    def poweroff(self):
        """Shut down as an operator would."""
        self.stop_guest("poweroff")

    def kill(self):
        """Cut the power: what was not flushed is lost."""
        self.process.kill()
        self._after()

    def wait_off(self, seconds=STOP_SECONDS):
        """Wait until the machine is off by itself."""
        if not self.process.wait(seconds):
            raise Deadline(self._story(f"not off in {seconds} s"))
        self._after()

    def stop_guest(self, verb):
        """Ask systemd for a reboot or poweroff and wait until the machine is off."""
        try:
            self.run(f"systemctl --no-block {verb}")
        except Gone:
            pass    # the machine may stop sooner than the answer comes
        self.wait_off()

    def change_tpm(self):
        """Put the disk of the machine, which is off, beside another TPM that was never used."""
        if self.running():
            raise LabError("tpm: the machine is running")
        shutil.rmtree(self.tpm.state)
        self.tpm = Tpm(self.tpm.state)

    def use_uefi(self):
        """From the next start on OVMF boots it, from its ESP."""
        self.hardware.efi, self.way = True, boot.SystemdBoot()

    def running(self):
        """Whether QEMU runs."""
        return bool(self.process and self.process.alive())

    def close(self):
        """End everything that belongs to the machine and remove its files."""
        if self.process:
            self.process.kill()
        self._after()
        shutil.rmtree(self.work, ignore_errors=True)

    # Waiting

    def wait_up(self, seconds=BOOT_SECONDS):
        """Wait until systemd has finished booting; returns its word: running or degraded."""
        end = time.monotonic() + seconds
        if not self.channel.wait_hello(seconds):
            raise BootFailed(self._story("the machine stopped" if not self.running() else
                                         f"no word from the guest in {seconds} s"))
        left = max(1, int(end - time.monotonic()))
        return self.run("systemctl is-system-running --wait", timeout=left).stdout.strip()

    def wait_network(self, seconds=120):
        """Wait until the guest has its address, which may come after everything else."""
        words = f"until ip -4 route get {qemu.REACHED} >/dev/null 2>&1; do sleep 0.2; done"
        if not self.run(f"timeout {seconds} sh -c '{words}'", seconds + 20).ok:
            raise LabError(f"network: no address in {seconds} s\n{self.run(NETWORK).stdout}")

    def channel_answers(self, seconds):
        """Whether the agent runs a command within that time."""
        try:
            return self.channel.run("true", seconds).ok
        except LabError:
            return False

    def wait_console(self, regex, seconds=BOOT_SECONDS):
        """Wait for this boot's console to say something that matches; returns the match."""
        end = time.monotonic() + seconds
        while True:
            over = not self.running() or time.monotonic() > end
            match = re.search(regex, self.console_text(), re.MULTILINE)
            if match:
                return match
            if over:
                raise BootFailed(self._story(f"the console never said {regex!r}"))
            time.sleep(0.1)

    # Inside the guest

    def run(self, command, timeout=120, check=False, **options):
        """Run a command (a string for sh, or a list); options: user, cwd, env, stdin (bytes).

        Returns Result(stdout, stderr, rc); with check, anything but 0 raises LabError."""
        result = self._channel().run(command, timeout, **options)
        if check and not result.ok:
            raise LabError(f"guest: {command!r}: exit {result.rc}\n{result.stdout}{result.stderr}")
        return result

    def sh(self, command, timeout=120, **options):
        """Run a command that must succeed; returns its standard output."""
        return self.run(command, timeout, check=True, **options).stdout

    def put(self, path, data, mode=0o644):
        """Write a file in the guest, from bytes, text or a host Path."""
        if isinstance(data, Path):
            data = data.read_bytes()
        self._channel().put(path, data.encode() if isinstance(data, str) else data, mode)

    def get(self, path):
        """The bytes of a file in the guest."""
        return self._channel().get(path)

    def install(self, *debs, seconds=600):
        """Install packages from the host by the guest's own apt, as `apt install ./X.deb` does."""
        self.sh("rm -rf /var/tmp/debs && mkdir -m 755 /var/tmp/debs")
        for deb in debs:
            self.put(f"/var/tmp/debs/{Path(deb).name}", Path(deb))
        return self.sh("apt-get install -y --no-install-recommends /var/tmp/debs/*.deb", seconds)

    def failed_units(self):
        """Names of systemd units that failed."""
        out = self.sh("systemctl list-units --state=failed --plain --no-legend")
        return [line.split()[0] for line in out.splitlines() if line.strip()]

    def denials(self):
        """What the kernel denied in this boot; assay-boot's own probe is left out."""
        return [r for r in self.audit() if r["type"] in reports.DENIALS
                and (r.get("comm"), r.get("name")) != reports.PROBE]

    def audit(self):
        """Every audit record of this boot that tells of integrity, types 1800 to 1808."""
        out = self.sh("journalctl -b --no-pager -o json _TRANSPORT=audit + _TRANSPORT=kernel")
        return reports.audit_records(out, self.console_text())

    def pcr(self, number, bank="sha256"):
        """A PCR's value in hex, from the kernel."""
        return self.sh(f"cat /sys/class/tpm/tpm0/pcr-{bank}/{number}").strip().lower()

    # Outside

    def console_text(self, boots="last"):
        """What the serial console showed: in this boot, or in all of them (boots="all")."""
        path = self.work / "console"
        data = path.read_bytes() if path.exists() else b""
        if boots == "last":
            data = data[self.console_start:]
        return data.decode(errors="replace").replace("\r", "")

    def console_send(self, text):
        """Type on the serial console, as slowly as a person: the line holds 16 bytes, and what the
        guest has not taken when the connection ends is lost."""
        with connect(self.work / "console.sock", self.process) as console:
            for at in range(0, len(text), 4):
                console.sendall(text[at:at + 4].encode())
                time.sleep(0.3)
            time.sleep(3)

    def offline(self, writable=False):
        """The disk while the machine is off, as a context manager: see disk.Offline."""
        if self.running():
            raise LabError("offline: the machine is running")
        return offline(self.disk, writable)

    def offline_disk(self, part="disk", writable=False):
        """The raw bytes while the machine is off: a path to the "disk", its "esp" or its "root"."""
        if self.running():
            raise LabError("offline: the machine is running")
        return raw_view(self.disk, part, writable)

    def save_disk(self, directory):
        """Keep disk and TPM of the machine, which is off, as an image's files."""
        if self.running():
            raise LabError("save: the machine is running")
        sh("qemu-img", "convert", "-O", "qcow2", "-B", self.backing, "-F", "qcow2",
           self.disk, Path(directory) / "disk.qcow2")
        if self.tpm:
            shutil.copytree(self.work / "tpm", Path(directory) / "tpm")

    def suspend(self, directory):
        """Keep disk, TPM and memory of the running machine as an image's files, and end it."""
        self.run("sync")
        self.qmp.save(Path(directory) / "ram.zst")
        self.qmp("quit")
        self.wait_off()
        self.save_disk(directory)

    # Private

    def _launch(self, words):
        path = self.work / "console"
        self.console_start = path.stat().st_size if path.exists() else 0
        if self.tpm:
            self.tpm.start()
        command = qemu.arguments(self.hardware, self.work, self.disk) + list(words)
        for name in ("console", "agent", "qmp"):
            (self.work / f"{name}.sock").unlink(missing_ok=True)
        self.process = Process(command, self.work / "qemu.log")
        self.channel = Channel(connect(self.work / "agent.sock", self.process))
        self.qmp = Qmp(connect(self.work / "qmp.sock", self.process))

    def _reaches_user_space(self):
        """False when the kernel panics before it has run anything of ours: emulated processors race
        with the kernel that patches its own code."""
        end = time.monotonic() + USER_SPACE_SECONDS
        while time.monotonic() < end:
            over = not self.running()
            text = self.console_text()
            if re.search(USER_SPACE, text):
                return True
            if "Kernel panic" in text:
                return False
            if over:
                return True
            time.sleep(0.2)
        return True

    def _channel(self):
        if not self.running():
            raise LabError("the machine is off")
        return self.channel

    def _after(self):
        for part in (self.channel, self.qmp):
            if part:
                part.close()
        if self.tpm:
            self.tpm.stop()
        self.channel = self.qmp = None


    def _story(self, what):
        tail = "\n".join(self.console_text().splitlines()[-30:])
        return f"{what}\n{self.process.log_text()}\n--- console ---\n{tail}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
