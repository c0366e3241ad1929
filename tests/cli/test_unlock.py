# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-unlock outside of an initramfs: the list that the hook asks it for, and what it refuses."""

import pytest


@pytest.mark.parametrize("content, say", [
    (None, "there is no lock"), (b"", "blob"), (b"assay-lock blob 1\n", "blob"), (bytes(range(250)) * 2, "blob"),
    (b"assay-lock blob 1\n" + bytes(20000), "blob")])
def test_no_list_without_a_lock(run, tmp_path, content, say):
    """Each a line with the file's name, exit 1, and nothing that a hook would take for a list."""
    blob = tmp_path / "blob"
    if content is not None:
        blob.write_bytes(content)
    done = run("assay-unlock", "--list", blob, tmp_path / "crypttab")
    assert done.rc == 1 and done.out == "" and done.err.count("\n") == 1 and say in done.err, done
    assert str(blob) in done.err


@pytest.mark.parametrize("words", [(), ("--root", "/")])
def test_it_is_for_the_initramfs(run, words):
    """A host that runs is not stopped."""
    done = run("assay-unlock", *words)
    assert done.rc == 2 and done.err == "assay-unlock: is for the initramfs\n", done


@pytest.mark.parametrize("words", [("--list",), ("--list", "a"), ("--root",), ("--root", "a", "b"), ("x",), ("--no",)])
def test_misuse(run, words):
    """Exit 2, which the scripts of the initramfs take for a failure."""
    done = run("assay-unlock", *words)
    assert done.rc == 2 and done.err.startswith("usage: assay-unlock"), done
