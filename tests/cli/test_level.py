# SPDX-License-Identifier: GPL-2.0-or-later
"""Acceptance levels on roots below a directory: assay level, and what they make of the next boot."""

import hashlib
import json
import os
import re
import shutil

import pytest

from frame.operator import CONFIG

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")

LEVELS = """
[levels]
vendor = /etc/assay/levels/vendor.der
debian = /usr/share/keyrings/debian.gpg /etc/assay/levels/mirror.crt
local = /etc/assay/certs/signing.der /etc/assay/levels/site.der
"""


@pytest.fixture(scope="module")
def more_keys(make_keys):
    """name -> (key, certificate) of who is not this host."""
    return {name: make_keys("rsa2048", f"level-{name}") for name in ("vendor", "mirror", "site")}


@pytest.fixture
def levels(signed, more_keys):
    """The signed root with three levels, two certificates more, and a keyring; level(name) chooses one."""
    folder = signed / "etc/assay/levels"
    folder.mkdir()
    for name, (_, cert) in more_keys.items():
        shutil.copy(cert, folder / f"{name}.der")
    (folder / "mirror.der").rename(folder / "mirror.crt")
    keyring = signed / "usr/share/keyrings/debian.gpg"
    keyring.parent.mkdir(parents=True)
    keyring.write_bytes(b"a keyring")
    conf = signed / "etc/assay/assay.conf"
    conf.write_text(CONFIG + LEVELS)
    return signed


def record(root):
    """The lines of the next boot's record: name -> values."""
    lines = {}
    for line in (root / "var/lib/assay/boot/record").read_text().splitlines()[1:]:
        name, _, value = line.partition(" ")
        lines.setdefault(name, []).append(value)
    return lines


def names(lines, what):
    """The files that a record's lines name."""
    return [value.split()[1] for value in lines.get(what, [])]


def test_without_levels_there_is_one(assay, signed):
    """All that is trusted is of it, and there is nothing to choose."""
    assert assay("level", "get").out.startswith("local")
    answer = json.loads(assay("level", "list", "--json").out)
    assert [level["name"] for level in answer["levels"]] == ["local"] and answer["levels"][0]["accepted"]
    assert answer["levels"][0]["certificates"][0]["file"] == f"{signed.path}/etc/assay/certs/signing.der"
    done = assay("level", "set", "vendor")
    assert (done.rc, done.err) == (2, f"assay: level: {signed.path}/etc/assay/assay.conf names no levels, so that "
                                      "there is none to choose; see [levels] in assay.conf(5)\n"), done
    assert assay("level", "get").out == "local  (in force: not known below --root)\n"
    assert answer["levels"][0]["keyrings"] == [f"{signed.path}/usr/share/keyrings/debian-archive-keyring.gpg"]


def test_before_keygen(assay, root):
    """What is not there is said, and the keyring all the same."""
    (root / "etc/assay/certs").rmdir()
    shown = assay("level", "list").out
    assert f"  certificates: {root.path}/etc/assay/certs: No such file or directory\n" in shown, shown
    assert "debian-archive-keyring.gpg  (not there)\n" in shown, shown


def test_the_example_names_levels(assay, signed, root_dir):
    """Its comments taken off, it is a configuration with levels."""
    text = (root_dir / "docs/assay.conf").read_text()
    lines = [line.removeprefix("#") if re.match(r"#[a-z\[]", line) else line for line in text.splitlines()]
    (signed / "etc/assay/assay.conf").write_text("\n".join(lines) + "\n")
    assert assay("level", "get").out.startswith("debian")
    assert [level["name"] for level in json.loads(assay("level", "list", "--json").out)["levels"]] == \
        ["vendor", "debian", "local"]


@pytest.mark.parametrize("words", [[], ["get", "x"], ["set"], ["set", "a", "b"], ["frob"], ["list", "x"]])
def test_misuse(assay, signed, words):
    """One line, exit 2."""
    done = assay("level", *words)
    assert done.rc == 2 and done.err.count("\n") == 1 and "get, list, or set" in done.err, done


def test_all_are_taken_unless_one_is_chosen(assay, levels):
    """The lowest is the host's: everything that a level names is trusted."""
    assert assay("level", "get").out.startswith("local")
    assert assay("enable").rc == 0
    lines = record(levels)
    assert lines["level"] == ["local"]
    assert names(lines, "cert") == ["signing.der", "vendor.der", "mirror.der", "site.der"]
    assert names(lines, "keyring") == ["debian.gpg"]


def test_what_is_below_gives_the_kernel_no_key(assay, levels):
    """The signing certificate stays: it signs the record, and what an archive vouches for."""
    (levels / "etc/assay/assay.conf").chmod(0o600)
    assert assay("level", "set", "debian").rc == 0
    assert (levels / "etc/assay/assay.conf").stat().st_mode & 0o7777 == 0o600
    assert assay("level", "get").out.startswith("debian") and not (levels / "var/lib/assay/boot").exists()
    assert assay("enable").rc == 0
    lines = record(levels)
    assert lines["level"] == ["debian"]
    assert names(lines, "cert") == ["signing.der", "vendor.der", "mirror.der"]
    assert {p.name for p in (levels / "var/lib/assay/boot/certs").iterdir()} == set(names(lines, "cert"))
    shown = assay("level", "list").out
    said = [f"level {name}: its packages and files are {how}\n" for name, how in
            (("vendor", "taken"), ("debian", "taken"), ("local", "refused"))]
    assert [line in shown for line in said] == [True] * 3, shown
    signing = levels / "etc/assay/certs/signing.der"
    assert shown.endswith(f"whatever the level, the kernel is given the signing certificate {signing}\n"), shown
    kept = {p.name: p.read_bytes() for p in (levels / "var/lib/assay/trust").iterdir()}
    assert set(kept) == {value.split()[0].removeprefix("sha256:") for value in lines["cert"] + lines["keyring"]}
    assert all(hashlib.sha256(data).hexdigest() == name for name, data in kept.items())


