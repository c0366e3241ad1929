# SPDX-License-Identifier: GPL-2.0-or-later
"""The manifest that sign keeps, and repair, which puts lost signatures back from it."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")

PROGRAM = b"#!/bin/sh\nexit 0\n"
NEWLINE = "new\nline"
NOT_UTF8 = os.fsdecode(b"\xff\xfe")
NAMES = ("plain", NEWLINE, NOT_UTF8, "two words")
ATTRS = ("security.ima", "security.evm")


@pytest.fixture(scope="session")
def keys(tmp_path_factory, bin_dir):
    """Two pairs (key, certificate): ours, another's."""
    top = tmp_path_factory.mktemp("keys")
    pairs = [(top / f"{name}.key", top / f"{name}.der") for name in ("ours", "other")]
    for key, cert in pairs:
        subprocess.run([bin_dir / "assay-sign", "keygen", "--type", "p256", "--no-passphrase",
                        "--key", key, "--cert", cert], check=True)
    return pairs


class Tree:
    """Signed programs, and the manifest of them."""

    def __init__(self, path, run, keys):
        self.path = path / "tree"
        self.manifest = path / "manifest"
        self.run = run
        self.keys = keys
        self.path.mkdir()
        for name in NAMES:
            (self.path / name).write_bytes(PROGRAM)
            (self.path / name).chmod(0o755)
        done = self.sign("-r", self.path)
        assert done.rc == 0, done

    def sign(self, *args, pair=0):
        """assay-sign sign into the manifest."""
        key, cert = self.keys[pair]
        return self.run("assay-sign", "sign", "--key", key, "--cert", cert, "--evm", "--profile",
                        "signature", "--manifest", self.manifest, *args)

    def repair(self, *args, pair=0):
        """assay-sign repair from the manifest."""
        return self.run("assay-sign", "repair", "--cert", self.keys[pair][1], "--manifest",
                        self.manifest, *args)

    def attrs(self, name):
        """Both attributes of a file; None where it has none."""
        have = os.listxattr(self.path / name)
        return [os.getxattr(self.path / name, a) if a in have else None for a in ATTRS]

    def strip(self, name):
        """Loses both."""
        for attr in ATTRS:
            os.removexattr(self.path / name, attr)


@pytest.fixture
def tree(tmp_path, run, keys):
    """A signed tree."""
    return Tree(tmp_path, run, keys)


def test_what_is_good_is_left_alone(tree):
    """Quiet, exit 0, not even a change time."""
    before = [os.stat(tree.path / n).st_ctime_ns for n in NAMES]
    done = tree.repair()
    assert (done.rc, done.out, done.err) == (0, "", ""), done
    assert before == [os.stat(tree.path / n).st_ctime_ns for n in NAMES]


def test_lost_signatures_come_back_as_they_were(tree, run):
    """Bit for bit, whatever the name; verify agrees."""
    before = [tree.attrs(n) for n in NAMES]
    for name in NAMES:
        tree.strip(name)
    assert all(tree.attrs(n) == [None, None] for n in NAMES)
    done = tree.repair("--verbose")
    assert done.rc == 0 and "0 good, 4 repaired, 0 gone, 0 not" in done.err, done
    assert before == [tree.attrs(n) for n in NAMES]
    assert run("assay-sign", "verify", "--cert", tree.keys[0][1], "--evm", "-r",
               "--profile", "signature", tree.path).rc == 0


def test_a_copy_without_attributes_gets_them(tree):
    """The case that it is for: restored from an archive that kept no attributes."""
    shutil.rmtree(tree.path / "x", ignore_errors=True)
    for name in NAMES:
        os.rename(tree.path / name, tree.path / "away")
        subprocess.run(["cp", "--preserve=mode,ownership", "--", "away", name], cwd=tree.path,
                       check=True)
        os.unlink(tree.path / "away")
    assert tree.repair().rc == 0 and None not in tree.attrs(NEWLINE)


@pytest.mark.parametrize("value", [b"\x04\x04" + bytes(32), b"\x03\x02", b"", bytes(900)])
def test_wrong_values_are_replaced(tree, value):
    """A hash, a cut signature, nothing, anything."""
    before = tree.attrs("plain")
    os.setxattr(tree.path / "plain", "security.ima", value)
    assert tree.repair().rc == 0
    assert tree.attrs("plain") == before


def test_a_changed_file_gets_nothing(tree):
    """One line, exit 1, the attributes stay lost; the others are repaired."""
    tree.strip("plain")
    tree.strip("two words")
    (tree.path / "plain").write_bytes(PROGRAM + b"evil\n")
    done = tree.repair()
    assert done.rc == 1 and done.err.count("\n") == 1, done
    assert done.err.endswith("/plain: its content is not what was signed\n")
    assert tree.attrs("plain") == [None, None] and None not in tree.attrs("two words")


