# SPDX-License-Identifier: GPL-2.0-or-later
"""Small packages for pacman, signed or not, and a host that installs them with pacman and Assay's hooks."""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from frame import openpgp
from frame.chroot import Chroot
from frame.record import record_text

SOURCE = Path(__file__).resolve().parents[2] / "debian"
HOOKS = "usr/share/libalpm/hooks"
CONFIG = """[options]
Architecture = x86_64
SigLevel = Never
LocalFileSigLevel = Never
RemoteFileSigLevel = Never
[test]
Server = file:///repo
"""
# What is marked are file systems of the host's own: the executions of all others, on the machine that tests, are
# left alone.
PRELOADED = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/vfs.h>

int fanotify_mark(int fd, unsigned int flags, uint64_t mask, int dir, const char *path)
{
	int (*real)(int, unsigned int, uint64_t, int, const char *) = dlsym(RTLD_NEXT, "fanotify_mark");
	struct statfs fs;

	if (path && (strcmp(path, "/") != 0 || statfs(path, &fs) < 0 || fs.f_type != MAGIC)) {
		errno = ENODEV;
		return -1;
	}
	return real(fd, flags, mask, dir, path);
}
"""

# Every file has fs-verity, which each refuses three times as if it were still written to.
VERITY = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <linux/fsverity.h>

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
	static int asked[4096];
	struct stat st;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request == FS_IOC_MEASURE_VERITY) {
		errno = ENODATA;
		return -1;
	}
	if (request != FS_IOC_ENABLE_VERITY)
		return real(fd, request, arg);
	fstat(fd, &st);
	errno = ETXTBSY;
	return ++asked[st.st_ino % 4096] > 3 ? 0 : -1;
}
"""


class Vendor(openpgp.Vendor):
    """Whose packages pacman installs."""

    def __init__(self, top, name="vendor"):
        super().__init__(top, name)
        self.keyring = self.top / "keyring.gpg"
        self.keyring.write_bytes(self.gpg("--export", self.user))

    def build(self, name, files, *, version="1-1", install="", sign=True):
        """A package as makepkg makes it: files is path -> (content, mode) or (content, mode, owner)."""
        path = self.top / f"{name}-{version}-x86_64.pkg.tar.zst"
        info = (f"pkgname = {name}\npkgbase = {name}\npkgver = {version}\npkgdesc = test\nurl = none\n"
                f"builddate = 1700000000\npackager = {self.user}\nsize = 1\narch = x86_64\nlicense = none\n")
        members = {".PKGINFO": (info.encode(), 0o644)}
        if install:
            members[".INSTALL"] = (install.encode(), 0o644)
        members.update({k.lstrip("/"): v for k, v in files.items()})
        members = {".MTREE": (mtree(members), 0o644), **members}
        write(path, members)
        if sign:
            self.sign(path)
        return path

    def sign(self, path):
        """Beside it, as makepkg does."""
        self.gpg("--detach-sign", "--output", f"{path}.sig", path)


def mtree(members):
    """What pacman -Qkk compares with."""
    lines = ["#mtree", "/set type=file uid=0 gid=0 mode=644"]
    lines += [f"./{path} type=dir mode=755" for path in sorted({p for name in members for p in Path(name).parents[:-1]})]
    lines += [f"./{name} mode={m[1]:o} size={len(m[0])} sha256digest={hashlib.sha256(m[0]).hexdigest()}"
              for name, m in members.items()]
    return gzip.compress("\n".join([*lines, ""]).encode())


