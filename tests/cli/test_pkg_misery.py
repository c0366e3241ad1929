# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages that are damaged, forged or odd: refused with one line, and left as they were."""

import io
import os
import shutil
import subprocess
import tarfile

import pytest

from frame.deb import ARCH, ELF, build_deb

SCRIPT = b"#!/bin/sh\nexit 0\n"
CONTROL = f"Package: odd\nVersion: 1\nArchitecture: {ARCH}\nMaintainer: x\nDescription: x\n".encode()


CA = """[ca]
default_ca = d
[d]
database = {0}/index
serial = {0}/serial
new_certs_dir = {0}
default_md = sha256
policy = p
[p]
commonName = supplied
"""


def tar(entries):
    """A tar of (name, content, mode) or TarInfo."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            info = tarfile.TarInfo(entry[0])
            info.size, info.mode = len(entry[1]), entry[2]
            archive.addfile(info, io.BytesIO(entry[1]))
    return out.getvalue()


def ar(members):
    """An ar of (name, content)."""
    out = b"!<arch>\n"
    for name, data in members:
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data
        out += b"\n" * (len(data) % 2)
    return out


FORMAT = ("debian-binary", b"2.0\n")
CONTROL_TAR = ("control.tar", tar([("./control", CONTROL, 0o644)]))
DATA_TAR = ("data.tar", tar([("./usr/bin/odd", SCRIPT, 0o755)]))
# struct h_misc of a setuid file: EVM's portable signature is made over what ends so.
MISC = bytes(20) + (0o104755).to_bytes(2, "little") + bytes(2)
ODD = {
    "another file's mode": (ar([FORMAT, CONTROL_TAR, ("data.tar", tar([("./usr/bin/odd", SCRIPT + MISC, 0o755)]))]),
                            "another file's owner and mode, which is not signed"),
    "empty": (b"", ""),
    "text": (b"not a package\n", ""),
    "half a header": (ar([FORMAT])[:30], ""),
    "no control": (ar([FORMAT, DATA_TAR]), "control.tar"),
    "no data": (ar([FORMAT, CONTROL_TAR]), "data.tar"),
    "no format": (ar([CONTROL_TAR, DATA_TAR]), "debian-binary"),
    "format 3": (ar([("debian-binary", b"3.0\n"), CONTROL_TAR, DATA_TAR]), "format 2"),
    "endless format": (ar([("debian-binary", b"2.0\n" * 99), CONTROL_TAR, DATA_TAR]), "debian-binary"),
    "control twice": (ar([FORMAT, CONTROL_TAR, CONTROL_TAR, DATA_TAR]), "twice"),
    "data twice": (ar([FORMAT, CONTROL_TAR, DATA_TAR, DATA_TAR]), "twice"),
    "stranger": (ar([FORMAT, ("evil", b"x"), CONTROL_TAR, DATA_TAR]), "no part of a package"),
    "many members": (ar([FORMAT, *[(f"_{i}", b"x") for i in range(20)], CONTROL_TAR, DATA_TAR]), "more than 16"),
    "after the signatures": (ar([FORMAT, CONTROL_TAR, DATA_TAR, ("_assay", b"x"), ("_x", b"x")]), "follows _assay"),
    "scripts without end": (ar([FORMAT, ("control.tar", tar([("control", CONTROL, 0o644), ("postinst", bytes(65 << 20),
                                                                                           0o755)])), DATA_TAR]),
                            "more than 67108864 bytes"),
    "a control file without end": (ar([FORMAT, ("control.tar", tar([("control", CONTROL + bytes(2 << 20), 0o644)])),
                                       DATA_TAR]), "larger than the maximum"),
    "bytes behind": (ar([FORMAT, CONTROL_TAR, DATA_TAR]) + b"garbage\n", "follows its last member"),
    "many bytes behind": (ar([FORMAT, CONTROL_TAR, DATA_TAR]) + b"garbage\n" * 20, ""),
    "empty signatures": (ar([FORMAT, CONTROL_TAR, DATA_TAR, ("_assay", b"")]), "is empty"),
    "data is no tar": (ar([FORMAT, CONTROL_TAR, ("data.tar.xz", b"x" * 2000)]), "data.tar.xz"),
    "data cut": (ar([FORMAT, CONTROL_TAR, ("data.tar", DATA_TAR[1][:700])]), "data.tar"),
    "file twice": (ar([FORMAT, CONTROL_TAR, ("data.tar", tar([("./x", SCRIPT, 0o755), ("x", SCRIPT, 0o755)]))]),
                   "/x: is there twice"),
    "control file twice": (ar([FORMAT, ("control.tar", tar([("./control", CONTROL, 0o644)] * 2)), DATA_TAR]), "twice"),
    "no package name": (ar([FORMAT, ("control.tar", tar([("control", b"Version: 1\n", 0o644)])), DATA_TAR]),
                        "no Package"),
    "a name with a space": (ar([FORMAT, ("control.tar", tar([("control", CONTROL.replace(b"odd", b"o d"), 0o644)])),
                                DATA_TAR]), "a byte that none has"),
    "a long version": (ar([FORMAT, ("control.tar", tar([("control", CONTROL.replace(b": 1", b": " + b"1" * 300),
                                                         0o644)])), DATA_TAR]), "300 bytes"),
    "a record": (ar([FORMAT, CONTROL_TAR, ("data.tar", tar([("./usr/bin/r", b"assay-record 1\nmode log\n", 0o755)]))]),
                 "an enforcement record"),
    "a package's text": (ar([FORMAT, CONTROL_TAR, ("data.tar", tar([("./r", b"assay-package 1\n", 0o755)]))]),
                         "a package's signatures"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_packages(trouble, keys, tmp_path, case):
    """Not signed, and not touched."""
    data, say = ODD[case]
    path = tmp_path / "odd.deb"
    path.write_bytes(data)
    done = trouble("assay-pkg", "sign", "--key", keys[0], "--cert", keys[1], path)
    assert str(path) in done.err and say in done.err, done
    assert path.read_bytes() == data and os.listdir(tmp_path) == ["odd.deb"]


def test_what_is_no_file(trouble, keys, tmp_path):
    """Nothing, a directory, a FIFO, a device."""
    os.mkfifo(tmp_path / "fifo")
    for path, say in ((tmp_path / "none", "No such file"), (tmp_path, "not a regular"), (tmp_path / "fifo", "not a regular"),
                      ("/dev/null", "not a regular")):
        for words in (["sign", "--key", keys[0]], ["verify", "--cert", keys[1]], ["show"]):
            assert say in trouble("assay-pkg", *words, path).err


@pytest.mark.parametrize("words, say", [
    (["sign"], "no package"), (["sign", "--profile", "none", "x"], "no profile"), (["sign", "--digest", "sha1", "x"], "sha1"),
    (["sign", "--digest", "x", "x"], "no digest is named 'x' (sha256, sha384, sha512)"),
    (["sign", "--jobs", "x", "x"], "jobs"), (["verify", "--cert", "/nonexistent", "x"], "/nonexistent"),
    (["sign", "--key", "/nonexistent", "x"], "/nonexistent"), (["verify", "--key", "x"], "--key"), (["nothing"], "nothing")])
def test_misuse(trouble, words, say):
    """Options and keys that are wrong."""
    assert say in trouble("assay-pkg", *words).err


@pytest.fixture
def signed(run, keys, tmp_path):
    """A signed package."""
    deb = build_deb(tmp_path / "tool", "tool", {"/usr/bin/tool": (SCRIPT, 0o755), "/usr/lib/x.so": (ELF, 0o644)})
    assert run("assay-pkg", "sign", "--key", keys[0], "--cert", keys[1], deb).rc == 0
    return deb


@pytest.fixture
def denied(run, keys):
    """verify must refuse, in one line."""
    def check(deb, say="", cert=keys[1]):
        done = run("assay-pkg", "verify", "--cert", cert, deb)
        assert done.rc == 1 and done.out.count("\n") == 1 and done.err == "" and say in done.out, done
    return check


def test_every_byte_counts(run, keys, signed, tmp_path):
    """A package with any byte changed is never valid; most are refused, the others can't be read."""
    whole = signed.read_bytes()
    copy = tmp_path / "copy.deb"
    for at in range(8, len(whole), max(1, len(whole) // 150)):
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        done = run("assay-pkg", "verify", "--cert", keys[1], copy)
        # The headers' times and owners are nobody's content, and pads are not either.
        assert done.rc in (1, 2) or headers(whole, at), (at, done)


def headers(whole, at):
    """Whether the byte is of a member's header or padding."""
    pos = 8
    while pos < len(whole):
        size = int(whole[pos + 48:pos + 58])
        if pos <= at < pos + 60 or at == pos + 60 + size:
            return True
        pos += 60 + size + size % 2
    return False


def test_cut_anywhere(run, keys, signed, tmp_path):
    """A package that ends early is never valid."""
    whole = signed.read_bytes()
    copy = tmp_path / "copy.deb"
    for at in range(0, len(whole) - 2, max(1, len(whole) // 60)):
        copy.write_bytes(whole[:at])
        assert run("assay-pkg", "verify", "--cert", keys[1], copy).rc in (1, 2), at


def test_signatures_of_another_package(signed, denied, run, keys, tmp_path):
    """They do not move from one package to another, not even between builds of one version."""
    other = build_deb(tmp_path / "other", "tool", {"/usr/bin/tool": (SCRIPT + b"evil\n", 0o755)})
    text = subprocess.run(["ar", "p", signed, "_assay"], check=True, capture_output=True).stdout
    other.with_name("other.deb.assay").write_bytes(text)
    denied(other, "is not what was signed")
    renamed = build_deb(tmp_path / "renamed", "renamed", {"/usr/bin/tool": (SCRIPT, 0o755)})
    renamed.with_name("renamed.deb.assay").write_bytes(text)
    denied(renamed, "they are of tool 1")


def test_nobodys_signatures(signed, denied, other_keys):
    """By a key that is not trusted."""
    denied(signed, "not trusted", cert=other_keys[1])


def test_unsigned(denied, tmp_path):
    """Without any; the line says what to do."""
    denied(build_deb(tmp_path / "t", "t", {"/usr/bin/t": (SCRIPT, 0o755)}), "'assay pkg sign' puts them in")


def test_bytes_behind_the_signatures(run, keys, signed):
    """A package that was signed, and grew: neither valid nor left as it is by sign."""
    with open(signed, "ab") as out:
        out.write(b"garbage\n")
    assert run("assay-pkg", "verify", "--cert", keys[1], signed).rc == 2
    assert run("assay-pkg", "sign", "--key", keys[0], "--cert", keys[1], signed).rc == 2


def test_a_link_is_followed(run, keys, tmp_path):
    """What is signed is what it leads to; the link stays."""
    (tmp_path / "pool").mkdir()
    deb = build_deb(tmp_path / "pool/t", "t", {"/usr/bin/t": (SCRIPT, 0o755)})
    link = tmp_path / "t.deb"
    link.symlink_to("pool/t.deb")
    for words in ([], ["--detached"]):
        assert run("assay-pkg", "sign", *words, "--key", keys[0], "--cert", keys[1], link).rc == 0
        assert link.is_symlink() and run("assay-pkg", "verify", "--cert", keys[1], deb).rc == 0
    assert deb.with_name("t.deb.assay").exists()


def test_stale_signatures_beside(run, denied, keys, other_keys, tmp_path):
    """They would count before what is put in: told of, and removed when told to."""
    deb = build_deb(tmp_path / "t", "t", {"/usr/bin/t": (SCRIPT, 0o755)})
    words = ["assay-pkg", "sign", "--key"]
    assert run(*words, other_keys[0], "--detached", deb).rc == 0
    done = run(*words, keys[0], "--cert", keys[1], deb)
    assert done.rc == 1 and "lie beside it" in done.out, done
    denied(deb, f"in {deb}.assay: signed by a key that is not trusted")
    assert run(*words, keys[0], "--cert", keys[1], "--replace", deb).rc == 0
    assert not deb.with_name("t.deb.assay").exists() and run("assay-pkg", "verify", "--cert", keys[1], deb).rc == 0


def test_an_expired_certificate(run, denied, tmp_path):
    """What it signed counts no more."""
    key, cert = tmp_path / "old.key", tmp_path / "old.pem"
    (tmp_path / "ca.conf").write_text(CA.format(tmp_path))
    (tmp_path / "index").touch()
    (tmp_path / "serial").write_text("01\n")
    subprocess.run(["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=old", "-keyout", key,
                    "-out", tmp_path / "old.csr"], check=True, capture_output=True)
    subprocess.run(["openssl", "ca", "-batch", "-config", tmp_path / "ca.conf", "-selfsign", "-keyfile", key,
                    "-startdate", "20200101000000Z", "-enddate", "20210101000000Z", "-notext", "-in", tmp_path / "old.csr",
                    "-out", cert], check=True, capture_output=True)
    key.chmod(0o600)
    deb = build_deb(tmp_path / "t", "t", {"/usr/bin/t": (SCRIPT, 0o755)})
    assert run("assay-pkg", "sign", "--key", key, "--cert", cert, deb).rc == 0
    denied(deb, "expired", cert=cert)


def test_a_directory_that_can_not_be_written(trouble, keys, signed, mounts, tmp_path):
    """Nothing is half done."""
    if os.geteuid() != 0:
        pytest.skip("mounting takes root")
    point = mounts.mount("-t", "tmpfs", "none")
    shutil.copy(build_deb(tmp_path / "t", "t", {"/usr/bin/t": (SCRIPT, 0o755)}), point / "t.deb")
    subprocess.run(["mount", "-o", "remount,ro", point], check=True)
    assert "Read-only file system" in trouble("assay-pkg", "sign", "--key", keys[0], "--cert", keys[1], point / "t.deb").err
    assert os.listdir(point) == ["t.deb"]


def test_a_full_disk(trouble, keys, mounts, tmp_path):
    """The package stays as it was, nothing else is left."""
    if os.geteuid() != 0:
        pytest.skip("mounting takes root")
    point = mounts.mount("-t", "tmpfs", "-o", "size=64k", "none")
    deb = build_deb(tmp_path / "t", "t", {"/usr/bin/t": (os.urandom(40000), 0o755)})
    shutil.copy(deb, point / "t.deb")
    assert "No space left" in trouble("assay-pkg", "sign", "--key", keys[0], "--cert", keys[1], point / "t.deb").err
    assert os.listdir(point) == ["t.deb"] and (point / "t.deb").read_bytes() == deb.read_bytes()


def test_what_is_no_package(run, keys, tmp_path):
    """In words, and not in libarchive's."""
    text = tmp_path / "passwd"
    text.write_text("root:x:0:0\n")
    for words in (["sign", "--key", keys[0]], ["show"]):
        done = run("assay-pkg", *words, text)
        assert (done.rc, done.err) == (2, f"assay-pkg: {words[0]}: {text}: not a Debian package\n"), done
