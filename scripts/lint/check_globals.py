# SPDX-License-Identifier: GPL-2.0-or-later
"""The library has no mutable file-scope variables: nothing in .data, .bss, common or TLS."""

import re
import subprocess

import tree

SYMBOL = re.compile(r"^[0-9a-f]+ .{7} (\S+)\s+([0-9a-f]+) (?:\.hidden )?(\S+)$")
MUTABLE = re.compile(r"^(?:\*COM\*|\.(?:data|bss|tdata|tbss)(?!\.rel\.ro)(?:\..*)?)$")


def check(name):
    """The problems of one source file, by its object."""
    built = tree.ROOT / "build/obj" / name.replace(".c", ".o")
    if not built.exists():
        return [f"{name}:1: was not built"]
    table = subprocess.run(["objdump", "-t", built], capture_output=True, text=True,
                           check=True).stdout
    found = [SYMBOL.match(line) for line in table.splitlines()]
    return [f"{name}:1: mutable variable {m.group(3)} in {m.group(1)}"
            for m in found if m and MUTABLE.match(m.group(1)) and int(m.group(2), 16)]


tree.finish([p for name in tree.files(".c") if name.startswith("lib/") for p in check(name)])
