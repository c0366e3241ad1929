# SPDX-License-Identifier: GPL-2.0-or-later
"""C files are as clang-format would have them; scripts and tests are Python that compiles."""

import subprocess

import tree

problems = []
c_files = tree.files(".c", ".h")
if c_files:
    done = subprocess.run(["clang-format", "--dry-run", *c_files], cwd=tree.ROOT,
                          capture_output=True, text=True, check=False)
    seen = {line.split(": ")[0].split(":")[0] for line in done.stderr.splitlines()
            if "[-Wclang-format-violations]" in line}
    problems += [f"{name}:1: not as clang-format has it (clang-format -i {name})"
                 for name in sorted(seen)]
for name in tree.files(".py"):
    try:
        compile(tree.text(name), name, "exec")
    except SyntaxError as err:
        problems.append(f"{name}:{err.lineno}: {err.msg}")
tree.finish(problems)
