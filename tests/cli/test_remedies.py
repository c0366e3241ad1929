# SPDX-License-Identifier: GPL-2.0-or-later
"""What mends a root below a directory, and what the commands say where little is there."""

import json
import os
import re
import subprocess

import pytest

from frame.chroot import Chroot
from frame.deb import ELF
from frame.operator import SCRIPT
from frame.terminal import on_terminal

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


@pytest.fixture
def bare(tmp_path):
    """A root in which Assay was never configured."""
    top = tmp_path / "bare"
    (top / "etc").mkdir(parents=True)
    (top / "tmp").mkdir()
    return top


@pytest.fixture
def inside(bare, build_dir):
    """Runs assay there."""
    return Chroot(bare, build_dir)


def findings(done):
    """All findings of a --json answer."""
    return json.loads(done.out)["findings"]


def run_remedy(bin_dir, text):
    """Follows a remedy to the letter."""
    return subprocess.run(["sh", "-c", text], env=os.environ | {"PATH": f"{bin_dir}:{os.environ['PATH']}"},
                          capture_output=True, text=True, check=False)


def test_remedies_name_the_root(assay, root, keygen):
    """Followed to the letter they sign what is below the root, and make its key."""
    remedies = {f["id"]: f["remedy"] for f in findings(assay("check", "--json"))}
    option = f" --root {root.path}"
    assert remedies["key.signing"] == remedies["key.certificate"] == "assay keygen" + option
    assert remedies["package"].startswith("assay sign --package ")
    keygen()
    cert = root.path / "etc/assay/certs/signing.der"
    good = cert.read_bytes()
    cert.write_bytes(b"damaged")
    remedy = {f["id"]: f["remedy"] for f in findings(assay("check", "--json"))}["key.certificate"]
    assert remedy == f"move {cert} away and run 'assay keygen{option}'"
    cert.write_bytes(good)
    for done in (assay("check", "--json"), assay("enable", "--json")):
        signing = [f["remedy"] for f in findings(done) if "assay sign" in (f["remedy"] or "")]
        assert signing and all(option in r or f"'assay sign --root {root.path} FILE'" in r
                               for r in signing), signing
    assert f"mend: assay sign --package tool{option}\n" in assay("explain", "/usr/bin/tool").out


def test_a_bundle_remedy_names_the_root(assay, root):
    """status too."""
    (root / "etc/assay/assay.conf").write_text("[enforcement]\nmode = enforce\n")
    done = assay("status")
    assert done.rc == 1 and f"mend: assay enable --root {root.path}\n" in done.out, done


def test_a_key_of_another_certificate_is_a_reason(assay, signed, keygen, tmp_path):
    """check and enable name the way out; enable changes nothing."""
    (signed / "etc/assay/keys/signing.key").unlink()
    keygen(cert=tmp_path / "other.der")
    for command in ("check", "enable"):
        done = assay(command, "--json")
        found = {f["id"]: f for f in findings(done)}
        assert done.rc == 1 and found["key.pair"]["level"] == "reason", done
        assert f"run 'assay keygen --root {signed.path}'" in found["key.pair"]["remedy"]
    assert not (signed / "var/lib/assay/boot").exists()


def test_enable_tells_that_nothing_makes_an_initramfs(assay, signed):
    """Below a root whoever builds it may install it later: advice."""
    (signed / "usr/sbin/update-initramfs").unlink()
    done = assay("enable", "--json")
    found = {f["id"]: f for f in findings(done)}
    assert done.rc == 0 and found["initramfs"]["level"] == "advice", done
    assert "in this root" in found["initramfs"]["text"]


def test_loose_and_old_keys_have_a_remedy_that_works(assay, signed, bin_dir):
    """chmod names the file; an expired pair is moved away first."""
    (signed / "etc/assay/keys/signing.key").chmod(0o644)
    found = {f["id"]: f for f in findings(assay("check", "--json"))}
    assert run_remedy(bin_dir, found["key.signing"]["remedy"]).returncode == 0
    found = {f["id"]: f for f in findings(assay("check", "--verbose", "--json"))}
    assert found["key.signing"]["level"] == "ok", found
    key, cert = (signed / "etc/assay" / name for name in ("keys/signing.key", "certs/signing.der"))
    *_, ends = re.finditer(rb"\x17\x0d(\d{12}Z)", cert.read_bytes())  # notAfter, a UTCTime
    der = cert.read_bytes()
    cert.write_bytes(der[:ends.start(1)] + b"200101000000Z" + der[ends.end(1):])
    found = {f["id"]: f for f in findings(assay("check", "--json"))}
    assert found["key.expired"]["remedy"] == (
        f"move {key} and {cert} away, run 'assay keygen --root {signed.path}', sign anew")


