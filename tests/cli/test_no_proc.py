# SPDX-License-Identifier: GPL-2.0-or-later
"""A chroot without /proc: what needs it says so, and what to do."""

import os

import pytest

from frame.chroot import Chroot
from frame.operator import CONFIG, SCRIPT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="chroot takes root")

KEYS = ["--key", "/opt/key", "--cert", "/opt/cert"]


@pytest.fixture
def inside(tmp_path, run, plain_bin_dir):
    """Runs programs in a root in which nobody mounted /proc; sanitizers would need it."""
    top = tmp_path / "root"
    for directory in ("etc/assay", "boot", "proc", "sys", "tmp", "opt", "var/lib/assay", "var/lib/dpkg/info"):
        (top / directory).mkdir(parents=True)
    (top / "var/lib/dpkg/status").touch()
    (top / "etc/assay/assay.conf").write_text(CONFIG)
    (top / "opt/tool").write_bytes(SCRIPT)
    (top / "opt/tool").chmod(0o755)
    assert run("assay", "keygen", "--no-passphrase", "--key", top / "opt/key", "--cert", top / "opt/cert").rc == 0
    return Chroot(top, plain_bin_dir.parent, without=("proc",))


@pytest.mark.parametrize("words", [
    ["check"], ["enable"], ["enable", "--log"], ["status"], ["events"], ["explain", "/opt/tool"],
    ["keygen", "--no-passphrase", "--key", "/opt/new", "--cert", "/opt/new.der"],
    ["sign", *KEYS, "opt/tool"], ["verify", "--cert", "/opt/cert", "opt/tool"],
    ["verify", "--cert", "/opt/cert", "--root", "/opt", "tool"], ["transaction", "begin"], ["transaction", "end"]])
def test_one_line_says_that_it_is_not_mounted(inside, words):
    """Nothing else, and nothing is done."""
    done = inside.run("assay", *words)
    assert done.rc == 2 and not done.out and done.err.count("\n") == 1, done
    assert done.err.endswith("/proc is not mounted here; 'mount -t proc proc /proc' first\n"), done
    assert sorted(os.listdir(inside.root / "opt")) == ["cert", "key", "tool"]
    assert not os.listxattr(inside.root / "opt/tool") and not (inside.root / "var/lib/assay/boot").exists()


def test_programs_that_are_found_by_proc(inside):
    """The others lie beside assay, which is known from /proc."""
    del inside.env["ASSAY_EXEC_PATH"]
    for command in ("keygen", "sign", "repair"):
        done = inside.run("assay", command)
        assert (done.rc, done.err) == (2, f"assay: {command}: /proc is not mounted here; "
                                       "'mount -t proc proc /proc' first\n"), done


def test_what_needs_none_goes_on(inside):
    """Absolute names are signed; a host that does not boot is disabled."""
    assert inside.run("assay", "sign", *KEYS, "--no-evm", "/opt/tool").rc == 0
    assert inside.run("assay", "verify", "--cert", "/opt/cert", "/opt/tool").rc == 0
    assert inside.run("assay", "disable", "--no-initramfs").rc == 0
