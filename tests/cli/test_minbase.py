# SPDX-License-Identifier: GPL-2.0-or-later
"""A whole Debian root, as mmdebstrap makes it: what is signed, found changed, and repaired."""

import os
import random
import stat
import subprocess

import pytest

from frame.dpkg_root import has_ima
from vm.lab.cache import Cache, key_of

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")

COMMAND = ("mmdebstrap", "--quiet", "--variant=minbase", "bookworm")


@pytest.fixture(scope="module")
def minbase(tmp_path_factory):
    """A root of its own, unpacked from the cached archive."""
    made = Cache().get("minbase", key_of(COMMAND),
                       lambda work: subprocess.run([*COMMAND, work / "root.tar"], check=True))
    path = tmp_path_factory.mktemp("minbase")
    subprocess.run(["tar", "-C", path, "--numeric-owner", "-xf", made / "root.tar",
                    "--exclude=./dev/*"], check=True)
    for name in ("etc/resolv.conf", "etc/hostname"):  # the host's, with whatever mode they had
        (path / name).unlink(missing_ok=True)
    return path


@pytest.fixture(scope="module")
def key(tmp_path_factory, bin_dir):
    """(key, certificate)."""
    top = tmp_path_factory.mktemp("key")
    pair = (top / "k.key", top / "k.der")
    subprocess.run([bin_dir / "assay-sign", "keygen", "--type", "p256", "--no-passphrase", "--key",
                    pair[0], "--cert", pair[1]], check=True)
    return pair


@pytest.fixture(scope="module")
def signed(minbase, key, bin_dir):
    """The root after sign --installed --evm."""
    done = subprocess.run([bin_dir / "assay-sign", "sign", "--installed", "--root", minbase,
                           "--key", key[0], "--cert", key[1], "--evm", "--profile", "signature"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return minbase


def executables(root):
    """Every regular file with an execute bit or an ELF header of a program or library, by inode."""
    found = {}
    for top, _, names in os.walk(root):
        for name in names:
            path = os.path.join(top, name)
            info = os.lstat(path)
            if not stat.S_ISREG(info.st_mode) or not info.st_size:
                continue
            with open(path, "rb") as file:
                head = file.read(18)
            if info.st_mode & 0o111 or (head[:4] == b"\x7fELF" and head[16] in (2, 3)):
                found[info.st_ino] = path
    return found


@pytest.fixture
def again(run, key, signed):
    """again(command, option...) on the signed root."""
    return lambda command, *args: run(
        "assay-sign", command, "--cert", key[1], "--root", signed,
        *(("--key", key[0]) if command == "sign" else ()),
        *(() if command == "repair" else ("--evm", "--profile", "signature")), *args)


def test_all_that_runs_is_signed_and_nothing_else(signed, again):
    """By another way of telling what runs; verify agrees, and finds nothing that has no owner."""
    runs = executables(signed)
    assert len(runs) > 500
    assert [p for p in runs.values() if not has_ima(p)] == []
    carrying = subprocess.run(["getfattr", "-R", "-P", "-h", "--absolute-names", "-m",
                               r"^security\.ima$", signed], capture_output=True, check=True)
    inodes = {os.lstat(line[8:]).st_ino for line in carrying.stdout.splitlines()
              if line.startswith(b"# file: ")}
    assert inodes == set(runs)
    done = again("verify", "--installed", "--unowned")
    assert (done.rc, done.out) == (0, ""), done


def test_exactly_what_was_changed_is_found(signed, again, factor):
    """Files changed at random, one byte each: sign and verify name them and no others."""
    runs = sorted(p for p in executables(signed).values() if "/var/lib/dpkg/info/" not in p)
    rng = random.Random(7)
    changed = rng.sample(runs, 20 * factor)
    saved = {}
    for path in changed:
        with open(path, "r+b") as file:
            saved[path] = file.read()
            at = rng.randrange(len(saved[path]))
            file.seek(at)
            file.write(bytes([saved[path][at] ^ 1]))
    try:
        refused = again("sign", "--installed", "--dry-run")
        wrong = again("verify", "--installed")
    finally:
        for path, content in saved.items():
            with open(path, "r+b") as file:
                file.write(content)
    links = {os.lstat(p).st_ino for p in changed}
    for done, lines in ((refused, refused.err.splitlines()), (wrong, wrong.out.splitlines())):
        assert done.rc == 1 and len(lines) == len(changed), done
        named = {line.removeprefix("assay-sign: sign: ").split(": ")[0] for line in lines}
        assert {os.lstat(f"{signed}{p}").st_ino for p in named} == links
    assert again("verify", "--installed").rc == 0


def test_all_that_is_lost_comes_back(signed, again):
    """Every attribute of every file stripped, as an archive without attributes would."""
    runs = executables(signed)
    before = {p: os.getxattr(p, "security.evm") for p in runs.values()}
    for path in before:
        os.removexattr(path, "security.ima")
        os.removexattr(path, "security.evm")
    assert again("verify", "--installed").rc == 1
    done = again("repair", "--verbose")
    assert done.rc == 0 and f" {len(runs)} repaired, 0 gone, 0 not" in done.err, done
    assert before == {p: os.getxattr(p, "security.evm") for p in before}
    assert again("verify", "--installed").rc == 0


def test_a_package_of_each_spelling(signed, again):
    """Owned through /bin on a merged /usr: signed by its package's name alone."""
    os.removexattr(signed / "usr/bin/dash", "security.ima")
    assert again("verify", "--package", "dash").rc == 1
    assert again("sign", "--package", "dash").rc == 0
    assert again("verify", "--package", "dash").rc == 0
