# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever call fails under disable, or wherever it is killed: whole, or carried through by the next."""

import shutil
import subprocess

import pytest

CONFIG = "[enforcement]\nmode = log\nprofile = signature\nevm = off\n"


class Enabled:
    """A host that is enabled, made anew for each fault."""

    def __init__(self, tmp, programs):
        self.program = programs / "assay"
        self.root = tmp / "root"
        self.bundle = self.root / "var/lib/assay/boot"
        self.config = self.root / "etc/assay/assay.conf"
        self.command = [self.program, "disable", "--root", self.root]

    def setup(self):
        """Bundle and configuration say that the next boot enforces."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.bundle.mkdir(parents=True)
        (self.bundle / "record").write_text("assay-record 1\n")
        self.config.parent.mkdir(parents=True)
        self.config.write_text(CONFIG)

    def remains(self):
        """The bundle's directories that are there."""
        return sorted(p.name for p in self.bundle.parent.glob("boot*"))

    def is_whole(self):
        """As it was before."""
        return self.remains() == ["boot"] and self.config.read_text() == CONFIG

    def again(self):
        """The next disable carries it through."""
        done = subprocess.run(self.command, capture_output=True, check=False)
        assert done.returncode == 0, done
        assert self.remains() == [] and "mode = off" in self.config.read_text()


@pytest.fixture
def enabled(tmp_path, faults):
    """An enabled host."""
    return Enabled(tmp_path, faults.build / "bin")


@pytest.mark.parametrize("call", ["malloc", "open", "read", "write", "fsync", "rename", "mkdir"])
def test_disable_is_whole_or_done(faults, enabled, call):
    """Exit 2 means that nothing was changed; exit 0 that it is off."""
    def check(done):
        if done.rc == 2:
            assert enabled.is_whole(), done
        else:
            assert "boot" not in enabled.remains() and "mode = off" in enabled.config.read_text()
        enabled.again()
    faults.every(call, enabled.command, enabled.setup, check, most=40)


@pytest.mark.parametrize("call", ["open", "write", "fsync", "rename"])
def test_a_killed_disable_is_carried_through(faults, enabled, call):
    """A kill is what a power cut leaves."""
    faults.every(call, enabled.command, enabled.setup, lambda done: enabled.again(), do="kill",
                 most=40)