def test_the_device_of_another_root_is_not_guessed(assay, signed):
    """In a root whose /proc is this system's, the first mount is not the root's device."""
    (signed / "proc/self").mkdir(parents=True)
    (signed / "proc/self/mounts").write_text("/dev/vda1 / ext4 rw 0 0\n")
    found = {f["id"]: f for f in findings(assay("check", "--json"))}
    assert "verity DEVICE'" in found["root.verity"]["remedy"]


def test_the_device_of_the_root_is_named(inside, bare, mounts):
    """tune2fs takes it; where it is not known the remedy says DEVICE."""
    subprocess.run(["mount", "--bind", bare, bare], check=True)
    mounts.points.append(bare)
    source = subprocess.run(["findmnt", "-vno", "SOURCE", bare], capture_output=True, text=True,
                            check=True).stdout.strip()
    known = source.startswith("/dev/") and source != "/dev/root"
    found = {f["id"]: f for f in findings(inside.run("assay", "check", "--json"))}
    assert f"verity {source if known else 'DEVICE'}'" in found["root.verity"]["remedy"]


def test_a_root_on_an_overlay_is_a_reason(inside, bare, mounts, tmp_path):
    """Nothing on it would run: an enforcing boot would stop."""
    (tmp_path / "empty").mkdir()
    subprocess.run(["mount", "-t", "overlay", "-o", f"lowerdir={bare}:{tmp_path}/empty", "x",
                    bare], check=True)
    mounts.points.append(bare)
    found = {f["id"]: f for f in findings(inside.run("assay", "check", "--json"))}
    assert found["mount.system"]["level"] == "reason", found


def test_a_lost_key_is_not_replaced_by_keygen(assay, signed):
    """keygen would refuse: the certificate is there."""
    (signed / "etc/assay/keys/signing.key").unlink()
    found = {f["id"]: f for f in findings(assay("check", "--json"))}
    assert "back from its copy" in found["key.signing"]["remedy"]


def test_what_is_in_force_is_not_read_from_a_directory(assay, signed):
    """What is configured, and no verdict on a kernel that is not there."""
    assert assay("enable").rc == 0
    done = assay("status")
    assert done.rc == 1 and "configured           enforce" in done.out, done
    assert done.out.splitlines()[-1].split("  ")[-1].strip() == "not known below --root", done
    answer = json.loads(assay("status", "--json").out)
    assert answer["as_configured"] is None and answer["in_force"]["mode"] is None


def test_status_of_a_host_that_is_off(inside):
    """Not enabled, exit 1, no reason; a terminal is led on."""
    done = inside.run("assay", "status")
    assert done.rc == 1 and done.out.endswith("not enabled\n") and "reason" not in done.out, done
    assert "next:" not in done.out + done.err
    assert "next: assay check\r\n" in on_terminal(inside.words("assay", "status"))[1]


def test_disable_of_what_was_never_enabled(run, bare, inside):
    """No configuration is made to say off; what can't be run is not told to be run."""
    done = run("assay", "disable", "--root", bare)
    assert done.rc == 0 and "update-initramfs is not installed there" in done.out, done
    assert "chroot" not in done.out and not (bare / "etc/assay").exists()
    done = inside.run("assay", "disable")
    assert done.rc == 2 and done.err.count("\n") == 1 and "is not installed" in done.err, done
    assert "update-initramfs is not installed here" in inside.run("assay", "disable", "--no-initramfs").out
    assert not (bare / "etc/assay").exists()


def test_a_policy_that_was_never_made(inside):
    """What makes one, and what names another."""
    for command in ("explain", "simulate"):
        done = inside.run("assay", "policy", command, "--kernel", "6.12", "/usr/bin/true")
        assert (done.rc, done.err) == (2, f"assay policy: {command}: there is no policy at /var/lib/assay/boot/policy: "
                                       "'assay enable' makes it; or give --policy, as of 'assay policy generate'\n"), done


def test_explain_of_a_users_file_does_not_say_sign(assay, signed, run):
    """Its owner may rewrite it, or hold it open; what is said instead works."""
    tool = signed / "home/u/tool"
    tool.parent.mkdir(parents=True)
    tool.write_bytes(SCRIPT)
    tool.chmod(0o755)
    assert f"'assay sign --root {signed.path} /home/u/tool'" in assay("explain", "/home/u/tool").out
    os.chown(tool, 1000, 1000)
    done = assay("explain", "/home/u/tool")
    assert done.rc == 1 and "assay sign" not in done.out, done
    assert "mend: its owner may rewrite it" in done.out and "'install -o root -g root'" in done.out, done
    sign = ["sign", "--key", signed / "etc/assay/keys/signing.key", "--cert",
            signed / "etc/assay/certs/signing.der", "--profile", "signature", "--no-evm"]
    assert run("assay", *sign, tool).rc == 1
    (signed / "usr/local/bin").mkdir(parents=True)
    copy = signed / "usr/local/bin/tool"
    subprocess.run(["install", "-o", "root", "-g", "root", tool, copy], check=True)
    assert run("assay", *sign, copy).rc == 0 and "exec: allowed" in assay("explain", "/usr/local/bin/tool").out
    os.chown(signed / "usr/bin/tool", 1000, 1000)
    remedy = json.loads(assay("explain", "--json", "/usr/bin/tool").out)["files"][0]["remedy"]
    assert f"'chown root {signed.path}/usr/bin/tool', then 'assay sign --package tool --root {signed.path}'" in remedy


