# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels of every version that Debian's archive has, fetched by apt and kept."""

import lzma
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vm.lab.cache import Cache, key_of
from vm.lab.root import mirrors

SUITES = ["bookworm", "bookworm-backports", "trixie", "trixie-backports", "sid"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
WANTED = {"virtio", "virtio_ring", "virtio_pci", "virtio_pci_modern_dev", "virtio_pci_legacy_dev",
          "virtio_blk", "sha512_generic"}
NAME = re.compile(r"^linux-(?:image|binary)-(\d+\.\d+)\.\d+\S*-cloud-amd64$")
GENERIC = re.compile(r"linux-image-\d+\.\d+\.\d+(-\d+|\+deb12)-amd64")


class Archive:
    """apt with lists of its own, so that the host's are left alone."""

    def __init__(self, work):
        self.work = Path(work)
        main = mirrors()[0].split()[1]
        security = [line for line in mirrors() if "-security" in line]
        lines = [f"deb [signed-by={KEYRING}] {main} {suite} main" for suite in SUITES]
        lines += [line.replace("deb ", f"deb [signed-by={KEYRING}] ", 1) for line in security]
        (self.work / "sources.list").write_text("\n".join(lines) + "\n", encoding="ascii")
        for name in ["lists/partial", "cache/archives/partial"]:
            (self.work / name).mkdir(parents=True)
        self.options = ["-o", f"Dir::State::lists={work}/lists",
                        "-o", f"Dir::Etc::sourcelist={work}/sources.list",
                        "-o", "Dir::Etc::sourceparts=/dev/null",
                        "-o", "Dir::Etc::preferencesparts=/dev/null",
                        "-o", f"Dir::Cache={work}/cache", "-o", "APT::Sandbox::User=root"]
        self.run("apt-get", "update", "-qq")

    def run(self, tool, *args):
        """One apt command; its output."""
        done = subprocess.run([tool, *self.options, *args], cwd=self.work, capture_output=True,
                              text=True, timeout=900, check=True)
        return done.stdout

    def download(self, package):
        """The path of a package's file."""
        self.run("apt-get", "download", "-qq", package)
        return next(self.work.glob(f"{package}_*.deb"))

    def generic(self, version):
        """The package with the newest kernel of a version that is for any machine, as bookworm has it."""
        names = self.run("apt-cache", "pkgnames", f"linux-image-{version}.").split()
        return max((n for n in names if GENERIC.fullmatch(n)), key=sort_key)

    def newest(self, version):
        """The package with the newest kernel image of a version such as 6.12; None: none is there."""
        names = self.run("apt-cache", "pkgnames", "linux-").split()
        found = [n for n in names if (m := NAME.match(n)) and m[1] == version]
        # From 6.19 on, linux-image is empty and linux-binary holds the kernel.
        binary = [n for n in found if n.startswith("linux-binary-")]
        return max(binary or found, key=sort_key, default=None)

    def unpacked(self, package):
        """The kernel's package and, where they are apart, its modules' package, in one tree; the archive may
        have taken the latter away already."""
        modules = package.replace("linux-binary-", "linux-modules-", 1)
        names = {package, modules} & set(self.run("apt-cache", "pkgnames", "linux-").split())
        tree = self.work / "tree"
        for name in names:
            subprocess.run(["dpkg-deb", "-x", self.download(name), tree], check=True, timeout=300)
        return tree


def sort_key(name):
    """The numbers of a package's name, for comparing."""
    return [int(n) for n in re.findall(r"\d+", name)]


@dataclass(frozen=True)
class Kernel:
    """A kernel image, and the modules for a virtio disk and SHA-512 where they are not built in."""

    image: Path
    modules: Path

    def has_disk(self):
        """Whether the modules are there, without which it sees no disk."""
        return any(self.modules.iterdir())


def keep(tree, place):
    """The parts of an unpacked kernel that are wanted."""
    image = next(p for p in tree.rglob("vmlinuz*") if p.is_file())
    shutil.copyfile(image, place / "vmlinuz")
    (place / "modules").mkdir()
    for path in tree.rglob("*.ko*"):
        name = path.name.split(".ko")[0]
        if name in WANTED:
            data = path.read_bytes()
            data = lzma.decompress(data) if path.suffix == ".xz" else data
            (place / "modules" / f"{name}.ko").write_bytes(data)


def kernel(version):
    """The Kernel of this version such as "6.12", None: the archive has none."""
    def fetch(place):
        with tempfile.TemporaryDirectory() as work:
            archive = Archive(work)
            package = archive.newest(version)
            (place / "package").write_text(package or "", encoding="ascii")
            if package:
                keep(archive.unpacked(package), place)

    place = Cache().get("kernel", key_of("cloud", 2, sorted(WANTED), version), fetch)
    return Kernel(place / "vmlinuz", place / "modules") if (place / "vmlinuz").exists() else None


def generic(version):
    """(release, package's file) of Debian's kernel for any machine of this version, with all its modules."""
    def fetch(place):
        with tempfile.TemporaryDirectory() as work:
            archive = Archive(work)
            package = archive.generic(version)
            shutil.copyfile(archive.download(package), place / f"{package}.deb")

    place = Cache().get("generic", key_of("generic", 1, version), fetch)
    deb = next(place.glob("*.deb"))
    return deb.stem.removeprefix("linux-image-"), deb
