# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes wrong with files, keys and certificates: one line each, exit 2, nothing half done."""

import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

import pytest

SCRIPT = b"#!/bin/sh\nexit 0\n"
IMA = "security.ima"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


def make(path, content=SCRIPT, mode=0o755):
    """A file."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def signed(path):
    """Whether it carries a signature."""
    try:
        return bool(os.getxattr(path, IMA))
    except OSError:
        return False


@pytest.fixture
def words(keys):
    """sign with the usual key."""
    return ["sign", "--profile", "signature", "--key", keys[0], "--cert", keys[1]]


@pytest.fixture
def tool(tmp_path):
    """A file to sign."""
    return make(tmp_path / "tool")


def test_a_missing_file(trouble, words, tmp_path):
    """Named and not there."""
    assert "No such file" in trouble("assay-sign", *words, tmp_path / "none").err


def test_a_directory_needs_recursive(trouble, words, tmp_path):
    """A directory without -r."""
    assert "is a directory (--recursive)" in trouble("assay-sign", *words, tmp_path).err


@pytest.mark.parametrize("command", ["sign", "verify"])
def test_what_is_no_file(trouble, keys, tmp_path, command):
    """A device or a FIFO is no file, and is not waited for."""
    os.mkfifo(tmp_path / "fifo")
    words = ["--key", keys[0]] if command == "sign" else ["--cert", keys[1]]
    for path in (tmp_path / "fifo", "/dev/null"):
        assert "not a regular file" in trouble("assay-sign", command, *words, path).err


def test_an_immutable_file(run, words, tool, tmp_path):
    """chattr +i: its own line, and the others are done."""
    other = make(tmp_path / "other")
    if subprocess.run(["chattr", "+i", tool], capture_output=True, check=False).returncode != 0:
        pytest.skip("no chattr here")
    try:
        done = run("assay-sign", *words, tool, other)
    finally:
        subprocess.run(["chattr", "-i", tool], check=True)
    assert done.rc == 2 and "the file is immutable (chattr -i)" in done.err, done
    assert "1 of 2 files could not be signed" in done.err
    assert not signed(tool) and signed(other)


def test_a_read_only_file_system(trouble, words, mounts):
    """EROFS is said."""
    point = mounts.ext4()
    path = make(point / "tool")
    mounts.remount(point, "ro")
    assert "Read-only file system" in trouble("assay-sign", *words, path).err


def test_a_full_disk(trouble, words, mounts):
    """ENOSPC is said, and the file is as it was."""
    point = mounts.ext4("2M", "-I", "128", "-m", "0")
    path = make(point / "tool")
    mounts.fill(point)
    assert "No space left" in trouble("assay-sign", *words, path).err
    assert not signed(path)


@pytest.mark.parametrize("command", ["sign", "verify"])
def test_a_file_system_without_attributes(run, words, keys, mounts, command):
    """One line for the whole file system."""
    point = mounts.mount("-t", "ramfs", "none")
    for n in range(5):
        make(point / f"tool{n}")
    if command == "verify":
        words = ["verify", "--cert", keys[1]]
    done = run("assay-sign", *words, "-r", point)
    assert done.rc == 2 and done.err.count("keeps no security attributes") == 1, done
    assert done.err.count("\n") == 2 and "5 of 5 files could not be" in done.err


def test_not_root(bin_dir, keys):
    """Without the privilege: a line that says so."""
    with tempfile.TemporaryDirectory(dir="/tmp") as top:
        top = pathlib.Path(top)
        program = shutil.copy(bin_dir / "assay-sign", top / "assay-sign")
        key = make(top / "key", open(keys[0], "rb").read(), 0o600)
        path = make(top / "tool")
        for name in (top, key):
            os.chown(name, 65534, 65534)
        done = subprocess.run([program, "sign", "--key", key, path], user=65534, group=65534,
                              extra_groups=[], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and "it takes root" in done.stderr, done
        assert not signed(path)


@pytest.mark.parametrize("content, said", [
    (None, "No such file"), (b"", "the file is empty"), (b"rubbish", "no private key was found"),
    (b"-----BEGIN PRIVATE KEY-----\nAAAA\n", "no private key was found")])
def test_a_key_that_is_none(trouble, tool, tmp_path, content, said):
    """Missing, empty, not a key, truncated."""
    key = tmp_path / "key"
    if content is not None:
        make(key, content, 0o600)
    done = trouble("assay-sign", "sign", "--key", key, tool)
    assert said in done.err and done.err.count(str(key)) == 1, done
    assert not signed(tool)


def test_before_keygen(trouble, tmp_path):
    """No key, no certificate: where they were looked for, and what makes them."""
    root = tmp_path / "root"
    made = f"run 'assay keygen --root {root}'"
    for directory in ("etc/assay", "var/lib/dpkg/info"):
        (root / directory).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    done = trouble("assay-sign", "sign", "--installed", "--root", root)
    assert done.err == (f"assay-sign: sign: there is no signing key at {root}/etc/assay/keys/"
                        f"signing.key; {made}\n")
    done = trouble("assay-sign", "sign", "--installed", "--root", "root", cwd=tmp_path)
    assert done.err.endswith("there is no signing key at root/etc/assay/keys/signing.key; run 'assay keygen --root root'\n")
    for words in (["verify", "--installed"], ["repair"]):
        for _ in range(2):  # no directory, an empty one
            done = trouble("assay-sign", *words, "--root", root)
            assert done.err == (f"assay-sign: {words[0]}: there is no certificate in {root}/etc/"
                                f"assay/certs; {made} or give --cert\n")
            (root / "etc/assay/certs").mkdir(exist_ok=True)
        (root / "etc/assay/certs").rmdir()


def test_a_truncated_key(trouble, keys, tool, tmp_path):
    """Half of a good key."""
    whole = open(keys[0], "rb").read()
    key = make(tmp_path / "key", whole[:len(whole) // 2], 0o600)
    assert "no private key was found" in trouble("assay-sign", "sign", "--key", key, tool).err


def test_a_key_that_others_may_read(trouble, keys, tool, tmp_path):
    """Loose modes are refused."""
    key = make(tmp_path / "key", open(keys[0], "rb").read(), 0o640)
    assert "make it 0600" in trouble("assay-sign", "sign", "--key", key, tool).err


def test_a_key_of_somebody_else(trouble, keys, tool, tmp_path):
    """A key file that another user owns is refused."""
    key = make(tmp_path / "key", open(keys[0], "rb").read(), 0o600)
    os.chown(key, 65534, 65534)
    assert "owned by user 65534" in trouble("assay-sign", "sign", "--key", key, tool).err


def test_a_certificate_of_another_key(trouble, keys, other_keys, tool):
    """--cert must hold the key's public half."""
    done = trouble("assay-sign", "sign", "--key", keys[0], "--cert", other_keys[1], tool)
    assert "is of another key" in done.err and not signed(tool)


