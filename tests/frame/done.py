# SPDX-License-Identifier: GPL-2.0-or-later
"""How a program ended."""

import re

# A program that gave up its privileges can't write gcov's counts, and is told so for each file.
GCOV = re.compile(rb"^profiling:.*\n?", re.M)


class Done:
    """Exit status and what was printed; bytes that are not UTF-8 as surrogates."""

    def __init__(self, process):
        self.rc = process.returncode
        self.out = process.stdout.decode(errors="surrogateescape")
        self.err = GCOV.sub(b"", process.stderr).decode(errors="surrogateescape")

    def __repr__(self):
        return f"exit {self.rc}\nstdout: {self.out}\nstderr: {self.err}"
