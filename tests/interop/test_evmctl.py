# SPDX-License-Identifier: GPL-2.0-or-later
"""evmctl accepts what assay-sign signed and the other way round, for every key and digest."""

import os
import struct
import subprocess

import pytest

from frame.mounts import Mounts
from interop.conftest import DIGESTS, INSTALLED, KEY_TYPES

CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)  # cap_net_raw+ep, version 2


@pytest.fixture(params=KEY_TYPES)
def kind(request):
    """Each key type."""
    return request.param


@pytest.fixture(params=DIGESTS)
def digest(request):
    """Each digest."""
    return request.param


@pytest.fixture
def file(tmp_path):
    """A program with an owner, a mode and a capability of its own."""
    path = tmp_path / "program"
    path.write_bytes(b"#!/bin/sh\nexit 0\n" * 100)
    os.chown(path, 12, 34)
    os.chmod(path, 0o4751)
    return str(path)


def sign_ours(run, key, digest, *words):
    """assay-sign sign, which must work in silence."""
    done = run("assay-sign", "sign", "--key", key[0], "--cert", key[1], "--digest", digest,
               "--profile", "signature", "--all-files", *words)
    assert (done.rc, done.out, done.err) == (0, "", ""), done


def verify_ours(run, cert, *words):
    """assay-sign verify's exit status."""
    done = run("assay-sign", "verify", "--cert", cert, "--profile", "signature", "--all-files",
               *words)
    assert done.rc == 0 or done.out, done
    return done.rc


def test_our_ima_signature_is_theirs(run, evmctl, our_keys, file, kind, digest):
    """evmctl ima_verify accepts our security.ima, and no longer once the file is changed."""
    sign_ours(run, our_keys[kind], digest, file)
    evmctl("ima_verify", "-a", digest, "-k", our_keys[kind][1], file)
    with open(file, "ab") as to:
        to.write(b"x")
    assert evmctl("ima_verify", "-a", digest, "-k", our_keys[kind][1], file,
                  check=False).returncode != 0


def test_their_ima_signature_is_ours(run, evmctl, their_keys, file, kind, digest):
    """We accept evmctl ima_sign's security.ima, and no longer once the file is changed."""
    key, cert = their_keys[kind]
    evmctl("ima_sign", "-a", digest, "-k", key, file)
    assert verify_ours(run, cert, file) == 0
    with open(file, "ab") as to:
        to.write(b"x")
    assert verify_ours(run, cert, file) == 1


@pytest.mark.parametrize("capability", [False, True])
def test_our_portable_signature_is_theirs(run, evmctl, our_keys, file, kind, digest, capability):
    """evmctl verify accepts our security.evm, and no longer once owner or mode are changed."""
    cert = our_keys[kind][1]
    if capability:
        os.setxattr(file, "security.capability", CAPABILITY)
    sign_ours(run, our_keys[kind], digest, "--evm", file)
    evmctl("verify", "-a", digest, "-k", cert, file)
    os.chmod(file, 0o755)
    assert evmctl("verify", "-a", digest, "-k", cert, file, check=False).returncode != 0


@pytest.mark.parametrize("capability", [False, True])
def test_their_portable_signature_is_ours(run, evmctl, their_keys, file, kind, digest, capability):
    """We accept evmctl's portable signature, and no longer once owner, mode or capability differ."""
    key, cert = their_keys[kind]
    if capability:
        os.setxattr(file, "security.capability", CAPABILITY)
    evmctl("sign", "--imasig", "--portable", "-a", digest, "-k", key, file)
    assert verify_ours(run, cert, "--evm", file) == 0
    before = os.stat(file)
    os.chmod(file, 0o755)
    assert verify_ours(run, cert, "--evm", file) == 1
    os.chmod(file, before.st_mode & 0o7777)
    assert verify_ours(run, cert, "--evm", file) == 0
    os.setxattr(file, "security.capability", CAPABILITY[:4] + b"\1" + CAPABILITY[5:])
    assert verify_ours(run, cert, "--evm", file) == 1


def test_selinux_label_is_counted(run, evmctl, our_keys, file):
    """A security.selinux attribute is covered as evmctl covers it."""
    try:
        os.setxattr(file, "security.selinux", b"system_u:object_r:bin_t:s0\0")
    except OSError:
        pytest.skip("this kernel takes no such label")
    sign_ours(run, our_keys["rsa2048"], "sha256", "--evm", file)
    evmctl("verify", "-k", our_keys["rsa2048"][1], file)
    os.setxattr(file, "security.selinux", b"system_u:object_r:etc_t:s0\0")
    assert verify_ours(run, our_keys["rsa2048"][1], "--evm", file) == 1


