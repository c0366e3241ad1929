# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the Debian root and its disk images; what comes from the archive, apt verifies."""

import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from . import recipe
from .cache import key_of
from .errors import LabError
from .shell import need, sh

AGENT = Path(__file__).resolve().parent / "agent" / "agent"
AGENT_CONTROL = """Package: assay-lab-agent
Version: 1
Architecture: all
Maintainer: Assay
Depends: python3
Description: command channel of the Assay lab
"""
AGENT_UNIT = """[Unit]
Description=Command channel of the Assay lab
DefaultDependencies=no
After=systemd-udevd.service systemd-remount-fs.service
Conflicts=shutdown.target
Before=shutdown.target

[Service]
ExecStart=/usr/lib/assay-lab/agent
Restart=always
RestartSec=1
OOMScoreAdjust=-900
TimeoutStopSec=2

[Install]
WantedBy=sysinit.target
"""

TREE = "tree.tar.zst"
TAR = ["--xattrs", "--xattrs-include=*", "--numeric-owner", "--sparse"]
INSTALL = r"""
root=$1
shift
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
# mmdebstrap copies these two with the modes that they have on this host.
chmod 644 "$root/etc/hostname" "$root/etc/resolv.conf"
export DEBIAN_FRONTEND=noninteractive
for kernel; do
	chroot "$root" sh -ec 'apt-get -y purge $(dpkg-query -W -f "\${Package} " "linux-image-$1.*")' \
		sh "$kernel"
done
if [ -n "$(ls "$root/var/tmp/debs")" ]; then
	chroot "$root" sh -c 'apt-get -y --no-install-recommends install /var/tmp/debs/*.deb'
fi
"""


def root_key():
    """The hash of everything that makes the root."""
    sources = {"agent": AGENT.read_text(encoding="utf-8"), "assay-lab-agent.service": AGENT_UNIT}
    return key_of(recipe.everything(), AGENT_CONTROL, sources)


def sources():
    """(URI, codename) of each of the archives that this host itself uses."""
    text = sh("apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME)",
              "Created-By: Packages")
    return [line.split() for line in text.splitlines() if len(line.split()) == 2]


def archive():
    """The URI of the Debian archive: ASSAY_MIRROR, else the one that this host itself uses."""
    archives = [uri for uri, name in sources() if re.fullmatch(r"bookworm|trixie|sid", name)]
    if not archives:
        raise LabError("apt has no Debian archive configured, or `apt-get update` never ran")
    return os.environ.get("ASSAY_MIRROR") or archives[0]


def mirrors():
    """apt sources for the lab's release."""
    security = [uri for uri, name in sources() if name.endswith("-security")]
    main = archive()
    names = [(main, recipe.RELEASE), (main, f"{recipe.RELEASE}-updates"), (main, recipe.BACKPORTS)]
    if security:
        names.append((security[0], f"{recipe.RELEASE}-security"))
    return [f"deb {uri} {name} main" for uri, name in names]


def build_agent_deb(target):
    """The agent as a package, so that it is signed and appraised as any other program."""
    with tempfile.TemporaryDirectory() as work:
        tree = Path(work)
        program, unit = "usr/lib/assay-lab/agent", "usr/lib/systemd/system/assay-lab-agent.service"
        for place, data in ((program, AGENT.read_bytes()), (unit, AGENT_UNIT.encode())):
            (tree / place).parent.mkdir(parents=True, exist_ok=True)
            (tree / place).write_bytes(data)
        os.chmod(tree / program, 0o755)
        wants = tree / "usr/lib/systemd/system/sysinit.target.wants"
        wants.mkdir()
        os.symlink("../assay-lab-agent.service", wants / "assay-lab-agent.service")
        (tree / "DEBIAN").mkdir()
        (tree / "DEBIAN/control").write_text(AGENT_CONTROL, encoding="ascii")
        sums = sh("md5sum", program, unit, cwd=tree)
        (tree / "DEBIAN/md5sums").write_text(sums, encoding="ascii")
        sh("dpkg-deb", "--root-owner-group", "--build", tree, target)


def build_root(work):
    """Fill a directory with the tree of a fresh Debian, packed."""
    if os.geteuid() != 0:
        raise LabError("making the Debian root needs root (mmdebstrap --mode=root)")
    need("mmdebstrap", "mke2fs", "sfdisk", "qemu-img", "mkfs.vfat", "dpkg-deb")
    build_agent_deb(work / "assay-lab-agent.deb")
    finish = work / "finish"
    finish.write_text('R="$1"\n' + recipe.FINISH.replace("@UUID@", recipe.ROOT_UUID),
                      encoding="utf-8")
    with scratch_tree() as tree:
        packages = recipe.SYSTEM + recipe.TOOLS + recipe.RUNTIME
        sh("mmdebstrap", "--mode=root", "--variant=important", "--format=directory",
           f"--include={','.join(packages)}",
           f"--customize-hook=upload {work}/assay-lab-agent.deb /tmp/assay-lab-agent.deb",
           f"--customize-hook=sh {finish} \"$1\"",
           recipe.RELEASE, tree, *mirrors(), timeout=3600)
        shutil.copyfile(tree / "root/packages", work / "packages")
        sh("tar", "-C", tree, *TAR, "-I", "zstd -q -1 -T0", "-cf", work / TREE, ".")


def build_installed(source, target, *, profile, kernel, debs):
    """A disk image of a Debian with one kernel (None: all) and packages its own apt installed.

    In a chroot: making an initramfs is what an emulated machine is slowest at."""
    with scratch_tree() as tree:
        sh("tar", "-C", tree, *TAR, "-I", "zstd -q", "-xf", source / TREE)
        (tree / "var/tmp/debs").mkdir()
        for deb in debs:
            shutil.copy(deb, tree / "var/tmp/debs")
        others = [other for other in recipe.KERNELS if kernel and other != kernel]
        sh("unshare", "--mount", "--fork", "sh", "-euc", INSTALL, "sh", tree, *others)
        build_disk(tree, recipe.FEATURES[profile], target)


@contextmanager
def scratch_tree():
    """A directory for a root file system, removed afterwards."""
    tree = Path(tempfile.mkdtemp(prefix="assay-root."))
    try:
        os.chmod(tree, 0o755)
        yield tree
    finally:
        shutil.rmtree(tree, ignore_errors=True)


def build_disk(tree, features, target):
    """A partitioned disk image whose second partition holds the tree, xattrs included."""
    raw = target.with_suffix(".raw")
    with open(raw, "wb") as file:
        file.truncate(recipe.SECTORS * recipe.SECTOR)
    layout = target.with_suffix(".layout")
    layout.write_text(recipe.LAYOUT, encoding="ascii")
    with open(layout, "rb") as stdin:
        sh("sfdisk", "--quiet", raw, stdin=stdin)
    sh("mkfs.vfat", "-F", "32", "-n", "ESP", f"--offset={recipe.ESP_START}", raw,
       recipe.ESP_MIB * 1024)
    sh("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-O", features, "-U", recipe.ROOT_UUID,
       "-E", f"offset={recipe.ROOT_START * recipe.SECTOR}", "-d", tree, raw, f"{recipe.ROOT_MIB}M")
    sh("qemu-img", "convert", "-f", "raw", "-O", "qcow2", raw, target)
    raw.unlink()
    layout.unlink()
