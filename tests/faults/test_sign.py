# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever fails or dies while files are signed, each is unsigned or validly signed, and the next
run finishes."""

import errno
import os
import random
import shutil
import subprocess
import time

import pytest

SCRIPT = b"#!/bin/sh\nexit 0\n"
IMA, EVM = "security.ima", "security.evm"
FILES = 12

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


@pytest.fixture(scope="module")
def program(plain_bin_dir):
    """assay-sign without sanitizers."""
    return plain_bin_dir / "assay-sign"


@pytest.fixture(scope="module")
def keys(tmp_path_factory, program):
    """(key, certificate)."""
    top = tmp_path_factory.mktemp("fault-keys")
    pair = (str(top / "key"), str(top / "cert"))
    subprocess.run([program, "keygen", "--type", "p256", "--no-passphrase", "--key", pair[0],
                    "--cert", pair[1]], check=True)
    return pair


def fill(tree, count):
    """A tree of small programs, some with two names."""
    for n in range(count):
        folder = tree / str(n % 7)
        folder.mkdir(exist_ok=True)
        path = folder / f"tool{n}"
        path.write_bytes(SCRIPT + b"#" * (n * 97 % 5000))
        path.chmod(0o755)
        if n % 5 == 0:
            os.link(path, folder / f"link{n}")
    return [folder / name for folder in tree.iterdir() for name in os.listdir(folder)]


def strip(paths):
    """Takes all signatures off."""
    for path in paths:
        for name in (IMA, EVM):
            try:
                os.removexattr(path, name)
            except OSError:
                pass


def attr(path, name):
    """An attribute or None."""
    try:
        return os.getxattr(path, name)
    except OSError:
        return None


def judge(program, keys, paths):
    """Every file with a security.ima verifies, and every one with a security.evm does so too."""
    with_ima = [p for p in paths if attr(p, IMA)]
    with_evm = [p for p in paths if attr(p, EVM)]
    for words, some in (([], with_ima), (["--evm"], with_evm)):
        if some:
            done = subprocess.run([program, "verify", "--cert", keys[1], *words, *some],
                                  capture_output=True, check=False)
            assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    return len(with_ima)


def test_killed_at_random_points(program, keys, tmp_path, factor):
    """kill -9 at 200 random moments of signing runs; the run after them finishes."""
    paths = fill(tmp_path, 400)
    words = [program, "sign", "--evm", "--key", keys[0], "--cert", keys[1], "-r", tmp_path]
    begun = time.monotonic()
    subprocess.run(words, check=True)
    whole = time.monotonic() - begun
    chance, halfway = random.Random(1), 0
    for _ in range(200 * factor):
        strip(paths)
        with subprocess.Popen(words) as process:
            time.sleep(chance.uniform(0, whole))
            process.kill()
        halfway += 0 < judge(program, keys, paths) < len(paths)
    assert halfway > 10, "hardly a kill came in the middle of a run"
    subprocess.run(words, check=True)
    assert judge(program, keys, paths) == len(paths)
    assert all(attr(p, EVM) for p in paths)


@pytest.mark.parametrize("call", ["setxattr", "open", "stat", "read", "malloc"])
def test_killed_at_each_call(faults, program, keys, tmp_path, call):
    """kill -9 at each call of a kind leaves every file unsigned or validly signed."""
    paths = fill(tmp_path, FILES)
    command = ["assay-sign", "sign", "--evm", "-j", "1", "--key", keys[0], "--cert", keys[1],
               "-r", str(tmp_path)]
    made = faults.every(call, command, setup=lambda: strip(paths),
                        check=lambda done: judge(program, keys, paths), do="kill", most=60)
    assert made > 0


@pytest.mark.parametrize("call", ["setxattr", "getxattr", "open", "stat", "read", "malloc",
                                  "thread"])
@pytest.mark.parametrize("do", ["fail", "from"])
def test_one_file_and_a_failing_call(faults, program, keys, tmp_path, call, do):
    """One line and exit 2, or the whole job done; never a wrong signature."""
    path = tmp_path / "tool"
    path.write_bytes(SCRIPT)
    path.chmod(0o755)
    command = ["assay-sign", "sign", "--evm", "-j", "1", "--key", keys[0], "--cert", keys[1],
               str(path)]

    def check(done):
        judge(program, keys, [path])
        if done.rc == 0:
            assert attr(path, IMA) and attr(path, EVM)

    made = faults.every(call, command, setup=lambda: strip([path]), check=check, do=do, most=80)
    assert made > 0


@pytest.mark.parametrize("call", ["getxattr", "open", "stat", "read", "malloc", "thread"])
def test_verify_and_a_failing_call(faults, program, keys, tmp_path, call):
    """A file that is not signed is never called good, whatever fails."""
    path = tmp_path / "tool"
    path.write_bytes(SCRIPT)
    path.chmod(0o755)
    command = ["assay-sign", "verify", "--evm", "-j", "1", "--cert", keys[1], str(path)]
    total = faults.run(call, 0, command)[1]
    for at in faults.points(total, 80):
        done = faults.run(call, at, command)[0]
        assert done.rc in (1, 2), done
    assert not attr(path, IMA)


def test_short_reads(faults, program, keys, tmp_path):
    """A kernel that gives half of what is asked for changes no signature."""
    path = tmp_path / "tool"
    path.write_bytes(SCRIPT * 100000)
    path.chmod(0o755)
    command = ["assay-sign", "sign", "--key", keys[0], "--cert", keys[1], str(path)]
    done, _, made = faults.run("read", 0, command, "short")
    assert done.rc == 0 and made and judge(program, keys, [path]) == 1


def test_interrupted_reads(faults, program, keys, tmp_path):
    """EINTR is no failure."""
    path = tmp_path / "tool"
    path.write_bytes(SCRIPT)
    path.chmod(0o755)
    command = ["assay-sign", "sign", "-j", "1", "--key", keys[0], "--cert", keys[1], str(path)]
    faults.every("read", command, setup=lambda: strip([path]), reason=errno.EINTR, most=20,
                 check=lambda done: judge(program, keys, [path]))


@pytest.mark.parametrize("call", ["open", "write", "chmod", "fsync", "link", "mkdir", "malloc"])
@pytest.mark.parametrize("do", ["fail", "kill"])
def test_keygen_is_whole_or_not_at_all(faults, program, tmp_path, call, do):
    """After any failure key and certificate are whole or absent, and the next run finishes."""
    if (call, do) == ("malloc", "fail"):
        do = "kill"  # libcrypto's start crashes without memory, which must leave no less
    key, cert = (tmp_path / "root/etc/assay" / name for name in ("keys/signing.key", "certs/signing.der"))
    command = ["assay-sign", "keygen", "--type", "p256", "--no-passphrase", "--root", str(tmp_path / "root")]

    def setup():
        shutil.rmtree(tmp_path / "root", ignore_errors=True)
        (tmp_path / "root").mkdir()

    def check(done):
        left = [p for folder in (key.parent, cert.parent) if folder.exists()
                for p in folder.iterdir()]
        assert set(left) <= {key, cert}, left
        if done.rc == 0:
            assert key.exists() and cert.exists()
        if not cert.exists():
            subprocess.run([program, *command[1:]], check=True)
        assert key.stat().st_mode & 0o777 == 0o600
        tool = tmp_path / "tool"
        tool.write_bytes(SCRIPT)
        subprocess.run([program, "sign", "--key", key, "--cert", cert, tool], check=True)

    assert faults.every(call, command, setup, check, do, most=40) > 0
