# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts whose file systems have different profiles."""

import json
import os

import pytest

from frame.chroot import Chroot

UUID = "0f0e0d0c-0b0a-4908-8706-050403020100"


@pytest.fixture
def mixed(tmp_path, mounts, build_dir):
    """A root without fs-verity with a file system at /opt that has it, known by its UUID."""
    if not os.path.exists("/sys/fs/ext4/features/verity"):
        pytest.skip("this kernel has no fs-verity")
    opt = mounts.ext4("16M", "-b", "4096", "-O", "verity", "-U", UUID)
    root = tmp_path / "root"
    for directory in ("opt", "etc/assay", "dev", "boot"):
        (root / directory).mkdir(parents=True)
    device = os.stat(opt).st_dev
    node = f"{root}/dev/disk/by-uuid/{UUID}"
    extra = [f"mount --bind '{opt}' '{root}/opt'", f"mount -t tmpfs tmpfs '{root}/dev'",
             f"mkdir -p '{root}/dev/disk/by-uuid'",
             f"mknod '{node}' b {os.major(device)} {os.minor(device)}",
             *(f"mknod -m 666 '{root}/dev/{name}' c 1 {minor}"
               for name, minor in (("null", 3), ("urandom", 9)))]
    (root / "etc/assay/assay.conf").write_text("[enforcement]\nprofile = auto\nevm = off\n")
    (root / "boot/vmlinuz-6.12.1-amd64").touch()
    (opt / "tool").write_bytes(b"#!/none\n")
    (opt / "tool").chmod(0o755)
    return Chroot(root, build_dir, extra)


def test_explain_knows_the_file_system_of_another_profile(mixed):
    """The policy is the one that enable would make, with a rule for that file system."""
    done = mixed.run("assay", "explain", "--json", "/opt/tool")
    assert done.rc == 1, done
    verdict = json.loads(done.out)["files"][0]["verdicts"][0]
    assert f"fsuuid={UUID}" in verdict["rule_text"] and "verity" in verdict["cause"], verdict