def test_what_a_level_names_and_is_not_there(assay, levels):
    """Keyrings as certificates: marked, and the missing keyring is named by check with its own remedy."""
    (levels / "usr/share/keyrings/debian.gpg").unlink()
    (levels / "etc/assay/levels/vendor.der").unlink()
    (levels / "etc/assay/levels/site.der").write_bytes(b"junk")
    shown = assay("level", "list").out
    assert f"archives of  {levels.path}/usr/share/keyrings/debian.gpg  (not there)\n" in shown, shown
    assert "vendor.der  (not there)\n" in shown and "site.der  (unreadable)\n" in shown, shown
    done = assay("check")
    assert "the keyring /usr/share/keyrings/debian.gpg is not there\n" in done.out, done
    assert "mend: correct the line of the level that names it, in [levels] of assay.conf" in done.out


def test_a_change_makes_the_next_boot_anew(assay, levels):
    """Where enforcement is configured, set is an enable; where that is refused, nothing is changed."""
    assert assay("enable").rc == 0
    done = assay("level", "set", "vendor")
    assert done.rc == 0 and done.out.endswith("the level is then vendor\n"), done
    lines = record(levels)
    assert lines["level"] == ["vendor"] and names(lines, "cert") == ["signing.der", "vendor.der"]
    assert "keyring" not in lines and lines["mode"] == ["enforce"]
    os.removexattr(levels / "usr/lib/systemd/systemd", "security.ima")
    before = (levels / "etc/assay/assay.conf").read_text()
    done = assay("level", "set", "local")
    assert done.rc == 1 and "/usr/lib/systemd/systemd" in done.out, done
    assert (levels / "etc/assay/assay.conf").read_text() == before and record(levels) == lines


def test_log_mode_stays_log_mode(assay, levels):
    """A change of the level is none of the mode."""
    assert assay("enable", "--log").rc == 0 and assay("level", "set", "debian").rc == 0
    assert record(levels)["mode"] == ["log"] and record(levels)["level"] == ["debian"]


def test_files_of_a_lower_level_stand_in_the_way(assay, run, levels, more_keys):
    """What was signed at a level that is not taken any more would be denied, and is told of."""
    key, cert = more_keys["site"]
    done = run("assay", "sign", "--root", levels.path, "--key", key, "--cert", cert, "--profile", "signature",
               "--no-evm", "/usr/bin/tool")
    assert done.rc == 0, done
    assert assay("check").rc == 0
    assert assay("level", "set", "debian").rc == 0
    assert [p["package"] for p in json.loads(assay("check", "--json").out)["packages"]] == ["tool"]
    assert assay("explain", "/usr/bin/tool").rc == 1
    assert run("assay", "verify", "--root", levels.path, "--profile", "signature", "/usr/bin/tool").rc == 1


def test_an_unknown_level(assay, levels):
    """It is not taken for another one."""
    before = (levels / "etc/assay/assay.conf").read_text()
    done = assay("level", "set", "mars")
    assert done.rc == 2 and "no level 'mars'" in done.err, done
    assert (levels / "etc/assay/assay.conf").read_text() == before
    (levels / "etc/assay/assay.conf").write_text(before.replace("evm = off", "evm = off\nlevel = mars"))
    for words in (["check"], ["enable"], ["level", "get"], ["status"]):
        done = assay(*words)
        assert done.rc == 2 and "'mars' is not one that [levels] names" in done.err, done


def test_a_change_that_was_not_carried_through_is_told(assay, levels):
    """The configuration says one, the bundle another."""
    assert assay("enable").rc == 0
    conf = levels / "etc/assay/assay.conf"
    conf.write_text(conf.read_text().replace("evm = off", "evm = off\nlevel = vendor"))
    findings = json.loads(assay("status", "--json").out)["findings"]
    assert any(f["id"] == "level" and "takes level local" in f["text"] for f in findings), findings


def test_log_and_owner_below_a_root(assay, levels):
    """What the log tells, damaged lines counted; whose a file is."""
    assert assay("log").out == "" and assay("log", "x").rc == 2
    log = levels / "var/lib/assay/log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text('{"time":"2026-01-01T00:00:00Z","event":"package","package":"tool","version":"1","architecture":'
                   '"all","files":1,"by":"archive","keyid":"01234567"}\nhalf a li\n'
                   '{"time":"t","event":"admit","path":"/x\\u001b[2J","reason":"because","by":"operator"}\n')
    done = assay("log")
    lines = done.out.splitlines()
    assert done.rc == 2 and "1 line is damaged and was passed over" in done.err and len(lines) == 2, done
    assert "tool 1 (all), 1 file, vouched for by an archive, signed here by key 01234567" in lines[0]
    assert "/x\\x1b[2J" in lines[1] and lines[1].endswith("; because")
    assert len(assay("log", "--package", "tool", "--json").out.splitlines()) == 1
    done = assay("owner", "/usr/bin/tool", "/usr/sbin/init")
    assert done.rc == 0 and "/usr/bin/tool: tool 1" in done.out and "taken 2026-01-01T00:00:00Z" in done.out, done
    assert "level local" in done.out
    answers = json.loads(assay("owner", "--json", "/usr/bin/tool").out)
    assert answers[0]["log"]["by"] == "archive" and answers[0]["level"] == "local"
    assert "as names below --root are" in assay("owner", "usr/bin/tool").err
    for path in ("usr/bin/tool", "/none", "/usr/bin"):
        done = assay("owner", path)
        assert done.rc == 2 and done.err.count("\n") == 1, done
