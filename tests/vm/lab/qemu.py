# SPDX-License-Identifier: GPL-2.0-or-later
"""The QEMU command line of a machine."""

import os
from dataclasses import dataclass, field
from pathlib import Path

BUSES = {
    "virtio": (["virtio-blk-pci"], []),
    "scsi": (["scsi-hd"], ["-device", "virtio-scsi-pci,id=scsi"]),
    "nvme": (["nvme", "serial=lab"], []),
}

# The one address outside that a guest finds something at, where Hardware.reach says so.
REACHED = "10.0.2.100"
RELAY = Path(__file__).resolve().parent / "relay"


def cpus():
    """How many a machine has. Where as many tests run at once as there are processors, $ASSAY_VM_CPUS is 1:
    with two each, machines spin while they wait for one another, and everything takes half as long again."""
    return int(os.environ.get("ASSAY_VM_CPUS") or 2)


@dataclass
class Hardware:
    """What a machine consists of; the same for every boot of it."""

    memory: int = 2048
    cpus: int = field(default_factory=cpus)
    bus: str = "virtio"        # of the root disk: virtio, scsi or nvme
    efi: bool = False          # OVMF and the image's ESP instead of a direct kernel boot
    net: bool = False          # user network cut off from the world, forwards below
    forwards: dict = field(default_factory=dict)   # loopback port here -> port of the guest
    reach: dict = field(default_factory=dict)      # port of REACHED in the guest -> loopback port here
    disks: list = field(default_factory=list)      # raw disks attached after the root disk
    tpm: bool = True
    counted: bool = False      # the guest's clock counts instructions, one a nanosecond; with cpus=1


def accelerator():
    """Emulation everywhere; KVM only where somebody says that it works ($ASSAY_ACCEL)."""
    return os.environ.get("ASSAY_ACCEL") or "tcg,thread=multi"


def _clock(hardware):
    """Which accelerator, and what its clock goes by."""
    if hardware.counted:
        return ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"]
    return ["-accel", accelerator()]


def arguments(hardware, work, image):
    """Everything but what is booted."""
    work = Path(work)
    words = ["qemu-system-x86_64", "-M", "q35", *_clock(hardware), "-cpu", "max",
             "-m", hardware.memory, "-smp", hardware.cpus, "-nodefaults", "-display", "none",
             "-no-reboot", "-rtc", "base=utc", "-device", "virtio-rng-pci"]
    words += _disk("root", image, "qcow2", hardware.bus)
    for number, path in enumerate(hardware.disks):
        words += _disk(f"disk{number}", path, "raw", "virtio")
    words += ["-chardev", f"socket,id=console,path={work}/console.sock,server=on,wait=off,"
              f"logfile={work}/console,logappend=on", "-serial", "chardev:console"]
    words += ["-device", "virtio-serial-pci",
              "-chardev", f"socket,id=agent,path={work}/agent.sock,server=on,wait=off",
              "-device", "virtserialport,chardev=agent,name=org.assay.lab.0"]
    words += ["-qmp", f"unix:{work}/qmp.sock,server=on,wait=off"]
    if hardware.tpm:
        words += ["-chardev", f"socket,id=tpm,path={work}/tpm.sock",
                  "-tpmdev", "emulator,id=tpm,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm"]
    return words + _network(hardware)


def _disk(name, path, form, bus):
    device, controller = BUSES[bus]
    return [*controller,
            "-drive", f"file={path},format={form},if=none,id={name},discard=unmap",
            "-device", ",".join([device[0], f"drive={name}", *device[1:]])]


def _network(hardware):
    if not hardware.net:
        return ["-nic", "none"]
    forwards = "".join(f",hostfwd=tcp:127.0.0.1:{host}-:{guest}"
                       for host, guest in hardware.forwards.items())
    forwards += "".join(f",guestfwd=tcp:{REACHED}:{guest}-cmd:{RELAY} {host}"
                        for guest, host in hardware.reach.items())
    return ["-netdev", f"user,id=net,restrict=on{forwards}", "-device", "virtio-net-pci,netdev=net"]
