# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine of a kernel, python and one disk: up in seconds, for questions to the kernel itself."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from .probe import ProbeError

HERE = Path(__file__).parent
DISK_MIB = 512
DEADLINE = 2400
UUID = "0a55a7ab-1e55-4e7a-9c1f-6d7f2a0e55a3"
UNNEEDED = shutil.ignore_patterns("test", "idlelib", "tkinter", "ensurepip", "lib2to3", "config-*",
                                  "__pycache__", "dist-packages", "site-packages")


def libraries(program):
    """The shared libraries of a program, and its loader."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(/\S+)", listed)


def put(tree, source, target=None):
    """Copies a file of the host into the tree."""
    place = tree / str(target or source).lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(source).resolve(), place)
    place.chmod(0o755)


def build_tree(tree, files):
    """A root with python and the given files (name in the guest: host path or bytes)."""
    python = Path(sys.executable).resolve()
    stdlib = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(stdlib, tree / str(stdlib).lstrip("/"), ignore=UNNEEDED, symlinks=True)
    put(tree, python, "/usr/bin/python3")
    put(tree, "/bin/true")
    needed = {"/bin/true", str(python), *map(str, stdlib.glob("lib-dynload/*.so"))}
    for name, source in files.items():
        if isinstance(source, bytes):
            (tree / name.lstrip("/")).write_bytes(source)
        else:
            put(tree, source, name)
            needed |= {str(source)} if name == "/assay-policy" else set()
    for path in {library for program in needed for library in libraries(program)}:
        put(tree, path)


def make_disk(work, files):
    """An ext4 with the verity feature."""
    tree, disk = work / "tree", work / "disk"
    tree.mkdir()
    build_tree(tree, files)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-O", "verity", "-U", UUID, "-N", "32768",
                    "-d", tree, disk, f"{DISK_MIB}M"], check=True, capture_output=True, timeout=300)
    shutil.rmtree(tree)
    return disk


def make_initrd(work, modules):
    """sim_init.c and the modules that the disk needs."""
    place = work / "initrd.d"
    shutil.copytree(modules, place / "modules")
    subprocess.run(["gcc", "-std=gnu17", "-O2", "-static", "-Wall", "-Werror", "-o", place / "init",
                    HERE / "sim_init.c"], check=True, timeout=120)
    names = "\n".join(str(p.relative_to(place)) for p in sorted(place.rglob("*")))
    archive = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=place, input=names.encode(),
                             capture_output=True, check=True, timeout=60).stdout
    (work / "initrd").write_bytes(archive)
    return work / "initrd"


def ask(kernel, config, files):
    """What guest.py answers to the configuration on this kernel (kernels.kernel)."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        disk = make_disk(work, {"/guest.py": HERE / "guest.py", "/vmlinuz": kernel.image,
                                "/config.json": json.dumps(config).encode(), **files})
        command = ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg", "-cpu", "max",
                   "-m", "1024", "-nographic", "-no-reboot", "-net", "none",
                   "-drive", f"file={disk},if=virtio,format=raw", "-kernel", kernel.image,
                   "-initrd", make_initrd(work, kernel.modules), "-append",
                   "console=ttyS0 rdinit=/init loglevel=3 panic=-1 audit_backlog_limit=8192 "
                   "log_buf_len=8M"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=DEADLINE, check=False)
        console = done.stdout.decode(errors="replace")
        if "ASSAY-STATUS 0" not in console:
            raise ProbeError(f"the console: {console[-3000:]}")
        out = work / "out.json"
        subprocess.run(["debugfs", "-R", f"dump /out.json {out}", disk], check=True,
                       capture_output=True, timeout=60)
        return json.loads(out.read_text(encoding="utf-8"))