@pytest.mark.parametrize("content, said", [
    (None, "No such file"), (b"", "empty"), (b"rubbish", "not an X.509 certificate"),
    (b"\x30" * 70000, "larger than")])
@pytest.mark.parametrize("command", ["sign", "verify"])
def test_a_certificate_that_is_none(trouble, keys, tool, tmp_path, command, content, said):
    """Missing, empty, not a certificate, too large."""
    cert = tmp_path / "cert"
    if content is not None:
        make(cert, content)
    words = ["--key", keys[0]] if command == "sign" else []
    assert said in trouble("assay-sign", command, *words, "--cert", cert, tool).err


def test_a_truncated_certificate(trouble, keys, tool, tmp_path):
    """All but the last byte, and one byte too many."""
    whole = open(keys[1], "rb").read()
    for content in (whole[:-1], whole + b"\0"):
        cert = make(tmp_path / "cert", content)
        done = trouble("assay-sign", "verify", "--cert", cert, tool)
        assert "not an X.509 certificate" in done.err


def test_too_many_certificates(trouble, keys, tool):
    """64 are taken, 65 are not."""
    words = ["verify", "--profile", "signature"] + ["--cert", keys[1]] * 65
    assert "more than 64 certificates" in trouble("assay-sign", *words, tool).err


