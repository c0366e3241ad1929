# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs inside a machine: makes the files of every case, simulates, loads the policy, tries.

usage: guest.py CONFIG.json OUT.json"""

import ctypes
import errno
import fcntl
import json
import mmap
import os
import re
import subprocess
import sys
import time

POLICY = "/sys/kernel/security/ima/policy"
FS_IOC_ENABLE_VERITY = 0x40806685
SYS_FINIT_MODULE, SYS_KEXEC_FILE_LOAD, SYS_ADD_KEY, SYS_KEYCTL = 313, 320, 248, 250
KEXEC_FILE_UNLOAD, KEXEC_FILE_NO_INITRAMFS = 1, 4
SESSION_KEYRING, JOIN_SESSION = -3, 1
EVM_X509_WRITABLE = 0x80000006
DONE = 77  # exit code of a child whose operation was let through
AT_ONCE = 400  # files that one run of the simulator gets

LIBC = ctypes.CDLL(None, use_errno=True)


def make_file(case, contents):
    """The file of one case."""
    path = case["path"]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(bytes.fromhex(contents[case["content"]]))
    os.chown(path, case["owner"], case["group"])
    os.chmod(path, 0o755)
    if case["verity"]:
        argument = b"".join(n.to_bytes(4, "little") for n in (1, 1, 4096)).ljust(128, b"\0")
        fd = os.open(path, os.O_RDONLY)
        fcntl.ioctl(fd, FS_IOC_ENABLE_VERITY, argument)
        os.close(fd)
    for name in ("ima", "evm"):
        if case[name]:
            os.setxattr(path, f"security.{name}", bytes.fromhex(case[name]))
    if case["mode"]:
        os.chmod(path, case["mode"])


def simulate(config):
    """The simulator's verdicts, one JSON object per case and operation."""
    groups = {}
    for case in config["cases"]:
        groups.setdefault((case["op"], case["uid"]), []).append(case["path"])
    verdicts = []
    for (op, uid), paths in groups.items():
        for n in range(0, len(paths), AT_ONCE):
            command = ["/assay-policy", "simulate", "--json", "--op", op, "--uid", str(uid),
                       "--gid", str(uid), "--policy", "/policy", "--cert", "/cert.der",
                       *(["--evm"] if config["evm"] else []), *paths[n:n + AT_ONCE]]
            done = subprocess.run(command, capture_output=True, check=False)
            if done.returncode not in (0, 1):
                sys.exit(f"simulate: {done}")
            verdicts += [json.loads(line) for line in done.stdout.splitlines()]
    return {verdict["path"]: verdict for verdict in verdicts}


def syscall(number, *args):
    """-errno, or what it returns."""
    done = LIBC.syscall(number, *args)
    return -ctypes.get_errno() if done < 0 else done


def fill_keyring(name, cert):
    """The keyring that IMA or EVM will find in the session of this process."""
    ring = syscall(SYS_ADD_KEY, b"keyring", name, None, ctypes.c_size_t(0), SESSION_KEYRING)
    key = syscall(SYS_ADD_KEY, b"asymmetric", b"", cert, ctypes.c_size_t(len(cert)), ring)
    if ring < 0 or key < 0:
        sys.exit(f"keyring {name}: {ring} {key}")


def load(config):
    """Keyrings, EVM, then the policy, line by line; it took when its node is gone."""
    with open("/cert.der", "rb") as file:
        cert = file.read()
    syscall(SYS_KEYCTL, JOIN_SESSION, None)
    fill_keyring(b"_ima", cert)
    if config["evm"]:
        fill_keyring(b"_evm", cert)
        with open("/sys/kernel/security/evm", "w", encoding="ascii") as file:
            file.write(str(EVM_X509_WRITABLE))
    with open("/policy", "rb") as file:
        lines = file.readlines()
    fd = os.open(POLICY, os.O_WRONLY)
    for line in lines:
        os.write(fd, line)
    os.close(fd)
    if os.path.exists(POLICY):
        sys.exit("the policy did not take")


