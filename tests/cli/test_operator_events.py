# SPDX-License-Identifier: GPL-2.0-or-later
"""assay events: records of every carrier, grouped, in words, with the remedy."""

import hashlib
import json
import os
import struct

import pytest

from frame.dpkg_root import DpkgRoot

SCRIPT = b"#!/bin/sh\nexit 0\n"
HEAD = "pid=700 uid=0 auid=0 ses=1 subj=/usr/bin/man (enforce)"


def denial(name, cause="IMA-signature-required", stamp="1763757000.123:45", comm='"bash"'):
    """A kernel's line about a denied file."""
    return (f"audit: type=1800 audit({stamp}): {HEAD} op=appraise_data cause={cause} comm={comm} "
            f"name={name} dev=\"vda\" ino=12 res=0 errno=0\n")


@pytest.fixture
def root(tmp_path):
    """A root with one package of one program."""
    made = DpkgRoot(tmp_path / "root")
    made.install("tool", {"/usr/bin/tool": (SCRIPT, 0o755)})
    return made


@pytest.fixture
def events(run, root, tmp_path):
    """events(text, option...) over these lines: the answer's object."""
    def read(text, *args):
        (tmp_path / "lines").write_bytes(text if isinstance(text, bytes) else text.encode())
        done = run("assay", "events", "--root", root.path, "--input", tmp_path / "lines", "--json",
                   *args)
        assert done.rc == 0, done
        return json.loads(done.out)
    return read


def test_nothing_is_nothing(run, tmp_path):
    """An empty input: a line that says so, exit 0."""
    (tmp_path / "lines").touch()
    done = run("assay", "events", "--input", tmp_path / "lines")
    assert (done.rc, done.out) == (0, "0 denied, 0 would have been denied\n"), done


def test_a_denial_with_package_and_remedy(events, root):
    """Identifier, file, package, cause in words, remedy."""
    answer = events(denial('"/usr/bin/tool"'))
    event, = answer["events"]
    assert answer["denied"] == 1
    assert {k: event[k] for k in ("id", "file", "package", "count", "comm", "cause", "first")} == {
        "id": "assay.exec.violation", "file": "/usr/bin/tool", "package": "tool", "count": 1,
        "comm": "bash", "cause": "IMA-signature-required", "first": "2025-11-21T20:30:00Z"}
    assert event["words"] == "it carries no signature"
    assert event["remedy"] == f"assay sign --package tool --root {root.path}"


def test_text_is_by_package_with_the_remedy_once(run, root, tmp_path):
    """A header for each package, a line for each file; what nobody owns comes last, each by name."""
    root.install("other", {f"/usr/bin/other{n}": (SCRIPT, 0o755) for n in range(3)})
    names = ["/opt/mine", "/usr/bin/other2", "/usr/bin/tool", "/usr/bin/other0", "/usr/bin/other1"]
    (tmp_path / "lines").write_text("".join(
        denial(f'"{name}"', stamp=f"1763757000.00{n}:{n}") for n, name in enumerate(names)))
    done = run("assay", "events", "--root", root.path, "--input", tmp_path / "lines")
    assert [line.split(": ")[0].strip() for line in done.out.splitlines()] == [
        "package other:", "mend", "/usr/bin/other0", "/usr/bin/other1", "/usr/bin/other2", "",
        "package tool:", "mend", "/usr/bin/tool", "",
        "owned by no package:", "/opt/mine", "mend", "", "5 denied, 0 would have been denied"]
    assert done.out.count(f"mend: assay sign --package other --root {root.path}\n") == 1
    assert f"vouch for it yourself by 'assay sign --root {root.path} /opt/mine'\n" in done.out


def test_the_running_system_admits_with_a_reason(run, tmp_path):
    """What no package owns goes on record there; another root has no log to be noted in."""
    (tmp_path / "lines").write_text(denial('"/opt/no-packages"'))
    done = run("assay", "events", "--input", tmp_path / "lines")
    assert "vouch for it yourself by 'assay admit --reason TEXT /opt/no-packages'\n" in done.out, done


@pytest.mark.parametrize("name", ["/usr/bin/tool", "/opt/mine"])
@pytest.mark.parametrize("cause", ["invalid-HMAC", "invalid-fail-immutable"])
def test_changed_metadata_is_not_signed_anew(events, root, name, cause):
    """Who made a program setuid would get it blessed: the remedy is to look."""
    event, = events(denial(f'"{name}"', cause=cause))["events"]
    assert event["remedy"] == (f"find out who changed it ('ls -l {name}', 'getcap {name}'); "
                               f"'assay repair --root {root.path} {name}' tells what was signed")


@pytest.mark.parametrize("cause", ["failed-mprotect", "ToMToU", "denylisted-hash"])
def test_what_signing_does_not_mend_has_no_remedy(events, cause):
    """Nothing is proposed that would not help."""
    event, = events(denial('"/usr/bin/tool"', cause=cause))["events"]
    assert event["remedy"] is None


