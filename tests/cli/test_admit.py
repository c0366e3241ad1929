# SPDX-License-Identifier: GPL-2.0-or-later
"""assay admit where it must refuse: before it signs, and before it writes a log."""

import os

import pytest

from frame.chroot import Chroot

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


@pytest.mark.parametrize("words, say", [
    ([], "--reason is missing"), (["--reason", ""], "--reason is missing"),
    (["--reason", "x" * 1025], "longer than 1024 bytes"), (["--frob"], "--frob")])
def test_reasons(run, keys, tmp_path, words, say):
    """One line, exit 2, and the file is as it was."""
    path = tmp_path / "agent"
    path.write_bytes(b"#!/bin/sh\n")
    path.chmod(0o755)
    done = run("assay", "admit", "--key", keys[0], "--cert", keys[1], *words, path)
    assert done.rc == 2 and say in done.err and done.err.count("\n") == 1, done
    assert not os.listxattr(path)


def test_no_file(run):
    """What is to be admitted is named."""
    done = run("assay", "admit", "--reason", "x")
    assert done.rc == 2 and "takes one file or more" in done.err, done


def test_before_keygen(tmp_path, build_dir):
    """With levels the signing certificate is asked for: what makes it."""
    root = tmp_path / "root"
    (root / "etc/assay").mkdir(parents=True)
    (root / "etc/assay/assay.conf").write_text("[levels]\nlocal = /etc/assay/certs/signing.der\n")
    (root / "agent").write_bytes(b"#!/bin/sh\n")
    done = Chroot(root, build_dir).run("assay", "admit", "--reason", "x", "/agent")
    assert (done.rc, done.err) == (2, "assay: admit: there is no certificate at /etc/assay/certs/signing.der; "
                                   "run 'assay keygen'\n"), done
