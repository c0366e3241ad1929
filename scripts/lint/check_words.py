# SPDX-License-Identifier: GPL-2.0-or-later
"""What a grep can check: forbidden words and calls, licence lines, goto, // comments."""

import re

import tree

FORBIDDEN = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
LOUD = re.compile(r"(?<!format\()\b(?:printf|puts|putchar|perror|vprintf|exit|_exit|abort|stderr|stdout|main)\b"
                  r"(?!\.h)")
SPDX = "SPDX-License-Identifier: GPL-2.0-or-later"
BARE_NAMES = ("COPYING", "VERSION", ".gitignore", "debian/changelog", "debian/copyright")
DATA = ("tests/fuzz/corpus/", "tests/data/", "tests/unit/data/", "debian/source/")
TEXT = (".md", ".1", ".5", ".8", ".ini", ".clang-format", ".json", ".golden")


def needs_licence(name):
    """Whether the file can and must carry a licence line."""
    return not (name in BARE_NAMES or name.startswith(DATA + ("debian/", "docs/")) or name.endswith(TEXT)
                or "/data/" in name)


def check_c(name, source):
    """The problems of a C file."""
    for number, line in enumerate(tree.bare(source).splitlines(), 1):
        where = f"{name}:{number}"
        if re.search(r"\bgoto\b", line):
            yield f"{where}: goto"
        if "//" in line:
            yield f"{where}: // comment"
        if name.startswith("lib/") and LOUD.search(line):
            yield f"{where}: lib/ is silent: {LOUD.search(line).group()}"


def check(name):
    """The problems of one file."""
    if name.startswith(DATA):
        return
    source = tree.text(name)
    head = source.splitlines()[:2]
    if needs_licence(name) and not any(SPDX in line for line in head):
        yield f"{name}:1: no licence line"
    for number, line in enumerate(source.splitlines(), 1):
        if FORBIDDEN.search(line):
            yield f"{name}:{number}: {FORBIDDEN.search(line).group()}"
    if name.endswith((".c", ".h")):
        if len(head) < 2 or not head[1].startswith("/* "):
            yield f"{name}:2: no sentence that says what the file is"
        yield from check_c(name, source)


tree.finish([p for name in tree.files() for p in check(name)])