def test_carriers_are_told_once(events):
    """The same record from the kernel log, audit.log and kmsg counts once; another time counts."""
    line = denial('"/x/y"')
    again = line.replace("audit: type=1800 ", "type=INTEGRITY_DATA msg=").rstrip() + "\x1dUID=\"root\"\n"
    event, = events(line + again + "5,100,200,-;" + line +
                    denial('"/x/y"', stamp="1763757009.000:50"))["events"]
    assert event["count"] == 2 and event["last"] == "2025-11-21T20:30:09Z"


@pytest.mark.parametrize("kind", ["audit: type=1808 ", "type=INTEGRITY_USERSPACE msg=", "type=UNKNOWN[1808] msg="])
def test_denials_of_kernels_since_6_14(events, kind):
    """They have a type of their own for what an interpreter asked, and by accident for other executions."""
    told = events(denial('"/x/y"').replace("audit: type=1800 ", kind))
    assert told["denied"] == 1 and told["events"][0]["file"] == "/x/y"


def test_a_process_cannot_forge_a_kernel_line(events):
    """What a process wrote to /dev/kmsg has another facility and is not believed."""
    assert events("13,100,200,-;" + denial('"/forged"'))["events"] == []
    assert events("12,100,200,-;" + denial('"/forged"'))["denied"] == 0


def test_hex_names_are_decoded_and_escaped(events, run, tmp_path):
    """A newline and an escape sequence in a name are shown, never obeyed."""
    name = b"/tmp/a\n\x1b[31m \xff"
    event, = events(denial(name.hex().upper(), comm=b"a b".hex()))["events"]
    assert event["file"] == "/tmp/a\\x0a\\x1b[31m \\xff" and event["comm"] == "a b"
    done = run("assay", "events", "--input", tmp_path / "lines")
    assert "\x1b" not in done.out and "\n  /tmp/a\\x0a\\x1b[31m \\xff: assay.exec" in done.out


def test_words_inside_a_name_are_no_fields(events):
    """A quoted name with a field's look changes nothing."""
    event, = events(denial('"/x/name=/etc/passwd"'))["events"]
    assert event["file"] == "/x/name=/etc/passwd"


@pytest.mark.parametrize("line", [
    "audit: type=1800 audit(oops", "audit: type=1800 audit(1.2:3): pid=x\n",
    "type=INTEGRITY_DATA msg=audit(1.000:1): name=00\n"])
def test_damaged_lines_are_counted(events, line):
    """They are neither believed nor do they stop the rest."""
    answer = events(line + "\n" + denial('"/x"'))
    assert answer["damaged"] == 1 and answer["denied"] == 1


def test_noise_is_passed_over(events):
    """Other records, other kernel messages, bytes, very long lines."""
    noise = b"usb 1-1: new device\ntype=SYSCALL msg=audit(1.000:1): a=1\n\xff\xfe\0\n" + b"x" * 100000
    answer = events(noise + b"\n" + denial('"/x"').encode())
    assert (answer["denied"], answer["damaged"]) == (1, 0)


def test_a_bare_name_is_found_by_its_inode(events, root):
    """Where the kernel could not read a file it tells the last part of the path: the rest is found."""
    inode = (root / "usr/bin/tool").stat().st_ino
    line = denial('"tool"', cause="no-verity-digest").replace("ino=12 ", f"ino={inode} ")
    event, = events(line)["events"]
    assert (event["file"], event["package"]) == ("/usr/bin/tool", "tool")
    event, = events(denial('"tool"').replace("ino=12 ", "ino=1 "))["events"]
    assert event["file"] == "tool" and "only this part" in event["remedy"]


def test_other_kinds(events):
    """EVM refusals, measurement violations and policy loads have their own identifiers."""
    text = "".join(
        f"audit: type={number} audit(1.00{n}:{n}): {HEAD} op=o cause={cause} comm=\"c\" "
        f"name=\"/f\" res=0 errno=0\n"
        for n, (number, cause) in enumerate([(1801, "missing-HMAC"), (1804, "ToMToU"),
                                             (1802, "completed")], 1))
    shown = {e["id"] for e in events(text)["events"]}
    assert shown == {"assay.metadata.violation", "assay.measurement.violation"}
    assert "assay.policy.changed" in {e["id"] for e in events(text, "--all")["events"]}


def test_the_boot_probe_is_no_denial(events):
    """assay-boot's unsigned probe, by the first process, is proof and is not counted."""
    line = denial('"/memfd:assay-probe"').replace("pid=700", "pid=1")
    assert events(line)["denied"] == 0
    assert events(line, "--all")["events"][0]["id"] == "assay.enforcement.proven"
    assert events(denial('"/memfd:assay-probe"'))["denied"] == 1


def rule(name, number=9):
    """A kernel's line about a file that an audit rule matched."""
    return (f"audit: type=1805 audit(1763757001.000:{number}): file=\"{name}\" hash=\"sha256:00\" "
            "ppid=1 pid=2 auid=0 uid=0 comm=\"sh\" exe=\"/usr/bin/dash\"\n")


