# SPDX-License-Identifier: GPL-2.0-or-later
"""Every header compiles alone."""

import concurrent.futures
import os
import subprocess

import tree

FLAGS = ["-std=c17", "-D_GNU_SOURCE", "-Ilib", "-I.", "-Itests", "-Wall", "-Wextra", "-Werror",
         "-fsyntax-only", "-x", "c", "-"]


def check(name):
    """The compiler's first complaint."""
    include = name.removeprefix("lib/").removeprefix("tests/")
    done = subprocess.run(["gcc", *FLAGS], input=f'#include "{include}"\n', cwd=tree.ROOT,
                          capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"{name}:1: does not compile alone: "
                                            f"{done.stderr.splitlines()[0]}"]


with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    tree.finish([p for found in pool.map(check, tree.files(".h")) for p in found])
