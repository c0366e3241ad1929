# SPDX-License-Identifier: GPL-2.0-or-later
"""How a program ended."""


class Done:
    """Exit status and what was printed; bytes that are not UTF-8 as surrogates."""

    def __init__(self, process):
        self.rc = process.returncode
        self.out = process.stdout.decode(errors="surrogateescape")
        self.err = process.stderr.decode(errors="surrogateescape")

    def __repr__(self):
        return f"exit {self.rc}\nstdout: {self.out}\nstderr: {self.err}"
