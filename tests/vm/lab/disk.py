# SPDX-License-Identifier: GPL-2.0-or-later
"""Disk images: throwaway overlays, and looking into (or tampering with) a disk at rest."""

import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from . import recipe
from .errors import LabError
from .process import Process
from .shell import sh


def overlay(backing, target):
    """A new qcow2 image that reads through to another and keeps every change to itself."""
    sh("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2",
       "-b", Path(backing).resolve(), target)
    return Path(target)


def blank(target, mib):
    """A new sparse raw disk."""
    with open(target, "wb") as file:
        file.truncate(mib << 20)
    return Path(target)


PARTS = {
    "disk": (0, recipe.SECTORS),
    "esp": (recipe.ESP_START, recipe.ESP_MIB * 2048),
    "root": (recipe.ROOT_START, recipe.ROOT_MIB * 2048),
    # Of a disk whose root is encrypted: crypt.stage.
    "volume": (recipe.ROOT_START, recipe.VOLUME_MIB * 2048),
    "boot": (recipe.BOOT_START, recipe.BOOT_MIB * 2048),
}


@contextmanager
def raw_view(image, part="disk", writable=False):
    """The whole disk inside a qcow2 image, or one partition, as a raw file, by a FUSE export."""
    mode = "" if writable else ",read-only=on"
    start, size = (n * recipe.SECTOR for n in PARTS[part])
    with tempfile.TemporaryDirectory(prefix="assay-raw.") as work:
        view = Path(work) / part
        view.touch()
        daemon = Process(
            ["qemu-storage-daemon",
             "--blockdev", f"driver=file,node-name=file,filename={image}{mode}",
             "--blockdev", f"driver=qcow2,node-name=image,file=file{mode}",
             "--blockdev", f"driver=raw,node-name=part,file=image,offset={start},size={size}{mode}",
             "--export", f"type=fuse,id=view,node-name=part,mountpoint={view}"
             f",writable={'on' if writable else 'off'}"],
            Path(work) / "log")
        try:
            for _ in range(1000):
                if view.stat().st_size or not daemon.alive():
                    break
                time.sleep(0.01)
            if not view.stat().st_size:
                raise LabError(f"qemu-storage-daemon: no view of {image}: {daemon.log_text()}")
            yield view
        finally:
            daemon.stop()


class Offline:
    """A file system of a machine that is off, through debugfs; root is its partition."""

    def __init__(self, root):
        self.root = root

    def replay(self):
        """Do what the kernel does at mount time after a power cut."""
        sh("sh", "-c", 'e2fsck -p -E journal_only "$1" || test $? -le 1', "sh", self.root)

    def debugfs(self, command, write=False):
        """One debugfs command, as it says it."""
        return sh("debugfs", *(["-w"] if write else []), "-R", command, self.root)

    def listdir(self, path):
        """Names in a directory of the root file system."""
        text = self.debugfs(f'ls -p "{path}"')
        return [line.split("/")[5] for line in text.splitlines() if line.count("/") >= 6]

    def read(self, path):
        """The bytes of a file of the root file system."""
        with tempfile.TemporaryDirectory() as work:
            out = Path(work) / "out"
            text = self.debugfs(f'dump "{path}" {out}')
            if not out.exists():
                raise LabError(f"debugfs: {path}: {text}")
            return out.read_bytes()

    def write(self, path, data):
        """Replace a file by another: a new inode, whose attributes are gone."""
        with tempfile.NamedTemporaryFile() as source:
            source.write(data)
            source.flush()
            self.debugfs(f'rm "{path}"', write=True)
            self.debugfs(f'write {source.name} "{path}"', write=True)

    def blocks(self, path):
        """The file system's 4096-byte blocks that hold a file, in the file's order."""
        return [int(word) for word in self.debugfs(f'blocks "{path}"').split() if word.isdigit()]


def esp_put(image, files):
    """Copy host files into an image's EFI system partition: a dict of path there -> file here."""
    with raw_view(image, "esp", writable=True) as view:
        for path, source in files.items():
            parts = path.split("/")
            for count in range(1, len(parts)):
                sh("sh", "-c", 'mmd -D s -i "$1" "::$2" 2>/dev/null || true', "sh", view,
                   "/".join(parts[:count]))
            sh("mcopy", "-o", "-i", view, source, f"::{path}")


@contextmanager
def offline(image, writable=False, part="root"):
    """An Offline view of an image; a read-only one has the journal replayed, in an overlay."""
    if writable:
        with raw_view(image, part, writable=True) as root:
            yield Offline(root)
        return
    work = tempfile.mkdtemp(prefix="assay-scratch.")
    try:
        with raw_view(overlay(image, f"{work}/scratch.qcow2"), part, writable=True) as root:
            disk = Offline(root)
            disk.replay()
            yield disk
    finally:
        shutil.rmtree(work, ignore_errors=True)