@pytest.mark.parametrize("change", [
    lambda path: path.chmod(0o4755),
    lambda path: os.chown(path, 1, 0),
    lambda path: os.chown(path, 0, 1),
])
def test_another_owner_or_mode_gets_no_evm(tree, change):
    """security.ima, which does not count them, comes back; security.evm does not."""
    before = tree.attrs("plain")
    tree.strip("plain")
    change(tree.path / "plain")
    done = tree.repair()
    assert done.rc == 1 and "signed with owner 0:0 and mode 0755" in done.err, done
    assert tree.attrs("plain") == [before[0], None]


def test_capabilities_count(tree):
    """A capability that was added is no part of what was signed."""
    tree.strip("plain")
    subprocess.run(["setcap", "cap_net_raw+ep", tree.path / "plain"], check=True)
    done = tree.repair()
    assert done.rc == 1 and "the manifest's security.evm" in done.err, done
    assert tree.attrs("plain")[1] is None


def test_nothing_is_believed_without_a_certificate(tree):
    """Signatures by a key that is not trusted here are not attached."""
    tree.strip("plain")
    done = tree.repair(pair=1)
    assert done.rc == 1 and "the manifest's security.ima" in done.err, done
    assert tree.attrs("plain") == [None, None]


def test_a_forged_entry_gets_nothing(tree):
    """Another file's signature under this path, with this file's digest: it does not verify."""
    other = tree.path / "other"
    other.write_bytes(PROGRAM + b"# other\n")
    other.chmod(0o755)
    assert tree.sign(other).rc == 0
    tree.strip("plain")
    lines = tree.manifest.read_text().splitlines()
    ima = next(l for l in lines if "/other " in l).split(" ")[3]
    forged = ["".join(l) for l in lines]
    for i, line in enumerate(forged):
        if "/plain " in line:
            words = line.split(" ")
            words[3] = ima
            forged[i] = " ".join(words)
    tree.manifest.write_text("\n".join(forged) + "\n")
    done = tree.repair(tree.path / "plain")
    assert done.rc == 1 and "the manifest's security.ima" in done.err, done
    assert tree.attrs("plain") == [None, None]


def test_a_link_in_the_place_of_a_file_is_not_followed(tree):
    """Neither a symbolic link nor a directory is repaired."""
    (tree.path / "plain").rename(tree.path / "moved")
    tree.strip("moved")
    (tree.path / "plain").symlink_to("moved")
    done = tree.repair()
    assert done.rc == 1 and "/plain: a symbolic link is there now" in done.err, done
    assert tree.attrs("moved") == [None, None]
    (tree.path / "plain").unlink()
    (tree.path / "plain").mkdir()
    assert "not a regular file any more" in tree.repair().err


def test_removed_files_are_no_fault(tree):
    """They are counted, no more."""
    (tree.path / "plain").unlink()
    done = tree.repair("-v")
    assert done.rc == 0 and "3 good, 0 repaired, 1 gone" in done.err, done


def test_a_newer_signature_stays(tree):
    """Signed again by a key that is trusted: that is good, the manifest's is older."""
    key, cert = tree.keys[1]
    tree.run("assay-sign", "sign", "--key", key, "--cert", cert, "--evm", "--profile", "signature",
             tree.path / "plain")
    newer = tree.attrs("plain")
    done = tree.repair("--cert", cert)
    assert done.rc == 0 and tree.attrs("plain") == newer, done


def test_only_what_is_named(tree):
    """A file, a directory with -r, a path through a link; nothing else is touched."""
    for name in NAMES:
        tree.strip(name)
    assert tree.repair(tree.path / "plain").rc == 0
    assert None not in tree.attrs("plain") and tree.attrs(NEWLINE) == [None, None]
    (tree.path.parent / "link").symlink_to("tree")
    assert tree.repair(tree.path.parent / "link" / NEWLINE).rc == 0
    assert None not in tree.attrs(NEWLINE)
    assert tree.repair("-r", tree.path).rc == 0 and None not in tree.attrs(NOT_UTF8)


def test_what_the_manifest_does_not_know(tree):
    """Named, it is a no; a directory without -r is trouble; so is what is not there."""
    done = tree.repair("/etc/passwd")
    assert done.rc == 1 and done.err.endswith("/etc/passwd: not in the manifest\n"), done
    done = tree.repair("-r", "/etc")
    assert done.rc == 1 and "nothing below it" in done.err, done
    assert tree.repair(tree.path).rc == 2 and tree.repair("/nonexistent").rc == 2


def test_dry_run_and_json(tree):
    """Says what it would do and does not."""
    tree.strip("plain")
    tree.strip(NOT_UTF8)
    (tree.path / "two words").write_bytes(b"x")
    done = tree.repair("--dry-run", "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.rc == 1 and lines[-1]["summary"] == {
        "good": 1, "repaired": 2, "gone": 0, "changed": 1, "failed": 0}, done
    assert sorted(l["outcome"] for l in lines[:-1]) == ["changed", "repaired", "repaired"]
    assert tree.attrs("plain") == [None, None]