def measured(name, content, sig=b""):
    """One entry of the binary measurement list, template ima-sig."""
    digest = b"sha256:\0" + hashlib.sha256(content).digest()
    data = b"".join(struct.pack("<I", len(f)) + f for f in (digest, name.encode() + b"\0", sig))
    template = hashlib.sha1(data).digest()
    return (struct.pack("<I", 10) + template + struct.pack("<I", 7) + b"ima-sig" +
            struct.pack("<I", len(data)) + data)


def test_log_mode_judges_what_was_used(events):
    """An unsigned file that was used would have been denied; one told twice is one."""
    answer = events(rule("/usr/bin/tool") + rule("/usr/bin/tool", 10))
    event, = answer["events"]
    assert (answer["warned"], event["id"], event["package"]) == (2, "assay.exec.warning", "tool")


def test_status_counts_as_events_does(run, root):
    """In log mode both judge: the same numbers, and a line for what would have been denied."""
    for path, text in {"sys/kernel/security/ima/violations": "0\n", "run/assay/boot": "state log\n",
                       "var/log/audit/audit.log": rule("/usr/bin/tool") + rule("/usr/bin/tool", 10) +
                       denial('"/x"')}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    told = json.loads(run("assay", "events", "--root", root.path, "--json").out)
    done = json.loads(run("assay", "status", "--root", root.path, "--json").out)
    assert (told["denied"], told["warned"]) == (done["denied"], done["warned"]) == (1, 2), done
    assert "would have been denied since boot 2, see 'assay events'" in run(
        "assay", "status", "--root", root.path).out


def test_log_mode_knows_the_measurement_list(events, tmp_path):
    """A file that only the list tells of is judged too, and one that is gone by its signature."""
    (tmp_path / "list").write_bytes(measured("/usr/bin/tool", SCRIPT) + measured("/gone", b"x"))
    answer = events("", "--measurements", str(tmp_path / "list"))
    assert {e["file"] for e in answer["events"]} == {"/usr/bin/tool", "/gone"}
    assert "is gone" in [e for e in answer["events"] if e["file"] == "/gone"][0]["cause"]


@pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")
def test_log_mode_forgets_what_was_mended(events, run, root, tmp_path):
    """Signed since, the file is no warning any more; a signature in the list speaks for one gone."""
    (root / "etc/assay/certs").mkdir(parents=True)
    (root / "etc/assay/assay.conf").write_text("[enforcement]\nevm = off\nprofile = signature\n")
    key, cert = tmp_path / "k", root / "etc/assay/certs/signing.der"
    assert run("assay", "keygen", "--no-passphrase", "--key", key, "--cert", cert).rc == 0
    tool = root / "usr/bin/tool"
    assert run("assay", "sign", "--key", key, "--cert", cert, "--profile", "signature", "--no-evm",
               tool).rc == 0
    sig = os.getxattr(tool, "security.ima")
    (tmp_path / "list").write_bytes(measured("/usr/bin/tool", SCRIPT) + measured("/gone", SCRIPT, sig) +
                                    measured("/bad", b"other", sig))
    answer = events(rule("/usr/bin/tool"), "--measurements", str(tmp_path / "list"))
    assert [e["file"] for e in answer["events"]] == ["/bad"], answer


@pytest.mark.parametrize("data", [b"\x0a", measured("/x", b"")[:-1], b"\0" * 64])
def test_a_damaged_list_is_one_line(run, tmp_path, data):
    """The list is read whole or not at all."""
    (tmp_path / "list").write_bytes(data)
    (tmp_path / "lines").touch()
    done = run("assay", "events", "--input", tmp_path / "lines", "--measurements", tmp_path / "list")
    assert done.rc == 2 and done.err.count("\n") == 1 and "measurement list" in done.err, done


def test_misery(trouble, tmp_path):
    """A missing input, a directory, an unreadable list: one line, exit 2."""
    trouble("assay", "events", "--input", tmp_path / "none")
    trouble("assay", "events", "--input", tmp_path)
    (tmp_path / "lines").touch()
    trouble("assay", "events", "--input", tmp_path / "lines", "--measurements", tmp_path / "none")


def test_many_lines_in_bounded_time(run, tmp_path):
    """A flooded log is read in seconds."""
    with (tmp_path / "lines").open("w") as out:
        for n in range(100000):
            out.write(denial(f'"/x/{n % 1000}"', stamp=f"1763757000.{n % 1000:03}:{n}"))
    done = run("assay", "events", "--input", tmp_path / "lines", "--json", timeout=60)
    assert done.rc == 0 and json.loads(done.out)["denied"] == 100000


def test_records_of_another_time_were_read(run, root, tmp_path):
    """None is shown, and the file is not called empty."""
    (tmp_path / "lines").write_text(denial('"/usr/bin/tool"', stamp="1577836800.000:1"))
    done = run("assay", "events", "--root", root.path, "--input", tmp_path / "lines", "--since", "2026-01-01")
    assert done.rc == 0 and "read no record" not in done.err and "0 denied" in done.out, done
