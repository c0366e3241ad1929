# SPDX-License-Identifier: GPL-2.0-or-later
"""assay admit where it must refuse: before it signs, and before it writes a log."""

import hashlib
import json
import os
import subprocess

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


@pytest.fixture
def host(tmp_path, build_dir, run):
    """A host in a root of its own, with a key; its commands end with the root as /."""
    root = tmp_path / "root"
    (root / "etc/assay/certs").mkdir(parents=True)
    (root / "etc/assay/keys").mkdir()
    done = run("assay", "keygen", "--no-passphrase", "--key", root / "etc/assay/keys/signing.key", "--cert",
               root / "etc/assay/certs/signing.der")
    assert done.rc == 0, done
    (root / "etc/assay/assay.conf").write_text("[enforcement]\nprofile = signature\nevm = off\n")
    (root / "opt").mkdir()
    (root / "opt/agent").write_bytes(b"#!/bin/sh\n")
    (root / "opt/agent").chmod(0o755)
    yield Chroot(root, build_dir), root
    subprocess.run(["chattr", "-a", root / "var/lib/assay/log"], check=False, capture_output=True)


def test_a_file_is_admitted(host):
    """It is signed, and the log tells which content, and why, first."""
    chroot, root = host
    done = chroot.run("assay", "admit", "--reason", "pushed\u202e from outside", "/opt/agent")
    assert (done.rc, done.err) == (0, ""), done
    assert os.getxattr(root / "opt/agent", "security.ima")[:2] == b"\x03\x02"
    entry = json.loads((root / "var/lib/assay/log").read_text())
    assert entry["event"] == "admit" and entry["path"] == "/opt/agent", entry
    assert entry["sha256"] == hashlib.sha256(b"#!/bin/sh\n").hexdigest()
    shown = chroot.run("assay", "log").out
    assert "/opt/agent, signed by key" in shown and "; pushed\\xe2\\x80\\xae from outside" in shown, shown


@pytest.mark.parametrize("change", ["a user's file", "others may write it", "a user's directory", "a sticky directory"])
def test_what_a_user_may_exchange(host, change):
    """The log would tell of another file than the one that is signed: refused, and not in the log."""
    chroot, root = host
    {"a user's file": lambda: os.chown(root / "opt/agent", 1000, 1000),
     "others may write it": lambda: (root / "opt/agent").chmod(0o757),
     "a user's directory": lambda: os.chown(root / "opt", 1000, 1000),
     "a sticky directory": lambda: (root / "opt").chmod(0o1777)}[change]()
    done = chroot.run("assay", "admit", "--reason", "x", "/opt/agent")
    assert done.rc == 2 and "others than root can change it" in done.err and done.err.count("\n") == 1, done
    assert ("'chmod go-w' that, or " in done.err) == (change == "others may write it"), done
    assert not os.listxattr(root / "opt/agent") and not (root / "var/lib/assay/log").exists()
