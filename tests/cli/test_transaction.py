# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-transaction where the process that watches hangs: ended after a while, and mended by the next run.

Watching itself takes a machine of its own: tests/vm/test_transaction.py.
"""

import os
import shutil
import subprocess
import sys
import time

import pytest

from frame.chroot import Chroot
from frame.deb import ARCH, build_deb
from frame.dpkg_root import DpkgRoot

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")

SCRIPT = b"#!/bin/sh\nexit 0\n"
CONFIG = "[enforcement]\nprofile = signature\nevm = off\n"
TRANSACTION = "$ASSAY_EXEC_PATH/assay-transaction"
# Who waits is as patient as a test, and nothing is watched.
PRELOADED = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int (*real)(int, int, int, const void *, socklen_t) = dlsym(RTLD_NEXT, "setsockopt");
	struct timeval wait = { .tv_sec = 1 };

	return real(fd, level, name, name == SO_RCVTIMEO ? &wait : value, len);
}

int fanotify_init(unsigned int flags, unsigned int event_flags)
{
	errno = EPERM;
	return -1;
}
"""
# A process that watches, and says what is said in the arguments, half a second after each other.
LISTENER = """
import os, socket, sys, time
os.chdir(sys.argv[1])
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[2])
s.listen(1)
if len(sys.argv) == 3:
    time.sleep(60)
c = s.accept()[0]
for word in sys.argv[3:]:
    time.sleep(0.5)
    c.send(word.encode())
"""


@pytest.fixture
def root(tmp_path):
    """A host whose root is below a directory."""
    made = DpkgRoot(tmp_path / "root")
    for directory in ("etc/assay/certs", "run/assay/transaction", "var/lib/assay/packages", "dev", "proc", "tmp"):
        (made / directory).mkdir(parents=True, exist_ok=True)
    (made / "etc/assay/assay.conf").write_text(CONFIG)
    return made


@pytest.fixture
def dpkg(root, plain_bin_dir, tmp_path):
    """dpkg(lines) runs lines of shell there, in a process that is named dpkg."""
    source = tmp_path / "preloaded.c"
    source.write_text(PRELOADED)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", root / "tmp/preloaded.so", source], check=True)
    shutil.copy("/bin/sh", root / "tmp/dpkg")
    inside = Chroot(root.path, plain_bin_dir.parent)

    def run(lines):
        return inside.run("dpkg", "-c", f"export LD_PRELOAD=/tmp/preloaded.so; {lines}; exit $?", where="/tmp")
    return run


def end(dpkg, root, *words):
    """What end says to a process that watches which says this; that process's end."""
    place = root / "run/assay/transaction/x"
    with subprocess.Popen([sys.executable, "-c", LISTENER, place.parent, place.name, *words]) as listener:
        while not place.exists() and listener.poll() is None:
            time.sleep(0.05)
        done = dpkg(f"mv /run/assay/transaction/x /run/assay/transaction/$$; {TRANSACTION} end")
        code = listener.wait(timeout=30)
    return done, code


def test_a_process_that_hangs_is_ended(dpkg, root):
    """One line, exit 2, and the next run knows."""
    done, code = end(dpkg, root)
    assert done.rc == 2 and done.err.count("\n") == 1 and code == -9, done
    assert done.err.startswith("assay-transaction: end: the process that signs what dpkg installed ("), done
    assert os.listdir(root / "run/assay/transaction") == ["unfinished"]


def test_a_process_that_works_is_waited_for(dpkg, root):
    """However long it takes."""
    done, code = end(dpkg, root, ".", ".", ".", ".", ".", ".", "ok")
    assert (done.rc, done.err, code) == (0, "", 0), done
    assert "unfinished" not in os.listdir(root / "run/assay/transaction")


@pytest.fixture
def kept(run, root, keys, tmp_path):
    """A package that is installed, its signatures kept; its file has none."""
    deb = build_deb(tmp_path / "tool", "tool", {"/opt/tool": (SCRIPT, 0o755)})
    assert run("assay-pkg", "sign", "--detached", "--no-evm", "--key", keys[0], "--cert", keys[1], deb).rc == 0
    root.install("tool", {"/opt/tool": (SCRIPT, 0o755)})
    shutil.copy(keys[1], root / "etc/assay/certs/signing.der")
    return shutil.copy(f"{deb}.assay", root / f"var/lib/assay/packages/tool_1_{ARCH}")


def test_the_next_run_signs_what_is_left(dpkg, root, kept):
    """Of packages that were configured meanwhile, too."""
    (root / "run/assay/transaction/unfinished").touch()
    dpkg(f"{TRANSACTION} begin")
    assert os.listxattr(root / "opt/tool") == ["security.ima"] and os.path.exists(kept)
    assert "unfinished" not in os.listdir(root / "run/assay/transaction")


def test_without_need_configured_packages_are_forgotten(dpkg, root, kept):
    """As ever."""
    dpkg(f"{TRANSACTION} begin")
    assert not os.listxattr(root / "opt/tool") and not os.path.exists(kept)
