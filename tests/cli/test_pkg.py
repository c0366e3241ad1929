# SPDX-License-Identifier: GPL-2.0-or-later
"""`assay pkg`: signatures in packages, made without installing them, worth what the key is worth."""

import hashlib
import json
import os
import shutil
import subprocess

import pytest

from frame.deb import ELF, build_deb

SCRIPT = b"#!/bin/sh\nexit 0\n"
FILES = {
    "/usr/bin/tool": (SCRIPT, 0o755),
    "/usr/bin/tool with space": (SCRIPT + b"\n", 0o755),
    "/usr/lib/libx.so.1": (ELF, 0o644),
    "/usr/lib/firmware/x.bin": (b"firmware", 0o644),
    "/usr/share/doc/tool/readme": (b"text\n", 0o644),
    "/usr/sbin/setuid": (ELF + b"x", 0o4755),
}
EXECUTABLE = {"/postinst", *(p for p in FILES if "doc" not in p)}


@pytest.fixture
def deb(tmp_path):
    """A package with a file of each sort."""
    return build_deb(tmp_path / "tool", "tool", FILES, scripts={"postinst": "#!/bin/sh\nexit 0\n"})


@pytest.fixture
def sign(run, keys):
    """Signs packages, which must work in silence."""
    def work(*words, key=keys):
        done = run("assay-pkg", "sign", "--key", key[0], "--cert", key[1], *words)
        assert (done.rc, done.out, done.err) == (0, "", ""), done
    return work


@pytest.fixture
def verify(run, keys):
    """The exit status and what was said."""
    def work(*words, cert=keys[1]):
        return run("assay-pkg", "verify", "--cert", cert, *words)
    return work


def refused(done, say):
    """A verdict against, in one line that says so."""
    assert done.rc == 1 and done.err == "" and done.out.count("\n") == 1 and say in done.out, done


def signatures(deb):
    """The text in a package."""
    return subprocess.run(["ar", "p", deb, "_assay"], check=True, capture_output=True).stdout


def manifests(text):
    """The manifests in it: (part, profile) -> {path: [digest, owner, ima, evm]}."""
    found, rest = {}, text
    while rest:
        line, _, rest = rest.partition(b"\n")
        words = line.decode().split(" ")
        if words[0] in ("scripts", "files"):
            block, rest = rest[:int(words[2])], rest[int(words[2]):]
            rows = [row.split(" ") for row in block.decode().splitlines()[1:-1]]
            found[words[0], words[1]] = {row[0].replace("\\x20", " "): row[1:] for row in rows}
    return found


def test_everything_executable_and_nothing_else(deb, sign, verify):
    """Scripts, programs, libraries and firmware, for both profiles; dpkg takes the package as before."""
    before = deb.read_bytes()
    sign(deb)
    found = manifests(signatures(deb))
    for profile in ("signature", "verity"):
        assert set(found["scripts", profile]) | set(found["files", profile]) == EXECUTABLE
    assert deb.read_bytes()[:len(before)] == before
    done = verify("-v", deb)
    assert done.rc == 0 and "valid, 6 files, by CN=" in done.out, done
    subprocess.run(["dpkg-deb", "--contents", deb], check=True, capture_output=True)


def test_attributes_are_what_the_kernel_takes(run, deb, sign, keys, tmp_path, build_dir):
    """On the unpacked files they verify, by assay-sign, by evmctl, and as v3 signatures."""
    if os.geteuid() != 0:
        pytest.skip("security.* attributes take root")
    sign(deb)
    subprocess.run(["dpkg-deb", "-x", deb, tmp_path / "out"], check=True)
    found = manifests(signatures(deb))
    paths = []
    for path, (digest, owner, ima, evm) in found["files", "signature"].items():
        where = tmp_path / f"out{path}"
        assert digest == f"file:sha256:{hashlib.sha256(where.read_bytes()).hexdigest()}"
        assert owner == f"0:0:{where.stat().st_mode & 0o7777:04o}"
        os.setxattr(where, "security.ima", bytes.fromhex(ima))
        os.setxattr(where, "security.evm", bytes.fromhex(evm))
        paths.append(where)
    words = ["verify", "--profile", "signature", "--evm", "--all-files", "--cert", keys[1]]
    assert run("assay-sign", *words, *paths).rc == 0
    for where in paths:
        subprocess.run(["evmctl", "ima_verify", "-k", keys[1], where], check=True, capture_output=True)
    for path, (digest, _, ima, _) in found["files", "verity"].items():
        if "firmware" in path:
            assert digest.startswith("file:")
            continue
        where = tmp_path / f"out{path}"
        os.setxattr(where, "security.ima", bytes.fromhex(ima))
        assert run("v3", "verify", keys[1], where, where=build_dir / "interop").rc == 0, path


@pytest.mark.parametrize("profile", ["signature", "verity"])
def test_for_one_profile(deb, sign, verify, profile):
    """Only that one's signatures; --no-evm leaves the portable ones out; a later run adds what lacks."""
    sign("--profile", profile, "--no-evm", deb)
    found = manifests(signatures(deb))
    assert {p for _, p in found} == {profile}
    assert all(row[3] == "-" for rows in found.values() for row in rows.values())
    assert verify(deb).rc == 0
    sign(deb)
    assert {p for _, p in manifests(signatures(deb))} == {"signature", "verity"}