def try_mapping(path, first, then=None):
    """open, mmap with the first protection, mprotect to the second."""
    fd = os.open(path, os.O_RDONLY)
    LIBC.mmap.restype = ctypes.c_void_p
    at = LIBC.mmap(None, ctypes.c_size_t(4096), first, mmap.MAP_PRIVATE, fd, ctypes.c_long(0))
    if at in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "mmap")
    if then and LIBC.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(4096), then) < 0:
        raise OSError(ctypes.get_errno(), "mprotect")


def try_kexec(path, as_initramfs):
    """kexec_file_load of the file, as the kernel or as the initramfs of the running one."""
    fd = os.open(path, os.O_RDONLY)
    if as_initramfs:
        kernel = os.open("/vmlinuz", os.O_RDONLY)
        done = syscall(SYS_KEXEC_FILE_LOAD, kernel, fd, ctypes.c_ulong(1), b"\0", ctypes.c_ulong(0))
        syscall(SYS_KEXEC_FILE_LOAD, -1, -1, ctypes.c_ulong(0), None, ctypes.c_ulong(KEXEC_FILE_UNLOAD))
    else:
        done = syscall(SYS_KEXEC_FILE_LOAD, fd, -1, ctypes.c_ulong(1), b"\0",
                       ctypes.c_ulong(KEXEC_FILE_NO_INITRAMFS))
    if done < 0:
        raise OSError(-done, "kexec_file_load")


def operate(case):
    """Does it; OSError where the kernel refuses. exec does not come back."""
    path, op = case["path"], case["op"]
    if op == "exec":
        os.execv(path, [path])
    elif op == "mmap":
        try_mapping(path, mmap.PROT_READ | mmap.PROT_EXEC)
    elif op == "mprotect":
        try_mapping(path, mmap.PROT_READ, mmap.PROT_READ | mmap.PROT_EXEC)
    elif op == "module":
        done = syscall(SYS_FINIT_MODULE, os.open(path, os.O_RDONLY), b"", 0)
        if done < 0:
            raise OSError(-done, "finit_module")
    elif op.startswith("kexec"):
        try_kexec(path, op == "kexec-initramfs")
    else:
        os.close(os.open(path, os.O_RDONLY if op == "read" else os.O_WRONLY))


def in_child(case):
    """0: let through, an errno, or "killed"."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(case["gid"], case["gid"], case["gid"])
            os.setresuid(case["uid"], case["uid"], case["uid"])
            operate(case)
        except OSError as error:
            os.write(writer, str(error.errno).encode())
        os._exit(DONE)
    os.close(writer)
    told = os.read(reader, 16).decode()
    os.close(reader)
    _, status = os.waitpid(pid, 0)
    return "killed" if os.WIFSIGNALED(status) else int(told or 0)


class Records:
    """The audit records of IMA as they come, by the file's own name."""

    LINE = re.compile(rb'type=180[08] .*? op=(\S+) cause=(\S+) .*?name="?([^" ]+)"? ')

    def __init__(self):
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)
        self.found = {}
        self.lost = 0

    def drain(self):
        """Takes what is there."""
        while True:
            try:
                text = os.read(self.fd, 8192)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.EPIPE:
                    raise
                self.lost += 1
                continue
            match = self.LINE.search(text)
            if match:
                op, cause, name = (part.decode().strip('"') for part in match.groups())
                self.found.setdefault(os.path.basename(name), []).append([op, cause])


def attempt(config):
    """Loads the policy and tries every case as often as it asks."""
    with open("/proc/sys/kernel/printk_ratelimit", "w", encoding="ascii") as file:
        file.write("0")
    load(config)
    records = Records()
    results = []
    for case in config["cases"]:
        results.append([in_child(case) for _ in range(case["times"])])
        records.drain()
    time.sleep(2)
    records.drain()
    return {"results": results, "records": records.found, "lost": records.lost}


def main():
    """Everything, in this order: the simulator must not touch the files after the policy is there."""
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file)
    for case in config["cases"]:
        make_file(case, config["contents"])
    verdicts = simulate(config)
    answer = attempt(config) | {"verdicts": verdicts, "release": os.uname().release}
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
