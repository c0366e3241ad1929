# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-sign sign and verify as a user sees them."""

import json
import os
import resource
import subprocess

import pytest

SCRIPT = b"#!/bin/sh\nexit 0\n"
IMA, EVM = "security.ima", "security.evm"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


def make(path, content=SCRIPT, mode=0o755):
    """A file."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def attr(path, name=IMA):
    """An attribute or None."""
    try:
        return os.getxattr(path, name)
    except OSError:
        return None


@pytest.fixture
def sign(run, keys):
    """sign(path, ...) with the usual key; returns how it ended."""
    return lambda *words, **kw: run("assay-sign", "sign", "--key", keys[0], "--cert", keys[1],
                                    "--profile", "signature", *words, **kw)


@pytest.fixture
def verify(run, keys):
    """verify(path, ...) with the usual certificate; returns how it ended."""
    return lambda *words, **kw: run("assay-sign", "verify", "--cert", keys[1],
                                    "--profile", "signature", *words, **kw)


def quiet(done):
    """It worked and said nothing."""
    return (done.rc, done.out, done.err) == (0, "", "")


def test_a_signed_file_verifies_until_it_is_changed(sign, verify, tmp_path):
    """Sign, verify, change, verify."""
    path = make(tmp_path / "tool")
    assert quiet(sign(path)) and quiet(verify(path))
    with path.open("ab") as to:
        to.write(b"#")
    done = verify(path)
    assert done.rc == 1 and done.err == ""
    assert done.out.startswith(f"{path}: security.ima: the signature does not match"), done


def test_verify_says_what_is_wrong(sign, verify, run, keys, other_keys, tmp_path):
    """Each kind of wrong attribute has its own line."""
    path = make(tmp_path / "tool")
    assert verify(path).out == f"{path}: no signature (security.ima)\n"
    os.setxattr(path, IMA, b"\4\4" + bytes(32))
    assert verify(path).out == f"{path}: security.ima holds a hash, not a signature\n"
    os.setxattr(path, IMA, b"\3\2\4")
    assert verify(path).out == f"{path}: security.ima holds no valid signature format\n"
    assert run("assay-sign", "sign", "--key", other_keys[0], path).rc == 0
    assert "a key that is not trusted" in verify(path).out
    assert quiet(run("assay-sign", "verify", "--cert", keys[1], "--cert", other_keys[1], path))
    assert quiet(sign(path))
    assert verify("--evm", path).out == f"{path}: no portable signature (security.evm)\n"


def test_a_signature_of_another_key_is_replaced(sign, verify, run, other_keys, tmp_path):
    """What another key signed gets ours."""
    path = make(tmp_path / "tool")
    assert run("assay-sign", "sign", "--key", other_keys[0], path).rc == 0
    before = attr(path)
    assert quiet(sign(path)) and quiet(verify(path))
    assert attr(path) != before


def test_a_second_run_changes_nothing(sign, tmp_path):
    """Valid signatures by the key are kept, with their bytes and change times."""
    path = make(tmp_path / "tool")
    assert quiet(sign("--evm", path))
    before = attr(path), attr(path, EVM), os.stat(path).st_ctime_ns
    assert quiet(sign("--evm", path))
    assert (attr(path), attr(path, EVM), os.stat(path).st_ctime_ns) == before


def test_only_what_is_appraised_is_signed(sign, verify, tmp_path):
    """In a tree: programs by content and mode; --all-files: every file; a named file: always."""
    program, data = make(tmp_path / "tool"), make(tmp_path / "notes", b"text\n", 0o644)
    assert quiet(sign("-r", tmp_path))
    assert attr(program) and not attr(data)
    assert quiet(verify("-r", tmp_path))
    assert verify("-r", "--all-files", tmp_path).out == f"{data}: no signature (security.ima)\n"
    assert quiet(sign(data)) and attr(data)
    assert quiet(verify("-r", "--all-files", tmp_path))


def test_nothing_verified_is_no_yes(verify, tmp_path):
    """A tree without anything to verify is not good."""
    done = verify("-r", tmp_path)
    assert done.rc == 1 and "nothing there" in done.err


def test_times_stay(sign, verify, tmp_path):
    """Access and modification times are what they were."""
    path = make(tmp_path / "tool")
    os.utime(path, ns=(10**18, 10**18 + 7))
    assert quiet(sign("--evm", path)) and quiet(verify("--evm", path))
    st = os.stat(path)
    assert (st.st_atime_ns, st.st_mtime_ns) == (10**18, 10**18 + 7)


def test_hard_links_are_done_once(sign, tmp_path):
    """One inode, one signature, however many names."""
    path = make(tmp_path / "tool")
    for n in range(20):
        os.link(path, tmp_path / f"name{n}")
    done = sign("-r", "--json", tmp_path)
    assert json.loads(done.out.splitlines()[-1])["summary"]["signed"] == 1


def test_no_name_hides_a_file(sign, verify, tmp_path):
    """Firmware is known by its place: whichever of its names comes first, it is done."""
    firmware = tmp_path / "lib/firmware/blob"
    firmware.parent.mkdir(parents=True)
    make(firmware, b"blob", 0o644)
    for n in range(30):
        (tmp_path / f"{n}").mkdir()
        os.link(firmware, tmp_path / f"{n}/blob")
    assert verify("-r", tmp_path).rc == 1
    done = sign("-r", "--json", "--jobs", "1", tmp_path)
    assert json.loads(done.out.splitlines()[-1])["summary"]["signed"] == 1
    assert quiet(verify("-r", tmp_path))


@pytest.mark.parametrize("name", [b"new\nline", b"\xff\xfe", b" ", b"-r", b"\x1b[31m", "\u00fc".encode()])
def test_names(sign, verify, tmp_path, name):
    """Any name is taken, and shown so that it can't forge a line."""
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as to:
        to.write(SCRIPT)
    os.chmod(path, 0o755)
    shown = verify("--", path)
    assert shown.rc == 1 and shown.out.count("\n") == 1 and "\x1b" not in shown.out
    shown.out.encode()
    assert quiet(sign("--", path)) and quiet(verify("-r", tmp_path))