def test_explain_of_data_does_not_say_sign(assay, signed):
    """By which policy, then the file, then the verdict that was asked for, and no more."""
    (signed / "usr/data").write_text("text\n")
    done = assay("explain", "/usr/data", "-o", "exec")
    lines = done.out.splitlines()
    assert done.rc == 1 and lines[:2] == ["by the policy that 'assay enable' would make:", "/usr/data (other)"], done
    assert lines[2].startswith("exec: denied") and "sign the file" not in done.out and "mend" not in done.out


def test_a_file_without_records_is_told_of(run, tmp_path):
    """It may be another file than was meant; an empty log is possible: exit 0."""
    (tmp_path / "lines").write_text("nothing of the kernel\n")
    done = run("assay", "events", "--root", tmp_path, "--input", tmp_path / "lines")
    assert done.rc == 0 and done.out.startswith("0 denied"), done
    assert done.err == f"assay: events: {tmp_path}/lines: read no record of the kernel\n"


def test_help_has_a_short_form(run):
    """-h wherever --help is."""
    assert run("assay-sign", "-h").out == run("assay-sign", "--help").out
    for words in (["check"], ["sign"], ["policy", "lint"], ["pkg", "show"]):
        done = run("assay", *words, "-h")
        assert done.rc == 0 and done.out == run("assay", *words, "--help").out and "-h, --help" in done.out, done
    assert run("assay", "-h").rc == 0 and run("assay", "-h").out == run("assay", "--help").out


def test_one_file_is_no_plural(assay, signed):
    """The count that is left over."""
    for i in range(13):
        odd = signed / f"opt/d{i}/run"
        odd.parent.mkdir(parents=True)
        odd.write_bytes(SCRIPT)
        odd.chmod(0o755)
    assert "1 more executable file that" in assay("check").out


def test_what_lies_on_an_overlay_is_to_be_copied(assay, signed, run, tmp_path, mounts):
    """No signature helps there: sign says so, and explain names what does."""
    where = signed / "opt/over"
    for directory in (where, tmp_path / "lower", tmp_path / "empty"):
        directory.mkdir(parents=True)
    tool = tmp_path / "lower/tool"
    tool.write_bytes(SCRIPT)
    tool.chmod(0o755)
    key, cert = (signed / "etc/assay" / name for name in ("keys/signing.key", "certs/signing.der"))
    sign = ["sign", "--key", key, "--cert", cert, "--profile", "signature", "--no-evm"]
    done = run("assay", *sign, tool)
    assert done.rc == 0 and not done.err, done
    subprocess.run(["mount", "-t", "overlay", "-o", f"lowerdir={tmp_path}/lower:{tmp_path}/empty", "x", where], check=True)
    mounts.points.append(where)
    done = run("assay", *sign, where / "tool")
    assert f"{where}/tool: on overlay: will not run where Assay enforces\n" in done.err, done
    done = assay("explain", "/opt/over/tool")
    assert done.rc == 1 and "mend: nothing on such a file system (overlay) runs" in done.out, done
    assert "vouch" not in done.out


def test_a_signature_by_another_key_is_no_change_of_the_file(assay, signed, keygen, run):
    """After a new key was made what mends it is to sign anew, which dpkg's digests allow."""
    for name in ("keys/signing.key", "certs/signing.der"):
        (signed / "etc/assay" / name).unlink()
    key, cert = keygen()
    done = assay("explain", "/usr/bin/tool")
    assert "meaning: it is signed by a key that is not trusted\n" in done.out, done
    assert "not what was signed" not in done.out
    assert f"mend: assay sign --package tool --root {signed.path}\n" in done.out
    found = [f for f in findings(assay("check", "--verbose", "--json")) if f["id"] == "package"]
    assert found and all(f["remedy"].startswith("assay sign --package ") for f in found), found
    assert all("signed by a key that is not trusted" in f["text"] for f in found), found
    assert run("assay", "sign", "--package", "tool", "--root", signed.path, "--key", key, "--cert", cert,
               "--profile", "signature", "--no-evm").rc == 0
    assert assay("explain", "/usr/bin/tool").rc == 0


def test_reasons_are_counted_the_same_with_verbose(assay, signed):
    """However few lines they are told in."""
    for i in range(14):
        signed.install(f"lib{i}", {f"/usr/lib/x86_64-linux-gnu/security/pam_x{i}.so": (ELF, 0o644)})
    short, long = (json.loads(assay("check", *more, "--json").out) for more in ([], ["--verbose"]))
    assert short["reasons"] == long["reasons"] >= 14, short
    assert len(short["findings"]) < len(long["findings"])