def write(path, members):
    """A tar of them, compressed with zstd."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        made = set()
        for name, (content, mode, *owner) in members.items():
            for parent in reversed(Path(name).parents[:-1]):
                if parent not in made:
                    tar.addfile(directory(f"{parent}"))
                    made.add(parent)
            info = tarfile.TarInfo(name)
            info.mode, info.size = mode, len(content)
            info.uid, info.gid = owner or (0, 0)
            tar.addfile(info, io.BytesIO(content))
    path.write_bytes(subprocess.run(["zstd", "-q", "-c"], input=out.getvalue(), stdout=subprocess.PIPE, check=True).stdout)


def directory(name):
    """One of mode 0755."""
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    return info


class PacmanHost:
    """A root on a tmpfs that pacman, started in it, takes for the machine's own."""

    def __init__(self, point, build):
        self.path = point
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64M", "assay-test", point], check=True)
        for name in ("etc/assay/keys", "etc/assay/certs", "run/assay/transaction", "var/lib/assay/trust", "var/lib/assay/boot",
                     "var/lib/pacman", "var/cache/pacman/pkg", "var/log", "var/tmp", "tmp", "packages", "repo", HOOKS,
                     "etc/pacman.d"):
            (point / name).mkdir(parents=True)
        (point / "etc/pacman.conf").write_text(CONFIG)
        self.preload("preloaded", PRELOADED.replace("MAGIC", "0x01021994 /* TMPFS_MAGIC */"))
        self.inside = Chroot(point, build, without=("usr/share",))
        self.put_hooks(build)

    def __truediv__(self, name):
        return self.path / name.lstrip("/")

    def preload(self, name, text):
        """A library to be loaded before libc."""
        source = self / f"tmp/{name}.c"
        source.write_text(text)
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", self / f"tmp/{name}.so", source, "-ldl"], check=True)

    def play_verity(self):
        """The file system seems to have fs-verity from now on."""
        self.preload("verity", VERITY)
        path = self / "tmp/transaction"
        path.write_text(path.read_text().replace("/tmp/preloaded.so", "/tmp/preloaded.so:/tmp/verity.so"))

    def put_hooks(self, build):
        """As the package has them, for programs of the build."""
        script = (SOURCE / "dpkg/assay-dpkg").read_text().replace(
            "/usr/lib/assay/assay-transaction", str(self / "tmp/transaction")[len(str(self.path)):])
        for path, text in (("tmp/assay-dpkg", script), ("tmp/transaction", "#!/bin/sh\n"
                           f"LD_PRELOAD=/tmp/preloaded.so exec {build}/bin/assay-transaction \"$@\"\n")):
            (self / path).write_text(text)
            (self / path).chmod(0o755)
        for path in (SOURCE / "pacman").iterdir():
            (self / f"{HOOKS}/{path.name}").write_text(path.read_text().replace("/usr/lib/assay/assay-dpkg", "/tmp/assay-dpkg"))

    def close(self):
        """Nothing of it stays."""
        subprocess.run(["umount", "-l", self.path], check=False)

    def configure(self, *, profile="signature", evm="off", mode="off", keyrings="", more=""):
        """/etc/assay/assay.conf; the next boot enforces as it says."""
        (self / "etc/assay/assay.conf").write_text(f"[enforcement]\nmode = {mode}\nprofile = {profile}\nevm = {evm}\n"
                                                   f"[packages]\nkeyrings = {keyrings}\n{more}")
        (self / "var/lib/assay/boot/record").write_text(record_text("sha256:" + "0" * 64, profile=profile, evm=evm))

    def trust_file(self, kind, path, name):
        """A line of the record, and what it names in its place."""
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        shutil.copy(path, self / f"var/lib/assay/trust/{digest}")
        return f"{kind} sha256:{digest} {name}\n"

    def enforce(self, *, profile="signature", evm="off", certs=(), keyrings=()):
        """As if this boot had been begun with a record."""
        text = record_text("sha256:" + "0" * 64, profile=profile, evm=evm)
        text += "".join(self.trust_file("cert", cert, f"{n}.der") for n, cert in enumerate(certs))
        text += "".join(self.trust_file("keyring", keyring, f"{n}.gpg") for n, keyring in enumerate(keyrings))
        (self / "run/assay/record").write_text(text)
        (self / "run/assay/boot").write_text("state enforce\n")
        shutil.copy(self / "run/assay/record", self / "var/lib/assay/boot/record")

    def put_key(self, key, cert):
        """The host's own."""
        if key:
            shutil.copy(key, self / "etc/assay/keys/signing.key")
        shutil.copy(cert, self / "etc/assay/certs/signing.der")

    def publish(self, *packages):
        """What pacman -Sy finds in its repository."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as tar:
            for path in packages:
                for each in path.parent.glob(f"{path.name}*"):
                    shutil.copy(each, self / "repo")
                name, version, release, arch = path.name.removesuffix(".pkg.tar.zst").rsplit("-", 3)
                data = path.read_bytes()
                fields = {"FILENAME": path.name, "NAME": name, "BASE": name, "VERSION": f"{version}-{release}", "DESC": "test",
                          "CSIZE": len(data), "ISIZE": 1, "SHA256SUM": hashlib.sha256(data).hexdigest(), "ARCH": arch}
                text = "".join(f"%{k}%\n{v}\n\n" for k, v in fields.items()).encode()
                tar.addfile(directory(f"{name}-{version}-{release}"))
                info = tarfile.TarInfo(f"{name}-{version}-{release}/desc")
                info.size = len(text)
                tar.addfile(info, io.BytesIO(text))
        (self / "repo/test.db").write_bytes(out.getvalue())

    def pacman(self, *words, copy=True):
        """pacman in the root; packages, and what lies beside them, are copied into it."""
        inside = []
        for word in words:
            if isinstance(word, os.PathLike):
                for each in Path(word).parent.glob(f"{Path(word).name}*") if copy else ():
                    shutil.copy(each, self / "packages")
                word = f"/packages/{os.path.basename(word)}"
            inside.append(word)
        return self.inside.run("pacman", "--noconfirm", *inside, where="/usr/bin")


def attributes(path):
    """The names of its security.* attributes, without the prefix."""
    return sorted(n.removeprefix("security.") for n in os.listxattr(path) if n.startswith("security."))