def test_json_is_utf8_whatever_the_name(verify, tmp_path):
    """A name that is not UTF-8 is escaped in JSON."""
    path = os.path.join(os.fsencode(tmp_path), b"\xff")
    with open(path, "wb") as to:
        to.write(SCRIPT)
    os.chmod(path, 0o755)
    lines = [json.loads(line) for line in verify("--json", path).out.splitlines()]
    assert lines[0]["outcome"] == "denied" and lines[0]["path"].endswith("\\xff")
    assert lines[-1]["summary"]["denied"] == 1


def test_links_in_a_tree_are_not_followed(sign, tmp_path):
    """What a symbolic link in a tree points to is not signed."""
    outside = make(tmp_path / "outside")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "link").symlink_to(outside)
    (tree / "dir").symlink_to(tmp_path)
    make(tree / "tool")
    assert quiet(sign("-r", tree))
    assert not attr(outside)


def test_one_file_system_unless_told(sign, mounts, tmp_path):
    """What is mounted below is left out, and taken with --cross-file-systems."""
    make(tmp_path / "tool")
    point = mounts.mount("-t", "tmpfs", "none")
    inner = make(point / "inner")
    assert quiet(sign("-r", tmp_path)) and not attr(inner)
    assert quiet(sign("-r", "--cross-file-systems", tmp_path)) and attr(inner)


def test_a_large_sparse_file(sign, verify, tmp_path):
    """A file of 3 GiB, nearly all a hole, is hashed and signed in little memory."""
    path = make(tmp_path / "huge")
    os.truncate(path, 3 << 30)
    assert quiet(sign(path)) and quiet(verify(path))
    with path.open("r+b") as to:
        to.seek(2 << 30)
        to.write(b"x")
    assert verify(path).rc == 1


def test_memory_is_bounded(sign, plain_bin_dir, tmp_path):
    """Under a limit of 300 MB of address space, a tree of 20,000 files is done by four threads."""
    for d in range(20):
        (tmp_path / str(d)).mkdir()
        for n in range(1000):
            os.close(os.open(tmp_path / str(d) / f"f{n}", os.O_CREAT | os.O_WRONLY, 0o644))
    limit = 300 << 20
    done = sign("-r", "--all-files", "--json", "--jobs", "4", tmp_path, where=plain_bin_dir, preexec_fn=lambda:
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    assert json.loads(done.out.splitlines()[-1])["summary"]["signed"] == 20000, done


def test_dry_run_writes_nothing(sign, tmp_path):
    """--dry-run counts and leaves the files alone."""
    path = make(tmp_path / "tool")
    done = sign("--dry-run", "--json", "--evm", path)
    assert json.loads(done.out)["summary"]["signed"] == 1 and not attr(path) and not attr(path, EVM)


def test_a_deep_tree_is_refused_not_crashed(sign, tmp_path):
    """Deeper than 256 directories is a line, not an overflow."""
    top = os.open(tmp_path, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=top)
        below = os.open("d", os.O_RDONLY, dir_fd=top)
        os.close(top)
        top = below
    os.close(top)
    done = sign("-r", tmp_path)
    assert done.rc == 2 and "nest deeper than 256" in done.err
    subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)


def test_verity_profile_where_there_is_none(sign, verify, mounts):
    """Without the feature the verity profile says so; auto falls back to v2 signatures."""
    path = make(mounts.ext4() / "tool")
    done = sign("--profile", "verity", path)
    assert done.rc == 2 and "the file system lacks the feature" in done.err, done
    assert quiet(sign("--profile", "auto", path)) and attr(path)[:2] == b"\3\2"
    assert verify("--profile", "verity", path).rc == 1
    assert quiet(verify("--profile", "auto", path))


def test_a_program_of_another_user_is_refused(sign, verify, tmp_path):
    """Users 0 to 2 are the policy's; data and --all-files are not asked."""
    path, data = make(tmp_path / "tool"), make(tmp_path / "data", b"text\n", 0o644)
    os.chown(path, 3, 0)
    os.chown(data, 3, 0)
    done = sign("-r", tmp_path)
    assert done.rc == 1 and done.err.count("\n") == 1, done
    assert (f"{path}: owned by user 3: in the signature profile only files of users 0 to 2 run; have root "
            "own it or a copy of it, or use the verity profile") in done.err
    assert not attr(path) and sign(path).rc == 1 and quiet(sign(data))
    assert quiet(sign("-r", "--all-files", tmp_path)) and attr(path)
    done = verify("-r", tmp_path)
    assert done.rc == 1 and "owned by user 3" in done.out, done
    assert quiet(verify("-r", "--all-files", tmp_path)) and quiet(verify(data))
    os.chown(path, 2, 0)
    assert quiet(verify("-r", tmp_path)) and quiet(sign("-r", tmp_path))