@pytest.mark.parametrize("kind_of_rsa", ["rsa2048", "rsa3072", "rsa4096"])
def test_rsa_signatures_are_the_same_bytes(run, evmctl, their_keys, file, kind_of_rsa, digest):
    """RSA PKCS#1 v1.5 has one signature for one file: both write it."""
    key, cert = their_keys[kind_of_rsa]
    evmctl("sign", "--imasig", "--portable", "-a", digest, "-k", key, file)
    theirs = [os.getxattr(file, name) for name in ("security.ima", "security.evm")]
    for name in ("security.ima", "security.evm"):
        os.removexattr(file, name)
    sign_ours(run, (key, cert), digest, "--evm", file)
    assert [os.getxattr(file, n) for n in ("security.ima", "security.evm")] == theirs


def test_we_keep_what_they_signed(run, evmctl, their_keys, file):
    """A valid signature by the key is kept, whoever wrote it."""
    key, cert = their_keys["p256"]
    evmctl("sign", "--imasig", "--portable", "-a", "sha256", "-k", key, file)
    before = os.getxattr(file, "security.ima"), os.getxattr(file, "security.evm")
    sign_ours(run, (key, cert), "sha256", "--evm", file)
    assert (os.getxattr(file, "security.ima"), os.getxattr(file, "security.evm")) == before


@pytest.fixture
def sign_verity(evmctl):
    """sign_verity(key, digest in hex) -> the v3 signature that evmctl makes of an fs-verity digest."""
    if evmctl.release == INSTALLED:
        pytest.skip("evmctl before 1.5 has no fs-verity signatures")

    def sign(key, verity):
        done = evmctl("sign_hash", "--veritysig", "-a", "sha256", "--key", key,
                      input=f"sha256:{verity} name\n".encode())
        return bytes.fromhex(done.stdout.split()[-1].decode())
    return sign


def fsverity_digest(file):
    """The digest, by fsverity(1)."""
    return subprocess.run(["fsverity", "digest", "--compact", file], check=True, text=True,
                          capture_output=True).stdout.strip()


def test_their_verity_signature_is_ours(run, build_dir, sign_verity, their_keys, file, kind):
    """We accept evmctl's v3 signature on a file, and no longer once a byte of either is changed."""
    key, cert = their_keys[kind]
    value = sign_verity(key, fsverity_digest(file))

    def verify():
        return run("v3", "verify", cert, file, where=build_dir / "interop")

    os.setxattr(file, "security.ima", value)
    assert verify().rc == 0
    os.setxattr(file, "security.ima", value[:-1] + bytes([value[-1] ^ 1]))
    assert verify().rc == 1
    os.setxattr(file, "security.ima", value)
    with open(file, "ab") as to:
        to.write(b"x")
    assert verify().rc == 1


@pytest.mark.parametrize("rsa", ["rsa2048", "rsa3072", "rsa4096"])
@pytest.mark.parametrize("size", [1, 4096, 600_000])
def test_rsa_verity_signatures_are_the_same_bytes(run, build_dir, sign_verity, their_keys, file, rsa,
                                                  size):
    """Both write the same v3 signature for one file: its digest, what is signed, and the header."""
    key = their_keys[rsa][0]
    with open(file, "wb") as to:
        to.write(os.urandom(size))
    done = run("v3", "sign", key, file, where=build_dir / "interop")
    assert (done.rc, done.err) == (0, ""), done
    assert bytes.fromhex(done.out) == sign_verity(key, fsverity_digest(file))


def test_their_verity_signature_in_a_file_system(run, sign_verity, their_keys, tmp_path):
    """Where the kernel has fs-verity: assay-sign verify accepts the file that evmctl signed."""
    mounts = Mounts(tmp_path)
    try:
        path = mounts.ext4("16M", "-O", "verity") / "program"
        path.write_bytes(b"#!/bin/sh\nexit 0\n" * 1000)
        if subprocess.run(["fsverity", "enable", path], capture_output=True, check=False).returncode:
            pytest.skip("this kernel has no fs-verity")
        key, cert = their_keys["rsa2048"]
        os.setxattr(path, "security.ima", sign_verity(key, fsverity_digest(path)))
        words = ["assay-sign", "verify", "--profile", "verity", "--no-evm", "--cert"]
        assert run(*words, cert, path).rc == 0
        assert run(*words, their_keys["rsa3072"][1], path).rc == 1
    finally:
        mounts.close()
