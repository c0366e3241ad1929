# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-verifier judge-list: one list, its verdict in words and in JSON, and how it fails."""

import hashlib
import json
import os
import subprocess

import pytest

from frame.mlist import AGGREGATE, aggregate, buffer, measured, pcr10


@pytest.fixture
def sign(run, keys, tmp_path):
    """sign(content) -> (SHA-256, security.ima), as assay-sign puts it on a file."""
    def make(content, pair=keys):
        path = tmp_path / "to-sign"
        path.write_bytes(content)
        done = run("assay-sign", "sign", "--profile", "signature", "--no-evm", "--all-files",
                   "--key", pair[0], "--cert", pair[1], path)
        assert done.rc == 0, done
        return hashlib.sha256(content).digest(), os.getxattr(path, "security.ima")
    return make


@pytest.fixture
def good(sign):
    """Entries that pass."""
    return [aggregate(), measured(b"/usr/bin/a", *sign(b"a")), measured(b"/usr/bin/b", *sign(b"b"))]


@pytest.fixture
def judge(run, keys, tmp_path):
    """judge(entries, option...): the list in a file, with the certificate that signed it."""
    def go(entries, *args, cert=keys[1]):
        path = tmp_path / "list"
        path.write_bytes(b"".join(entries))
        return run("assay-verifier", "judge-list", "--cert", cert, *args, path)
    return go


def reasons(done):
    """[(code, entry)] of --json."""
    return [(r["code"], r["entry"]) for r in json.loads(done.out)["reasons"]]


@pytest.mark.parametrize("bank", ["sha1", "sha256", "sha384", "sha512"])
def test_a_good_list_passes(judge, good, bank):
    """Held against the PCR of each bank; another value fails."""
    pcr = pcr10(good, bank)
    done = judge(good, "--pcr", pcr)
    assert (done.rc, done.out, done.err) == (0, "pass: 3 entries judged, 0 bytes follow\n", "")
    done = judge(good, "--pcr", pcr[:-1] + ("0" if pcr[-1] != "0" else "1"))
    assert done.rc == 1 and done.out.startswith("list: does not replay to the quoted PCR 10\nfail: 0 "), done


def test_what_the_json_says(judge, good):
    """Field by field."""
    tail = measured(b"/later", bytes(32), b"")
    said = json.loads(judge([*good, tail], "--json", "--pcr", pcr10(good)).out)
    assert said.pop("list").endswith("/list")
    assert said == {"pass": True, "replayed": True, "pcr10": pcr10(good), "entries": 3,
                    "bytes": sum(map(len, good)), "left": len(tail), "violations": 0, "reasons": [], "more": 0}
    said = json.loads(judge([*good, tail], "--json").out)
    assert said["pass"] is False and said["replayed"] is None and said["pcr10"] == pcr10([*good, tail])
    assert said["reasons"] == [{"code": "unsigned", "entry": 3, "text": "/later: no signature"}]


def test_boot_aggregate(judge, good):
    """Any is taken unless the right ones are given."""
    right, wrong = f"sha256:{AGGREGATE.hex()}", f"sha256:{'00' * 32}"
    assert judge(good, "--aggregate", wrong, "--aggregate", right).rc == 0
    done = judge(good, "--aggregate", wrong)
    assert done.rc == 1 and "entry 0: boot-aggregate: boot_aggregate is not that" in done.out, done


def test_each_refusal_has_its_code(judge, good, sign, other_keys):
    """First bad entry first."""
    digest, sig = sign(b"x")
    _, foreign = sign(b"x", other_keys)
    bad = [measured(b"/x", digest, b""), measured(b"/x", digest, foreign), measured(b"/x", bytes(32), sig),
           measured(b"/x", digest, sig, violation=True), buffer(b"_ima", b"\x30\x03key"),
           buffer(b"kexec-cmdline", b"quiet"), aggregate(), measured(b"/x", digest, sig, template="ima-sigs")]
    done = judge([*good, *bad], "--json")
    assert done.rc == 1 and reasons(done) == [
        ("unsigned", 3), ("unknown-key", 4), ("bad-signature", 5), ("violation", 6), ("keyring", 7),
        ("kexec", 8), ("kexec", 9), ("list", 10)], done
    assert json.loads(done.out)["violations"] == 1


