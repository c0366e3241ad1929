# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said of files that are missing or of a wrong kind names them once."""

import os
import re

import pytest

KEYS = ["--key", "KEY", "--cert", "CERT"]
# BAD is the file that is wrong; the other words in capitals are good ones.
COMMANDS = [
    ["sign", *KEYS, "BAD"], ["sign", "--key", "BAD", "TOOL"], ["sign", "--key", "KEY", "--cert", "BAD", "TOOL"],
    ["sign", *KEYS, "--manifest", "BAD", "TOOL"], ["sign", *KEYS, "--root", "BAD", "--installed"],
    ["verify", "--cert", "CERT", "BAD"], ["verify", "--cert", "BAD", "TOOL"], ["verify", "--root", "BAD", "x"],
    ["repair", "--cert", "CERT", "--manifest", "BAD"], ["repair", "--cert", "BAD"], ["repair", "--root", "BAD"],
    ["keygen", "--passphrase-file", "BAD", "--key", "NEW", "--cert", "NEW.der"],
    ["keygen", "--no-passphrase", "--key", "BAD", "--cert", "NEW"], ["keygen", "--no-passphrase", "--root", "BAD"],
    ["pkg", "sign", *KEYS, "BAD"], ["pkg", "sign", "--key", "BAD", "x"], ["pkg", "verify", "--cert", "BAD", "x"],
    ["pkg", "show", "BAD"], ["policy", "lint", "BAD"], ["policy", "explain", "--policy", "BAD", "TOOL"],
    ["policy", "generate", "--output", "BAD"], ["check", "--root", "BAD"], ["enable", "--root", "BAD"],
    ["disable", "--root", "BAD"], ["status", "--root", "BAD"], ["explain", "BAD"], ["explain", "--policy", "BAD", "TOOL"],
    ["events", "--input", "BAD"], ["events", "--measurements", "BAD"], ["events", "--root", "BAD"]]


@pytest.fixture
def good(tmp_path, keys):
    """What the words in capitals stand for."""
    (tmp_path / "tool").write_bytes(b"#!/bin/sh\n")
    return {"KEY": keys[0], "CERT": keys[1], "TOOL": tmp_path / "tool", "NEW": tmp_path / "new",
            "NEW.der": tmp_path / "new.der"}


def make_bad(top):
    """Paths that no file is at, or none of a useful kind."""
    top.mkdir()
    (top / "directory").mkdir()
    (top / "empty").touch(0o600)
    (top / "rubbish").write_text("rubbish\n")
    (top / "rubbish").chmod(0o600)
    (top / "large").touch(0o600)
    os.truncate(top / "large", 1 << 22)
    (top / "loop").symlink_to("loop")
    return [top / name for name in ("none", "none/x", "rubbish/x", "directory", "empty", "rubbish",
                                    "large", "loop")]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_file_is_named_once(run, plain_bin_dir, good, tmp_path, words):
    """On each line, whatever is wrong with it; in a command that mends it once more."""
    for bad in make_bad(tmp_path / "bad"):
        done = run("assay", *[{**good, "BAD": bad}.get(word, word) for word in words], where=plain_bin_dir,
                   timeout=60)
        for line in (done.out + done.err).splitlines():
            said = re.sub("'assay [^']*'", "", line)
            assert said.count(str(bad)) <= 1 or line.startswith("{"), done
        for new in ("NEW", "NEW.der"):
            good[new].unlink(missing_ok=True)


@pytest.mark.parametrize("command", ["check", "enable", "status", "events", "explain"])
def test_a_record_that_is_no_file(assay, signed, command):
    """It is named once, as it lies below the root, and so is what takes it away."""
    record = signed / "var/lib/assay/boot/record"
    record.mkdir(parents=True)
    done = assay(command, *(["/usr/bin/tool"] if command == "explain" else []))
    assert done.rc == 2 and done.err.startswith(f"assay: {command}: open: {record}: not a regular file"), done
    assert done.err.count(str(record)) == 1 and f"'assay disable --root {signed.path}'" in done.err, done


@pytest.mark.parametrize("words, says", [
    (["--root", "/x", "check"], "assay: --root: options follow the command; see 'assay --help'\n"),
    (["explain", "DIR"], "assay: explain: DIR: is a directory\n"),
    (["explain", "--policy", "/etc/passwd", "TOOL"], "assay: explain: /etc/passwd: line 1: "),
    (["sign", "--jobs", "0", "TOOL"], "assay: sign: --jobs: '0' is not a number from 1 to "),
    (["keygen", "--no-passphrase", "--key", "DIR/none/key", "--cert", "DIR/cert"],
     "assay: keygen: DIR/none/key: there is no directory DIR/none; make it first\n"),
    (["keygen", "--no-passphrase", "--key", "DIR/key", "--cert", "DIR/none/cert"],
     "assay: keygen: DIR/none/cert: there is no directory DIR/none; make it first\n"),
    (["lock", "authority", "init", "--type", "rsa1024"],
     "--type: 'rsa1024' is no key that every TPM can verify by (p256, rsa2048)"),
    (["lock", "authority", "sign", "--key", "KEY", "/etc/passwd"],
     "/etc/passwd: no request that 'assay lock approve --request' wrote: "),
    (["lock", "approve", "--change", "x"], "approve: --change: 'x': not KIND=[WAS:]NOW"),
    (["attest", "collect", "-o", "x", "--nonce", "xyz"], "--nonce: 'xyz' is not 1 to 64 bytes in hex")])
def test_what_is_wrong_is_said_in_one_line(run, plain_bin_dir, good, tmp_path, words, says):
    """With its name, and nothing is made."""
    where = tmp_path / "dir"
    where.mkdir()
    names = {**good, "DIR": where}
    given = [str(names.get(word, str(word).replace("DIR", str(where)))) for word in words]
    done = run("assay", *given, where=plain_bin_dir)
    assert done.rc == 2 and says.replace("DIR", str(where)) in done.err and done.err.count("\n") == 1, done
    assert not list(where.iterdir())


def test_a_program_of_another_package(run, plain_bin_dir, tmp_path):
    """The package is named."""
    (tmp_path / "assay").write_bytes((plain_bin_dir / "assay").read_bytes())
    (tmp_path / "assay").chmod(0o755)
    done = run("assay", "verifier", "serve", where=tmp_path)
    assert (done.rc, done.err) == (2, "assay: 'verifier' is in the package assay-verifier\n"), done
