# SPDX-License-Identifier: GPL-2.0-or-later
"""Signing while files change, while others sign, and with few descriptors and little memory."""

import contextlib
import ctypes
import fcntl
import json
import os
import resource
import subprocess
import sys
import threading
import time

import pytest

from frame.dpkg_root import DpkgRoot

SCRIPT = b"#!/bin/sh\nexit 0\n"
IMA = "security.ima"
AT_FDCWD, RENAME_EXCHANGE = -100, 2
RSS_MAX = 64 << 10  # KiB
WRITER = "import os, sys\nfd = os.open(sys.argv[1], os.O_WRONLY)\nwhile True: os.pwrite(fd, b'x', 0)\n"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


def make(path, content=SCRIPT, mode=0o755):
    """A file."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def signed(path):
    """Whether it carries a signature."""
    return IMA in os.listxattr(path)


@pytest.fixture
def words(keys):
    """sign with the usual key."""
    return ["sign", "--profile", "signature", "--key", keys[0], "--cert", keys[1]]


@contextlib.contextmanager
def exchanging(one, two):
    """Two names change places all the time."""
    libc = ctypes.CDLL(None, use_errno=True)
    stop = threading.Event()
    count = [0]

    def loop():
        while not stop.is_set():
            count[0] += libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(two),
                                       RENAME_EXCHANGE) == 0

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield count
    finally:
        stop.set()
        thread.join()


def test_names_that_change_places(run, words, keys, tmp_path, factor):
    """What was hashed is what is labelled: no file gets the signature of the other's content.

    A rename counts as a change of the file, so that some runs give up."""
    one, two = make(tmp_path / "one", SCRIPT * 400), make(tmp_path / "two", SCRIPT[::-1] * 400)
    got = 0
    for _ in range(8 * factor):
        with exchanging(one, two) as count:
            done = run("assay-sign", *words, one, two)
        assert count[0] > 1 and all("it keeps changing" in line or "could not be signed" in line
                                    for line in done.err.splitlines()), done
        got += signed(one) + signed(two)
        done = run("assay-sign", "verify", "--profile", "signature", "--cert", keys[1], one, two)
        assert all(line.endswith(": no signature (security.ima)")
                   for line in done.out.splitlines()), done
        for path in (one, two):
            if signed(path):
                os.removexattr(path, IMA)
    assert got


def test_a_writer_that_never_stops(trouble, words, tmp_path):
    """The file is not signed; a line says why."""
    path = make(tmp_path / "busy")
    os.truncate(path, 64 << 20)
    with subprocess.Popen([sys.executable, "-c", WRITER, path]) as writer:
        try:
            before = os.stat(path).st_mtime_ns
            while os.stat(path).st_mtime_ns == before:
                time.sleep(0.01)
            done = trouble("assay-sign", *words, path)
        finally:
            writer.kill()
    assert "busy: it keeps changing while it is being signed" in done.err and not signed(path)


def is_held(lock):
    """Whether a run has the lock."""
    with open(lock, "a", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_second_run_is_refused_at_once(trouble, run, bin_dir, words, tmp_path):
    """The first holds the manifest from before its first file; killed, it holds nothing."""
    manifest, lock = tmp_path / "manifest", tmp_path / "manifest.lock"
    large, tool = make(tmp_path / "large"), make(tmp_path / "tool")
    os.truncate(large, 1 << 40)
    lock.touch()
    with subprocess.Popen([bin_dir / "assay-sign", *words, "--manifest", manifest, large]) as first:
        try:
            end = time.monotonic() + 60
            while not is_held(lock) and time.monotonic() < end:
                time.sleep(0.01)
            done = trouble("assay-sign", *words, "--manifest", manifest, tool, timeout=60)
            assert f"{manifest}: another 'assay sign' is at work on it" in done.err, done
            assert first.poll() is None and not signed(tool) and not manifest.exists()
        finally:
            first.kill()
    assert run("assay-sign", *words, "--manifest", manifest, tool).rc == 0
    assert manifest.read_text().splitlines()[1].split()[0] == str(tool)


@pytest.mark.parametrize("more", [["--manifest", "MANIFEST", "TOOL"], ["--installed", "--root", "ROOT"]])
def test_who_is_refused_is_not_asked_for_a_key(trouble, tmp_path, more):
    """The lock comes first, wherever the manifest is."""
    root, tool = DpkgRoot(tmp_path / "root"), make(tmp_path / "tool")
    root.install("tool", {"/usr/bin/tool": (SCRIPT, 0o755)})
    manifest = root / "var/lib/assay/manifest"
    manifest.parent.mkdir(parents=True)
    words = [{"MANIFEST": manifest, "TOOL": tool, "ROOT": root.path}.get(word, word) for word in more]
    with open(f"{manifest}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = trouble("assay-sign", "sign", "--key", "/nonexistent", *words, timeout=60)
    assert f"{manifest}: another 'assay sign' is at work on it" in done.err, done
    assert "/nonexistent" in trouble("assay-sign", "sign", "--key", "/nonexistent", *words).err


def test_few_descriptors_and_many_threads(run, words, plain_bin_dir, tmp_path):
    """A file in each directory, 256 threads, 1,024 and then 64 open files: all are signed."""
    for n in range(2000):
        (tmp_path / str(n)).mkdir()
        make(tmp_path / str(n) / "tool")
    for limit, outcome in ((1024, "signed"), (64, "kept")):
        done = run("assay-sign", *words, "--json", "-r", "--jobs", "256", tmp_path,
                   where=plain_bin_dir, preexec_fn=lambda most=limit: resource.setrlimit(
                       resource.RLIMIT_NOFILE, (most, most)))
        assert done.rc == 0 and json.loads(done.out)["summary"][outcome] == 2000, done


def make_many(top, count):
    """Files in many directories, hard links among them, and a chain of directories."""
    for n in range(count):
        if n % 1000 == 0:
            (top / f"d{n}").mkdir()
            here = os.open(top / f"d{n}", os.O_RDONLY)
        fd = os.open(str(n), os.O_CREAT | os.O_WRONLY, 0o755, dir_fd=here)
        os.write(fd, SCRIPT)
        os.close(fd)
        if n % 10 == 0:
            os.link(str(n), f"{n}.link", src_dir_fd=here, dst_dir_fd=here)
    deep = top
    for _ in range(200):
        deep = deep / "d"
        deep.mkdir()
    make(deep / "tool")


# A process's peak counts its parent's from before exec, so the parent is as small as it can be.
PEAK = """
import os, sys
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.parametrize("jobs", ["2", "256"])
def test_peak_memory(run, words, plain_bin_dir, tmp_path, factor, jobs):
    """Under 64 MiB, however many files, links and threads there are, and one of them large."""
    count = 6000 * factor
    make_many(tmp_path, count)
    os.truncate(make(tmp_path / "large"), 64 << 20)
    done = run(sys.executable, "-c", PEAK, plain_bin_dir / "assay-sign", *words, "-r", "--jobs", jobs,
               tmp_path)
    assert done.rc == 0 and int(done.out.split()[-1]) < RSS_MAX, done
    assert signed(tmp_path / "d0/0.link") and signed(tmp_path / f"d{count - 1000}/{count - 1}")


FLIPPER = """
import mmap, sys
with open(sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 0) as content:
    print(flush=True)
    while True:
        content[:15] = b"assay-record 1\\n"
        content[:15] = b"#" * 15
"""


def test_a_file_that_is_a_record_in_turn(run, words, keys, tmp_path):
    """A mapping changes it without a trace: what is judged are the very bytes that were hashed."""
    rest = b"mode log\n" * 2000
    path = make(tmp_path / "turns", b"#" * 15 + rest)
    record = make(tmp_path / "record", b"assay-record 1\n" + rest)
    ended = []
    with subprocess.Popen([sys.executable, "-c", FLIPPER, path], stdout=subprocess.PIPE) as flipper:
        try:
            flipper.stdout.readline()
            for _ in range(40):
                done = run("assay-sign", *words, path)
                ended.append(done.rc)
                assert done.rc in (0, 1), done
                if done.rc == 0:
                    os.setxattr(record, IMA, os.getxattr(path, IMA))
                    assert run("assay-sign", "verify", "--cert", keys[1], record).rc == 1
                    os.removexattr(path, IMA)
        finally:
            flipper.kill()
    assert 0 in ended, ended