def pem(cert):
    """The certificate as PEM."""
    return subprocess.run(["openssl", "x509", "-inform", "DER", "-in", cert], capture_output=True,
                          check=True).stdout


@pytest.mark.parametrize("command", ["sign", "verify"])
def test_a_file_of_several_certificates(trouble, run, keys, other_keys, tool, tmp_path, command):
    """All but the first would be left out without a word; text around one is no matter."""
    words = ["--key", keys[0]] if command == "sign" else []
    first, second = pem(keys[1]), pem(other_keys[1])
    for content in (first + second, first + second[:len(second) // 2]):
        cert = make(tmp_path / "cert", content)
        done = trouble("assay-sign", command, *words, "--cert", cert, tool)
        assert f"certificate: {cert}: holds several certificates; one per file" in done.err
    make(cert, b"subject: x\n" + first + b"\n# end\n")
    assert run("assay-sign", "sign", "--key", keys[0], "--cert", cert, tool).rc == 0


def test_a_key_that_is_not_the_certificates(trouble, run, keys, other_keys, tool, tmp_path):
    """What is configured must fit, or the kernel would know none of the signatures."""
    etc = tmp_path / "root/etc/assay"
    for name, source in (("keys/signing.key", keys[0]), ("certs/signing.der", other_keys[1])):
        (etc / name).parent.mkdir(parents=True)
        make(etc / name, open(source, "rb").read(), 0o600)
    (tmp_path / "root/var/lib/dpkg/info").mkdir(parents=True)
    make(tmp_path / "root/var/lib/dpkg/status", b"")
    words = ["sign", "--installed", "--root", tmp_path / "root"]
    done = trouble("assay-sign", *words)
    assert f"certificate: {etc}/certs/signing.der: the certificate " in done.err, done
    assert "is of another key" in done.err
    assert run("assay-sign", *words, "--key", other_keys[0]).rc == 0


def test_a_record_is_no_file(run, words, tmp_path):
    """What begins as an enforcement record is signed as a bundle, never as a file."""
    path = make(tmp_path / "record", b"assay-record 1\nmode enforce\n")
    near = make(tmp_path / "near", b"assay-record 10\n")
    for more in ([path], ["-r", "--all-files", tmp_path]):
        done = run("assay-sign", *words, *more)
        assert done.rc == 1 and f"{path}: an enforcement record, which is not signed" in done.err
        assert not signed(path)
    assert signed(near)


@pytest.mark.parametrize("algo, size", [(2, 20), (4, 32), (5, 48), (6, 64)])
def test_another_file_s_digest_is_no_file(run, words, tmp_path, algo, size):
    """What the kernel checks a v3 signature against: by this key's v2 signature of it that file would run."""
    path = make(tmp_path / "id", b"\6" + bytes([algo]) + b"d" * size, 0o644)
    done = run("assay-sign", *words, path)
    assert done.rc == 1 and f"{path}: another file's digest, which is not signed as a file" in done.err and not signed(path)
    for name, near in (("longer", b"\6" + bytes([algo]) + b"d" * (size + 1)), ("type", b"\4" + bytes([algo]) + b"d" * size)):
        path = make(tmp_path / name, near, 0o644)
        assert run("assay-sign", *words, path).rc == 0 and signed(path)


def misc(ino=0, generation=0, mode=0o100755, padding=0):
    """struct h_misc, by which a portable EVM signature ends."""
    return struct.pack("=QIIIHH", ino, generation, 0, 0, mode, padding)


@pytest.mark.parametrize("size", [0, 40, (1 << 20) - 24, (1 << 20) - 12, 1 << 20])
def test_another_file_s_mode_is_no_file(run, words, tmp_path, size):
    """What EVM's portable signature is made over: by this key's v2 signature of it that file would be setuid, say."""
    path = make(tmp_path / "misc", b"\3" * size + misc(mode=0o104755), 0o644)
    done = run("assay-sign", *words, path)
    assert done.rc == 1 and f"{path}: another file's owner and mode, which is not signed" in done.err and not signed(path)
    for near in (misc(ino=1), misc(generation=1), misc(mode=0o40755), misc(padding=1), misc() + b"\0", misc()[1:]):
        path = make(tmp_path / "near", b"\3" * size + near, 0o644)
        assert run("assay-sign", *words, path).rc == 0 and signed(path), near
        os.unlink(path)


def test_a_named_file_is_not_passed_over(run, words, tmp_path):
    """Data with two names, met in the tree first: it is named, and so it is signed."""
    path = make(tmp_path / "data", b"text\n", 0o644)
    os.link(path, tmp_path / "again")
    assert run("assay-sign", *words, "-r", "--jobs", "1", tmp_path, path).rc == 0
    assert signed(path)


@pytest.mark.parametrize("words, said", [
    (["sign", "-zr"], "no option is named '-z'"), (["sign", "-rz"], "no option is named '-z'"),
    (["sign", "--json=x"], "option '--json' takes no value"),
    (["sign", "--help=x"], "option '--help' takes no value"),
    (["sign", "-rk"], "option '-k' needs a value"), (["sign", "--key"], "option '--key' needs a value"),
    (["sign", "--no\nsense"], "no option is named '--no\\x0asense'"),
    (["sign", "--jobs", "1\n2"], "'1\\n2' is not a number"),
    (["no\nsense"], "no command is named 'no\\x0asense'"),
    (["keygen", "a\nb"], "'a\\x0ab' is one word too many")])
def test_misuse_is_one_line(trouble, words, said):
    """The option that is wrong is the one that is named, whatever bytes are in it."""
    assert said in trouble("assay-sign", *words).err


@pytest.mark.parametrize("bad, said", [
    (["--digest", "md5"], "--digest: no digest is named 'md5' (sha256, sha384, sha512)"),
    (["--digest", "sha1"], "no longer safe (sha256, sha384, sha512)"),
    (["--jobs", "many"], "not a number"), (["--jobs", "257"], "not a number from 1 to 256"),
    (["--profile", "x"], "no profile is named 'x'"), (["--nonsense"], "--nonsense"),
    (["--key"], "needs a value")])
def test_misuse(trouble, words, tool, bad, said):
    """Each wrong option has its line."""
    assert said in trouble("assay-sign", *words, tool, *bad).err


@pytest.mark.parametrize("command", ["sign", "verify"])
def test_no_operand(trouble, command):
    """Nothing to do is misuse."""
    assert "see 'assay-sign" in trouble("assay-sign", command).err


@pytest.mark.parametrize("words", [["sign", "--json", "--key", 0], ["verify", "--cert", 1],
                                   ["verify", "--json", "--cert", 1], ["--help"], ["--version"]],
                         ids=lambda words: "-".join(map(str, words)))
def test_stdout_that_is_full(bin_dir, keys, tool, words):
    """What can't be written is trouble with a line, never a yes."""
    words = [keys[w] if isinstance(w, int) else w for w in words]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([bin_dir / "assay-sign", *words, *([tool] if len(words) > 1 else [])],
                              stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2 and done.stderr.startswith(b"assay-sign: stdout: "), done


def test_contradicting_options(trouble, tool, keys):
    """One of the two was not meant."""
    for pair in (["--evm", "--no-evm"], ["--no-evm", "--evm"]):
        done = trouble("assay-sign", "sign", "--key", keys[0], *pair, tool)
        assert "--evm and --no-evm exclude each other" in done.err and not signed(tool), done


def test_names_below_a_root_are_those_of_that_system(run, keys, tmp_path):
    """As explain, owner and repair have them; in JSON they are where the file is."""
    make(tmp_path / "tool")
    words = ["verify", "--cert", keys[1], "--root", tmp_path, "/tool"]
    assert run("assay-sign", *words).out == "/tool: no signature (security.ima)\n"
    assert f'"path":"{tmp_path}/tool"' in run("assay-sign", *words, "--json").out


def test_a_name_with_the_root_in_front(run, keys, tmp_path):
    """It is not one of that system: which one is."""
    make(tmp_path / "tool")
    for command in ("sign", "verify"):
        words = ["--key", keys[0]] if command == "sign" else []
        done = run("assay-sign", command, *words, "--cert", keys[1], "--root", tmp_path, tmp_path / "tool")
        assert done.rc == 2 and "is no file below --root: leave the path of --root out" in done.err, done