def test_what_is_signed_is_left_alone(run, deb, sign, keys, other_keys, verify):
    """A second run writes nothing; another key's takes its place only when it is told to."""
    sign(deb)
    before = deb.read_bytes()
    done = run("assay-pkg", "sign", "--json", "--key", keys[0], "--cert", keys[1], deb)
    assert json.loads(done.out)["outcome"] == "kept" and deb.read_bytes() == before
    refused(run("assay-pkg", "sign", "--key", other_keys[0], deb), "another key")
    assert deb.read_bytes() == before
    sign("--replace", deb, key=other_keys)
    refused(verify(deb), "not trusted")
    assert verify(deb, cert=other_keys[1]).rc == 0
    sign("--replace", deb)
    assert len(deb.read_bytes()) - len(before) in range(-200, 200)


def test_beside_the_package(deb, sign, verify):
    """--detached leaves the package as it is; what is beside it counts."""
    before = deb.read_bytes()
    sign("--detached", deb)
    assert deb.read_bytes() == before and verify(deb).rc == 0
    deb.with_name(deb.name + ".assay").write_bytes(b"assay-package 1\nx\n")
    refused(verify(deb), ".assay: the last line is no signature")


def test_show(run, deb, sign):
    """What is claimed, for people and programs; without signatures that is trouble."""
    assert run("assay-pkg", "show", deb).rc == 2
    sign(deb)
    done = run("assay-pkg", "show", "--files", deb)
    assert done.rc == 0 and "tool 1 (" in done.out and "/usr/bin/tool with space" in done.out, done
    answer = json.loads(run("assay-pkg", "show", "--json", "--files", deb).out)
    assert answer["package"] == "tool" and answer["count"] == 6
    assert {f["path"] for f in answer["files"]} == EXECUTABLE


@pytest.mark.parametrize("compression", ["gzip", "xz", "zstd", "none"])
def test_compressions(tmp_path, sign, verify, compression):
    """All that dpkg-deb makes."""
    deb = build_deb(tmp_path / "tool", "tool", FILES, options=[f"-Z{compression}"])
    sign(deb)
    assert len(manifests(signatures(deb))["files", "signature"]) == 5 and verify(deb).rc == 0


def test_a_package_with_nothing_to_run(tmp_path, sign, verify):
    """It is signed all the same: it is vouched for."""
    deb = build_deb(tmp_path / "doc", "doc", {"/usr/share/doc/doc/x": (b"x", 0o644)})
    sign(deb)
    done = verify("-v", deb)
    assert done.rc == 0 and "0 files" in done.out, done


def test_names_and_links(tmp_path, sign, verify):
    """Names that are not UTF-8, long ones, hard links once, directories deep."""
    odd = os.fsdecode(b"/usr/bin/\xff\xfe name")
    long = "/usr/lib/" + "/".join(["d" * 100] * 20) + "/x.so"
    tree = tmp_path / "odd"
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/a").write_bytes(SCRIPT)
    (tree / "usr/bin/a").chmod(0o755)
    os.link(tree / "usr/bin/a", tree / "usr/bin/b")
    (tree / "usr/bin/c").symlink_to("a")
    deb = build_deb(tree, "odd", {odd: (ELF, 0o755), long: (ELF, 0o644)}, md5sums=False)
    sign(deb)
    found = set(manifests(signatures(deb))["files", "signature"])
    assert len(found) == 3 and long in found and len(found & {"/usr/bin/a", "/usr/bin/b"}) == 1
    assert verify(deb).rc == 0


def test_many_at_once(run, tmp_path, keys):
    """On all processors, a line for each."""
    debs = [build_deb(tmp_path / f"p{i}", f"p{i}", FILES) for i in range(12)]
    done = run("assay-pkg", "sign", "-v", "-j", "4", "--key", keys[0], "--cert", keys[1], *debs)
    assert done.rc == 0 and done.out.count("signed, 5 files") == 12, done
    done = run("assay-pkg", "verify", "--json", "--cert", keys[1], *debs)
    assert done.rc == 0 and done.out.count('"valid"') == 12, done


def test_memory_does_not_grow_with_the_package(tmp_path, plain_bin_dir, keys):
    """A program of 300 MB, unpacked within 160 MiB of address space, libraries included."""
    tree = tmp_path / "large"
    (tree / "usr/bin").mkdir(parents=True)
    with open(tree / "usr/bin/large", "wb") as out:
        out.write(ELF)
        out.truncate(300 << 20)
    (tree / "usr/bin/large").chmod(0o755)
    deb = build_deb(tree, "large", {}, md5sums=False, options=["-Zgzip", "-z1"])
    words = ["sign", "--profile", "signature", "--key", keys[0], "--cert", keys[1], deb]
    done = subprocess.run(["prlimit", f"--as={160 << 20}", plain_bin_dir / "assay-pkg", *words],
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(manifests(signatures(deb))["files", "signature"]) == 1


def test_killed_at_any_moment(tmp_path, deb, plain_bin_dir, keys, verify, factor):
    """The package is the old or the new one, and the next run finishes."""
    for i in range(20 * factor):
        copy = tmp_path / f"copy{i}.deb"
        shutil.copy(deb, copy)
        process = subprocess.Popen([plain_bin_dir / "assay-pkg", "sign", "--key", keys[0], "--cert", keys[1], copy])
        try:
            process.wait(0.0007 * i / factor)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        whole = copy.read_bytes()
        assert whole == deb.read_bytes() or verify(copy).rc == 0, i
        subprocess.run([plain_bin_dir / "assay-pkg", "sign", "--key", keys[0], "--cert", keys[1], copy], check=True)
        assert verify(copy).rc == 0
