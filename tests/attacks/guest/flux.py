# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks on files in flux: a signed file that is written while the kernel remembers its verdict."""

import ctypes
import fcntl
import mmap
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from arena import CODE, HOME, SHELLCODE, WORD, attack, call, copy_with_xattrs, entry_offset, libc, run, tampered
from labels import verity_digest, wants_verity
from twofaced import ENOSYS, FLUSH, GOOD, READ, TwoFaced, mounted

LIBRARY = "/usr/lib/x86_64-linux-gnu/libslang.so.2"     # signed, and nothing in the guest needs it
FUNCTION = "SLtt_get_screen_size"
EXT4_IOC_SWAP_BOOT = 0x6611


def loads(scene, path=LIBRARY):
    """Whether a signed program that loads the library runs the attacker's code."""
    return scene.runs("/bin/true", env={"LD_PRELOAD": str(path)})


def copied_library(scene):
    """A copy of the signed library with its labels; the library itself where a copy would not do."""
    if wants_verity(LIBRARY):
        return Path(LIBRARY)
    return copy_with_xattrs(LIBRARY, scene.directory / "library.so")


@attack()
def library_written_while_open(scene):
    """A loaded library is written in place; until the writer closes it, the old verdict counts."""
    path, evil = copied_library(scene), (HOME / "payload" / "lib.so").read_bytes()
    loads(scene, path)
    fd = scene.tried(os.open, path, os.O_RDWR)
    if not fd:
        return loads(scene, path)
    os.pwrite(fd, evil, 0)
    return loads(scene, path)


@attack()
def library_written_through_a_map(scene):
    """The same through a shared map, made before the library is loaded."""
    path, evil = copied_library(scene), (HOME / "payload" / "lib.so").read_bytes()
    fd = scene.tried(os.open, path, os.O_RDWR)
    if not fd:
        return loads(scene, path)
    with mmap.mmap(fd, 0) as view:
        os.close(fd)
        loads(scene, path)
        view[:len(evil)] = evil
        return loads(scene, path)


@attack()
def library_written_through_a_loop(scene):
    """The same through a loop device over the library's file, which stays attached."""
    path, evil = copied_library(scene), (HOME / "payload" / "lib.so").read_bytes()
    loads(scene, path)
    device = (scene.maybe(f"losetup -f --show {path}") or "").strip()
    if not device:
        return loads(scene, path)
    try:
        fd = scene.tried(os.open, device, os.O_RDWR)
        if fd:
            scene.tried(os.pwrite, fd, evil, 0)
            os.fsync(fd)
        return loads(scene, path)
    finally:
        run(["losetup", "-d", device])


def function_offset(path, name):
    """Where a function of a library lies in the library's file."""
    address = ctypes.cast(getattr(ctypes.CDLL(str(path)), name), ctypes.c_void_p).value
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        words = line.split()
        start, end = (int(n, 16) for n in words[0].split("-"))
        if start <= address < end:
            return address - start + int(words[2], 16)
    raise LookupError(name)


@attack()
def running_library_written(scene):
    """A library that a running signed program has loaded is written in place."""
    path = copied_library(scene)
    offset = function_offset(path, FUNCTION)
    code = (f"import ctypes, sys\nlib = ctypes.CDLL({str(path)!r})\nprint('loaded', flush=True)\n"
            f"sys.stdin.readline()\nprint({WORD!r} if lib.{FUNCTION}() == 42 else 'as it was')")
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as program:
        program.stdout.readline()
        fd = scene.tried(os.open, path, os.O_RDWR)
        if fd:
            os.pwrite(fd, CODE[:6], offset)
        said = program.communicate("\n", timeout=30)[0]
    scene.say(said)
    return WORD in said


