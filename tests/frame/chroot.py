# SPDX-License-Identifier: GPL-2.0-or-later
"""A root that a program takes for the machine's own: its /usr is lent, the rest is the test's."""

import os
import subprocess
import tempfile

import pytest

from frame.done import Done

LENT = ("usr/bin", "usr/lib", "usr/lib64", "usr/lib32", "usr/libx32", "dev", "proc")


class Chroot:
    """Runs commands with the root as /, in a mount namespace that ends with each.

    extra are lines of shell that are run in the namespace before; without are names that are not lent.
    """

    def __init__(self, root, build, extra=(), without=()):
        if os.geteuid() != 0:
            pytest.skip("a mount namespace takes root")
        self.root = root
        lent = [name for name in LENT if os.path.isdir("/" + name) and name not in without]
        # By one program: a test runs a hundred commands, and each begins with this.
        table = ""
        for name in [*lent, str(build).lstrip("/")]:
            (root / name).mkdir(parents=True, exist_ok=True)
            table += f"/{name} {root}/{name} none rbind 0 0\n"
        with tempfile.NamedTemporaryFile("w", dir=root.parent, suffix=".fstab", delete=False) as file:
            file.write(table)
        lines = ["set -e", f"mount --all --fstab '{file.name}'"]
        for name in ("bin", "lib", "lib32", "lib64", "libx32"):
            if os.path.islink("/" + name) and not (root / name).is_symlink():
                (root / name).symlink_to(f"usr/{name}")
        self.script = "\n".join([*lines, *extra, f"exec chroot '{root}' \"$@\""])
        self.program = build / "bin"
        self.env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ASSAY_EXEC_PATH": str(build / "bin"),
                    **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}}
        if self.run("/usr/bin/true", where="").rc != 0:
            pytest.skip("no mount namespace here")

    def words(self, name, *args, where=None):
        """What starts the program inside."""
        program = os.path.join(self.program if where is None else where, name)
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", self.script, "sh",
                program, *args]

    def run(self, name, *args, where=None):
        """A program of the build, inside."""
        return Done(subprocess.run(self.words(name, *args, where=where), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                                   env=self.env, check=False))