def test_denied_digests(judge, good, tmp_path):
    """By a file of digests; a list of nonsense is trouble."""
    denied = tmp_path / "denied"
    denied.write_text(f"# old\nsha256:{hashlib.sha256(b'b').hexdigest()}\n")
    done = judge(good, "--denied", denied)
    assert done.rc == 1 and "entry 2: denied-digest: /usr/bin/b: is not to run any more" in done.out, done
    denied.write_text("sha256:beef\n")
    done = judge(good, "--denied", denied)
    assert done.rc == 2 and "--denied: " in done.err and done.err.count("\n") == 1, done


def test_violations_by_an_operators_word(judge, good, sign):
    """Counted then."""
    entries = [*good, measured(b"/x", *sign(b"x"), violation=True)]
    assert judge(entries).rc == 1
    done = judge(entries, "--allow-violations", "--json")
    assert done.rc == 0 and json.loads(done.out)["violations"] == 1, done


def test_names_forge_no_line(judge, good):
    """Escaped in both forms."""
    name = b"/a\npass: 1 entries\x1b[31m\xff\xe2\x80\xae"
    done = judge([*good, measured(name, bytes(32), b"")])
    assert done.rc == 1 and done.out.count("\n") == 2 and "\x1b" not in done.out, done
    assert "\\npass" in done.out and "\\xff" in done.out and "\\xe2\\x80\\xae" in done.out, done
    said = json.loads(judge([*good, measured(name, bytes(32), b"")], "--json").out)
    assert "\x1b" not in said["reasons"][0]["text"]


def test_nothing_checked_is_a_failure(judge):
    """An empty list, boot_aggregate alone, and what is no list."""
    assert reasons(judge([], "--json")) == [("nothing-checked", None)]
    assert reasons(judge([aggregate()], "--json")) == [("nothing-checked", None)]
    assert reasons(judge([b"garbage" * 100], "--json"))[0] == ("list", 0)


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_cut_lists(judge, good, cut):
    """No quote to hold it against: what is whole is judged, the rest refused."""
    done = judge([*good[:2], good[2][:-cut]], "--json")
    assert done.rc == 1 and reasons(done) == [("list", 2)] and json.loads(done.out)["entries"] == 2, done


def test_misery(judge, trouble, good, keys, tmp_path):
    """One line each, exit 2."""
    path = tmp_path / "there"
    path.write_bytes(b"".join(good))
    words = ["assay-verifier", "judge-list"]
    assert "--cert is needed" in trouble(*words, path).err
    assert "one measurement list" in trouble(*words, "--cert", keys[1]).err
    assert "one measurement list" in trouble(*words, "--cert", keys[1], path, path).err
    assert "/missing: " in trouble(*words, "--cert", keys[1], "/missing").err
    assert str(tmp_path) in trouble(*words, "--cert", keys[1], tmp_path).err
    assert "certificate: " in trouble(*words, "--cert", path, path).err
    for pcr in ("sha256", "sha256:", "sha256:00", "md5:" + "00" * 16, ":" + "00" * 32, "sha256:" + "0g" * 32):
        assert " --pcr: " in trouble(*words, "--cert", keys[1], "--pcr", pcr, path).err.replace("--pcr: --pcr: ", "")
    assert "--jobs: " in trouble(*words, "--cert", keys[1], "--jobs", "0", path).err
    assert "--aggregate: " in trouble(*words, "--cert", keys[1], *["--aggregate", "sha1:" + "00" * 20] * 9, path).err


@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
def test_generated_lists(run, build_dir, make_keys, tmp_path, kind):
    """The benches' lists are good ones, in both banks and with any number of threads."""
    key, cert = make_keys(kind, f"generated-{kind}")
    path = tmp_path / "list"
    done = subprocess.run([build_dir / "timed/mlist_gen", key, cert, "300", "100", path], check=True,
                          capture_output=True, text=True)
    for pcr in done.stdout.split():
        for jobs in ("1", "3"):
            judged = run("assay-verifier", "judge-list", "--cert", cert, "--pcr", pcr, "--jobs", jobs, path)
            assert judged.rc == 0 and judged.out.startswith("pass: 301 entries"), judged
    subprocess.run([build_dir / "timed/mlist_speed", cert, path, done.stdout.split()[1], "1"], check=True,
                   capture_output=True)