def test_the_manifest_grows_and_forgets_nothing(tree):
    """A second signing adds to it, in order, and replaces what it signed anew."""
    late = tree.path / "late"
    late.write_bytes(PROGRAM)
    late.chmod(0o755)
    assert tree.sign(late).rc == 0
    lines = tree.manifest.read_text().splitlines()
    assert lines[0] == "assay-manifest 1" and lines[-1] == f"end {len(NAMES) + 1}"
    names = [l.split(" ")[0].encode().decode("unicode_escape") for l in lines[1:-1]]
    assert names == sorted(names)
    assert any(f"{tree.path}/new\\x0aline file:sha256:" in l for l in lines)
    assert any(f"{tree.path}/\\xff\\xfe file:sha256:" in l for l in lines)


@pytest.mark.parametrize("damage, words", [
    (lambda text: "", "line 1: ends before its last line"),
    (lambda text: text[:200], "ends before its last line"),
    (lambda text: text.replace("manifest 1", "manifest 2"), "line 1: not a manifest"),
    (lambda text: text.replace("end 4", "end 5"), "line 6: not 5 fields"),
    (lambda text: text + "x", "something follows its end"),
])
def test_a_damaged_manifest_is_trouble(tree, damage, words):
    """Repair does nothing, and sign does not overwrite it."""
    tree.strip("plain")
    damaged = damage(tree.manifest.read_text())
    tree.manifest.write_text(damaged)
    done = tree.repair()
    assert done.rc == 2 and done.err.count("\n") == 1 and words in done.err, done
    assert tree.attrs("plain") == [None, None]
    done = tree.sign(tree.path / "plain")
    assert done.rc == 2 and words in done.err, done
    assert tree.manifest.read_text() == damaged and tree.attrs("plain") == [None, None]


def test_no_manifest_is_trouble(run, keys, tmp_path):
    """The line names it."""
    done = run("assay-sign", "repair", "--cert", keys[0][1], "--manifest", tmp_path / "none")
    assert done.rc == 2 and f"{tmp_path}/none: there is no manifest" in done.err, done
    done = run("assay-sign", "repair", "--cert", keys[0][1], "--root", tmp_path)
    assert done.rc == 2 and f"{tmp_path}/var/lib/assay/manifest: there is no" in done.err, done


def test_an_immutable_file_is_trouble(tree):
    """Said so for that file; the rest is repaired."""
    tree.strip("plain")
    tree.strip("two words")
    if subprocess.run(["chattr", "+i", tree.path / "plain"], check=False).returncode:
        pytest.skip("no immutable files here")
    try:
        done = tree.repair()
    finally:
        subprocess.run(["chattr", "-i", tree.path / "plain"], check=True)
    assert done.rc == 2 and "security.ima: the file is immutable (chattr -i)" in done.err, done
    assert None not in tree.attrs("two words")


def test_the_manifest_can_not_be_written(tree):
    """Trouble after signing; the old one is whole."""
    before = tree.manifest.read_text()
    tree.manifest = pathlib.Path("/proc/none/manifest")
    done = tree.sign(tree.path / "plain")
    assert done.rc == 2 and "manifest: write: /proc/none/manifest" in done.err, done
    tree.manifest = tree.path.parent / "manifest"
    assert tree.manifest.read_text() == before


def test_another_valid_signature_is_not_written_over(tree):
    """Signed again by a trusted key, its security.evm lost: the manifest's pair is older."""
    key, cert = tree.keys[1]
    tree.run("assay-sign", "sign", "--key", key, "--cert", cert, "--evm", "--profile", "signature",
             tree.path / "plain")
    newer = tree.attrs("plain")
    os.removexattr(tree.path / "plain", "security.evm")
    done = tree.repair("--cert", cert)
    assert done.rc == 1 and "no security.evm that fits it: sign it again" in done.err, done
    assert tree.attrs("plain") == [newer[0], None]


@pytest.mark.parametrize("text", ["[enforcement]\nmode = perhaps\n", "nonsense\n"])
def test_a_configuration_that_is_damaged(tree, run, tmp_path, text):
    """Where the certificates are given, nothing of it is needed; else it is said what to do."""
    root = tmp_path / "root"
    (root / "etc/assay").mkdir(parents=True)
    (root / "etc/assay/assay.conf").write_text(text)
    shutil.copytree(tree.path, root / str(tree.path).lstrip("/"))
    path = root / str(tree.path / "plain").lstrip("/")
    os.removexattr(path, "security.ima") if "security.ima" in os.listxattr(path) else None
    words = ["assay-sign", "repair", "--root", root, "--manifest", tree.manifest]
    done = run(*words)
    assert done.rc == 2 and done.err.startswith(f"assay-sign: repair: {root}/etc/assay/assay.conf:"), done
    assert done.err.endswith("; mend it, or give the certificates that it would name by --cert\n"), done
    done = run(*words, "--cert", tree.keys[0][1], tree.path / "plain")
    assert (done.rc, done.err) == (0, "") and "security.ima" in os.listxattr(path), done


def test_before_anything_was_signed(run, tmp_path, keys):
    """No manifest: what writes it."""
    done = run("assay-sign", "repair", "--root", tmp_path, "--cert", keys[0][1])
    assert (done.rc, done.err) == (2, f"assay-sign: repair: {tmp_path}/var/lib/assay/manifest: there is no manifest; "
                                   f"'assay sign --installed --root {tmp_path}' writes it\n"), done
