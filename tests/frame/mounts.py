# SPDX-License-Identifier: GPL-2.0-or-later
"""Small file systems with something missing, for tests that run as root."""

import os
import subprocess

import pytest


class Mounts:
    """Mounts made by one test; undone by close()."""

    def __init__(self, tmp):
        self.tmp = tmp
        self.points = []

    def mount(self, *words):
        """A new mount point with what the words say; skips where mounting is not allowed."""
        if os.geteuid() != 0:
            pytest.skip("mounting takes root")
        point = self.tmp / f"mnt{len(self.points)}"
        point.mkdir()
        done = subprocess.run(["mount", *map(str, words), point], capture_output=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"no mount of this kind here: {done.stderr.decode().strip()}")
        self.points.append(point)
        return point

    def ext4(self, size="8M", *options):
        """An ext4 image of that size, mounted."""
        image = self.tmp / f"image{len(self.points)}"
        subprocess.run(["mke2fs", "-q", "-t", "ext4", *options, image, size], check=True)
        return self.mount("-o", "loop", image)

    def remount(self, point, options):
        """Changes the options of a mount."""
        subprocess.run(["mount", "-o", f"remount,{options}", point], check=True)

    def fill(self, point):
        """Uses every block up."""
        with open(point / "filler", "wb") as to:
            try:
                while True:
                    to.write(b"\0" * 4096)
                    to.flush()
            except OSError:
                pass

    def close(self):
        """Unmounts, last first."""
        for point in reversed(self.points):
            subprocess.run(["umount", "-l", point], check=False)
