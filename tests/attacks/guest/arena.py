# SPDX-License-Identifier: GPL-2.0-or-later
"""What every attack stands on: the register, who it runs as, and the difference between refused and broken.

An attack is a function that returns something true where it got through, something false where it
was refused. It raises Broken, or anything else, where it could not be carried out at all: a
refusal that comes from a slip in the attack would prove nothing."""

import ctypes
import errno
import os
import shutil
import stat
import subprocess
from pathlib import Path

HOME = Path("/opt/attacks")         # where the host puts this directory and the payloads
WORK = Path("/var/tmp/attacks")     # one directory per attack and user, on the root file system
WORD = "PWNED"                      # what every payload says when it runs
REFUSALS = {errno.EACCES, errno.EPERM, errno.EKEYREJECTED, errno.ETXTBSY, errno.EBUSY, errno.EROFS,
            errno.ENOKEY, errno.EKEYREVOKED, errno.EKEYEXPIRED, errno.ENODATA, errno.EIO}

ATTACKS = {}
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class Broken(Exception):
    """The attack could not be carried out."""


def attack(*who, seconds=60):
    """Register a function as an attack, for "root", for "user" or for both."""
    def register(function):
        for name in who or ("root",):
            ATTACKS[f"{function.__name__}-{name}"] = (function, name, seconds)
        return function
    return register


class Scene:
    """One attack by one user: a directory of its own and a log of what happened."""

    def __init__(self, name, directory):
        self.name, self.directory, self.log = name, Path(directory), []

    def say(self, text):
        """Note what happened."""
        self.log.append(str(text)[:2000])

    def file(self, name, data, mode=0o755, where=None):
        """A new file with these bytes; returns its path."""
        path = Path(where or self.directory) / name
        path.unlink(missing_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        path.chmod(mode)
        return path

    def payload(self, name, where=None, called=None):
        """A fresh copy of a payload that the host built."""
        return self.file(called or name, (HOME / "payload" / name).read_bytes(), where=where)

    def folder(self, name):
        """A new directory of the attack's own."""
        path = self.directory / name
        path.mkdir(exist_ok=True)
        return path

    def tried(self, function, *arguments):
        """What function returns, or None where the kernel refused it; any other error is Broken."""
        try:
            result = function(*arguments)
        except OSError as error:
            self.say(f"{getattr(function, '__name__', function)}: {error}")
            if error.errno not in REFUSALS:
                raise
            return None
        return True if result is None else result

    def shell(self, command, **options):
        """A set-up step: a command that works whether anything is enforced or not."""
        done = run(command, **options)
        self.say(f"$ {command}: {done.returncode} {done.stdout}{done.stderr}")
        if done.returncode:
            raise Broken(f"{command}: {done.stderr}")
        return done.stdout

    def maybe(self, command, **options):
        """A step that may be refused; the attack goes on either way."""
        try:
            done = run(command, **options)
        except PermissionError as error:
            self.say(f"$ {command}: {error}")
            return None
        self.say(f"$ {command}: {done.returncode} {done.stdout}{done.stderr}")
        return done.stdout if not done.returncode else None

    def runs(self, *words, **options):
        """Whether a command says the payload's word."""
        try:
            done = run([str(w) for w in words], **options)
        except OSError as error:
            self.say(f"{words}: {error}")
            if error.errno not in REFUSALS:
                raise
            return False
        self.say(f"{words}: {done.returncode} {done.stdout}{done.stderr}")
        return WORD in done.stdout

    def ran(self, path):
        """Whether the payload at a path was run by somebody: it leaves PATH.ran behind."""
        found = Path(f"{path}.ran").exists()
        self.say(f"{path} {'ran' if found else 'did not run'}")
        return found


def run(command, seconds=40, **options):
    """A command with its output, ended after that many seconds."""
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(command, shell=isinstance(command, str), capture_output=True, text=True,
                          errors="replace", timeout=seconds, check=False, **options)


def call(name, *arguments):
    """A libc function that returns -1 and errno; raises OSError then."""
    result = getattr(libc, name)(*arguments)
    if result in (-1, None) or result == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def syscall(number, *arguments):
    """A system call by its x86-64 number."""
    return call("syscall", ctypes.c_long(number), *arguments)


def call_code(address):
    """Jump to code in this process; payload/code returns 42."""
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)() == 42


CODE = b"\xb8\x2a\x00\x00\x00\xc3".ljust(4096, b"\xcc")     # mov $42, %eax; ret


# Says PWNED and exits with 42, wherever it is put: call over the word; pop rsi; write; exit.
SHELLCODE = (b"\xeb\x1e\x5e\xbf\x01\x00\x00\x00\xba\x06\x00\x00\x00\xb8\x01\x00\x00\x00\x0f\x05"
             b"\xbf\x2a\x00\x00\x00\xb8\x3c\x00\x00\x00\x0f\x05\xe8\xdd\xff\xff\xff" + b"PWNED\n")


def entry_offset(data):
    """Where an x86-64 ELF file's entry point lies in the file."""
    def number(start, length):
        return int.from_bytes(data[start:start + length], "little")
    entry, table, size, count = number(24, 8), number(32, 8), number(54, 2), number(56, 2)
    for header in range(table, table + size * count, size):
        offset, start, length = number(header + 8, 8), number(header + 16, 8), number(header + 32, 8)
        if number(header, 4) == 1 and start <= entry < start + length:
            return entry - start + offset
    raise Broken("no entry point")


def tampered(data):
    """A program's bytes with its first instructions made the attacker's."""
    start = entry_offset(data)
    return data[:start] + SHELLCODE + data[start + len(SHELLCODE):]


def copy_with_xattrs(source, target):
    """Copy a file as an attacker who wants its signature along."""
    shutil.copyfile(source, target)
    for name in os.listxattr(source):
        if name.startswith("security."):
            os.setxattr(target, name, os.getxattr(source, name))
    os.chmod(target, stat.S_IMODE(os.stat(source).st_mode))
    return Path(target)


def write_at(path, offset, data, flags=0):
    """Write bytes into a file or a device, and see that they are there."""
    fd = os.open(path, os.O_RDWR | flags)
    try:
        os.pwrite(fd, data, offset)
        os.fsync(fd)
    finally:
        os.close(fd)


def drop_caches(what=3):
    """Make the kernel forget clean pages (1), inodes (2) or both (3)."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text(str(what), encoding="ascii")