@attack()
def swapped_with_the_boot_inode(scene):
    """ext4 swaps a signed program's blocks with those of its boot loader inode: the attacker's."""
    path = copy_with_xattrs("/usr/bin/hello", scene.directory / "hello")
    if wants_verity(path):
        path = Path("/usr/bin/hello")
    evil = scene.file("evil", tampered(path.read_bytes()))
    scene.maybe([str(path)])
    for name in (evil, path):
        fd = scene.tried(os.open, name, os.O_RDWR)
        if fd:
            os.fsync(fd)
            fcntl.ioctl(fd, EXT4_IOC_SWAP_BOOT)
            os.close(fd)
    return scene.runs(path)


@attack()
def writer_closed_before_exec(scene):
    """A signed program runs, is written, closed, and runs again at once, ten times."""
    path = copy_with_xattrs("/usr/bin/hello", scene.directory / "hello")
    good, offset = path.read_bytes(), entry_offset(path.read_bytes())
    for _ in range(10):
        with open(path, "r+b") as file:
            os.pwrite(file.fileno(), good[offset:offset + len(SHELLCODE)], offset)
        scene.maybe([str(path)])
        with open(path, "r+b") as file:
            os.pwrite(file.fileno(), SHELLCODE, offset)
        if scene.runs(path):
            return True
    return False


@attack()
def script_cut_short(scene):
    """A signed script cut short by its name: no descriptor is closed whose end the kernel would notice.

    Refused once in a while, for a reason that is not known; whoever attacks tries again."""
    return any(cut_short(scene, f"ldd{number}") for number in range(5))


def cut_short(scene, name):
    """Whether a copy of that name runs cut short, once that it has run whole."""
    path = copy_with_xattrs("/usr/bin/ldd", scene.directory / name)
    if wants_verity("/usr/bin/ldd"):
        verity_digest(scene, path)
    scene.maybe([path, "--version"])
    length = path.stat().st_size
    scene.tried(os.truncate, path, path.read_bytes().index(b"\n", 200))
    return scene.maybe([path, "--version"]) is not None and path.stat().st_size < length


class Patient(TwoFaced):
    """A file system that answers each read only when it is told to, with the changed program."""

    def __init__(self, told):
        super().__init__(0)
        self.told = told

    def answer(self, code, node, body):
        """See TwoFaced; after a first answer that it knows no FLUSH, no process that closes the file waits for one."""
        if code == READ:
            os.read(self.told, 1)
        return -ENOSYS if code == FLUSH else super().answer(code, node, body)


@contextmanager
def patient(scene):
    """The patient file system's program, and the descriptor by which it is told."""
    run(["modprobe", "fuse"])
    place, (told, tell) = scene.folder("patient"), os.pipe()
    fd = mounted(place)
    server = os.fork()
    if not server:
        Patient(told).serve(fd)
        os._exit(0)
    os.close(fd)
    try:
        os.close(os.open(place / "hello", os.O_RDONLY))
        yield place / "hello", tell
    finally:
        os.kill(server, signal.SIGKILL)
        run(["umount", "-l", str(place)])


@attack()
def page_held_by_a_direct_read(scene):
    """A direct read into a page of a program's copy goes on while the copy gets its fs-verity and labels, and ends
    when it was judged: the page is in use, so that nothing drops it, and no descriptor or mapping is left of it."""
    data = GOOD.read_bytes()
    start = entry_offset(data) // mmap.PAGESIZE * mmap.PAGESIZE
    path, length = scene.file("hello", data), ctypes.c_size_t(mmap.PAGESIZE)
    with patient(scene) as (program, tell), open(program, "rb", buffering=0) as source:
        with open(path, "r+b") as file:
            page = ctypes.c_void_p(call("mmap", None, mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED,
                                        file.fileno(), start))
            reader = threading.Thread(target=libc.pread, args=(source.fileno(), page, length, ctypes.c_long(start)))
            reader.start()
            time.sleep(2)
            libc.munmap(page, length)
        if wants_verity(GOOD):
            verity_digest(scene, path)
        for name in os.listxattr(GOOD):
            os.setxattr(path, name, os.getxattr(GOOD, name))
        scene.maybe([str(path)])
        os.write(tell, b"!")
        reader.join()
    return scene.runs(path)
