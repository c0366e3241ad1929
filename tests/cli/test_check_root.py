# SPDX-License-Identifier: GPL-2.0-or-later
"""`assay check` and the initramfs refuse the same of the root file system: the one before, the other at boot."""

import os
import subprocess

import pytest

from cli.test_hook import READ_FSTAB
from frame.operator import findings

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")

ACCEPTED = [
    "", "#/dev/x'y /usr ext4 ro 0 0", "/dev/vda2 /usr/local fuse.x bind 0 0",
    "UUID=6d7f2a0e-55a3 /usr ext4 defaults,errors=remount-ro 0 2", "/dev/mapper/vg-usr\t/usr  xfs rw",
    "PARTLABEL=usr /usr btrfs subvol=@usr,ro", "/dev/vda2 /usr ext4 ro\nnone /usr none bind",
    "/dev/vda2 /usr ext4 ro,binding,remountx,loops 0 0 # a word more",
]
REFUSED = [
    "/root/evil /usr none bind 0 0", "none /usr tmpfs rw 0 0", "/dev/../root/evil /usr ext4 ro 0 0",
    "/dev/mapper/x';sh;' /usr ext4 ro 0 0", "/dev/vda2 /usr", "/dev/vda2 /usr ext4", "/dev/vda2 /usr Ext4 ro",
    "/dev/vda2 /usr nfs4 ro", "host:/usr /usr nfs ro", "/dev/vda2 /usr fuseblk ro", "/dev/vda2 /usr ntfs3 ro",
    "/dev/vda2 /usr ext4 -o,ro", "/dev/vda2 /usr ext4 ro,Bind", "/dev/vda2 /usr ext4 rbind",
    "/dev/vda2 /usr ext4 move,ro",
    "/dev/vda2 /usr ext4 ro,remount,exec", "/dev/vda2 /usr ext4 loop", "/dev/vda2 /usr ext4 ro,LOOP=/dev/loop0",
    "/dev/vda2 /usr ext4 x=..", "/dev/vda2 /usr ext4 ro;sh", "/dev/vda2 /usr ext4 ro 0 2x",
    "LABEL=$(sh) /usr ext4 ro 0 0",
    "# first\n\nnone /usr none bind\n/dev/vda2 /usr ext4 ro",
]


def shell_refuses(root_dir, root):
    """Whether the initramfs' functions refuse this root."""
    judge = (root_dir / "initramfs/initramfs-tools/assay-root").read_text().replace("/usr/bin/assay-guard", "refused")
    text = READ_FSTAB.replace("read_fstab_entry()", "assay_read_fstab_entry()") + judge
    done = subprocess.run(["sh", "-c", f"refused() {{ exit 7; }}\n{text}\nread_fstab_entry /usr"], check=False,
                          env=os.environ | {"rootmnt": str(root)}, stdin=subprocess.DEVNULL)
    assert done.returncode in (0, 1, 7), done
    return done.returncode == 7


@pytest.mark.parametrize("line", ACCEPTED + REFUSED)
def test_the_line_for_usr(assay, signed, root_dir, line):
    """fstab's first line for /usr, by both."""
    (signed / "etc/fstab").write_text(f"UUID=1-2 / ext4 ro 0 1\n{line}\n")
    found = "root.fstab" in findings(assay("check", "--json"), "reason")
    assert found == (line in REFUSED) == shell_refuses(root_dir, signed.path)


@pytest.mark.parametrize("name", ["dev", "proc", "run", "sys"])
def test_a_directory_that_is_none(assay, signed, root_dir, name):
    """A link in the place of a directory that the initramfs mounts or moves something to."""
    (signed / name).rename(signed / "moved")
    (signed / name).symlink_to("moved")
    assert f"/{name} is not a directory" in findings(assay("check", "--json"), "reason")["root.directory"]
    assert shell_refuses(root_dir, signed.path)
    assert assay("enable").rc == 1
    assert "root.directory" in findings(assay("enable", "--log", "--json"), "advice")
