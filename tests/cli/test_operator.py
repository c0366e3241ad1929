# SPDX-License-Identifier: GPL-2.0-or-later
"""The operator's command on roots below a directory: check, enable, disable, status, explain."""

import hashlib
import json
import os
import pathlib
import subprocess

import pytest

from frame.deb import ELF
from frame.dpkg_root import DpkgRoot
from frame.operator import CONFIG, KCONFIG, SCRIPT, fake_boot, findings
from frame.terminal import on_terminal

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


def boot_dir(root):
    """Every file of the boot bundle, by name."""
    top = root / "var/lib/assay/boot"
    return {str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if p.is_file()}


def test_help_leads_from_a_fresh_host_to_an_enforcing_one(run):
    """The steps are there, in their order."""
    done = run("assay", "--help")
    steps = ["assay keygen", "assay check", "assay sign --installed", "assay enable --log",
             "assay events", "assay enable  ", "assay status"]
    assert done.rc == 0
    at = [done.out.find(step) for step in steps]
    assert -1 not in at and at == sorted(at), done


def test_the_next_step_is_said_on_a_terminal(assay, bin_dir, root, keygen):
    """Neither sign nor events leads on below another root; a pipe gets nothing of it."""
    key, cert = keygen()
    sign = [bin_dir / "assay", "sign", "--installed", "--root", root.path, "--key", key, "--cert",
            cert, "--profile", "signature", "--no-evm"]
    code, shown = on_terminal(sign)
    assert code == 0 and " 0 left unsigned\r\n" in shown and "next:" not in shown, shown
    assert assay("enable", "--log").rc == 0
    fake_boot(root, "log")
    log = root / "var/log/audit/audit.log"
    log.parent.mkdir(parents=True)
    log.touch()
    assert "next:" not in on_terminal([bin_dir / "assay", "events", "--root", root.path])[1]
    done = assay("events")
    assert done.rc == 0 and "next:" not in done.out + done.err, done


def test_misuse_is_one_line(run):
    """An unknown command, option, operand: exit 2, one line that says where help is."""
    for words in (["frobnicate"], ["../sign"], ["check", "--frob"], ["status", "extra"],
                  ["explain"], ["events", "--since", "yesterday"], ["enable", "--root", "/none"]):
        done = run("assay", *words)
        assert done.rc == 2 and done.err.count("\n") == 1 and "--help" in done.err, (words, done)
        assert done.out == ""


def test_commands_of_other_programs_are_run(run, tmp_path, build_dir):
    """`assay X` is assay-X, with its exit status; ASSAY_EXEC_PATH comes first."""
    del build_dir
    program = tmp_path / "assay-hello"
    program.write_text("#!/bin/sh\necho \"$@\"\nexit 7\n")
    program.chmod(0o755)
    done = run("assay", "hello", "a", "b", env=os.environ | {"ASSAY_EXEC_PATH": str(tmp_path)})
    assert (done.rc, done.out) == (7, "a b\n"), done
    assert "usage: assay verify" in run("assay", "verify", "--help").out


def test_messages_name_what_can_be_typed(run):
    """The programs lie outside of PATH: run by assay they call themselves as they were called."""
    for words, hint in {("sign", "--foo"): "see 'assay sign --help'",
                        ("policy", "lint", "--foo"): "see 'assay policy lint --help'",
                        ("policy",): "see 'assay policy --help'",
                        ("policy", "dance"): "see 'assay policy --help'"}.items():
        done = run("assay", *words)
        assert done.rc == 2 and hint in done.err and "assay-" not in done.err, done
    assert run("assay", "policy", "--help").out.startswith("usage: assay policy COMMAND")
    assert "see 'assay-sign sign --help'" in run("assay-sign", "sign", "--foo").err


def test_check_says_what_is_missing_and_how_to_mend_it(assay):
    """Nothing is signed and there is no key: reasons, each with a remedy, exit 1."""
    done = assay("check")
    assert done.rc == 1, done
    assert done.out.endswith("reasons\n") and "cannot be enabled yet" in done.out
    assert "init: 2 files would be denied: not signed; needed for booting" in done.out
    assert "mend: assay sign --package init" in done.out and "mend: assay keygen" in done.out
    reasons = findings(assay("check", "--json"), "reason")
    assert {"key.signing", "key.certificate", "package"} <= set(reasons), reasons


def test_check_of_a_signed_host_says_yes(assay, signed):
    """Exit 0, the verdict alone in the last line; --json agrees."""
    del signed
    done = assay("check")
    assert done.rc == 0 and done.out.endswith("this host can be enabled\n"), done
    answer = json.loads(assay("check", "--json").out)
    assert answer["can_be_enabled"] and answer["reasons"] == 0 and answer["packages"] == []


def test_check_tells_unowned_files_apart(assay, signed):
    """A program that no package owns would be denied, which is advice, not a reason."""
    where = signed / "usr/local/bin/mine"
    where.parent.mkdir(parents=True)
    where.write_bytes(SCRIPT)
    where.chmod(0o755)
    done = assay("check")
    assert done.rc == 0 and "/usr/local/bin/mine: no package owns it" in done.out, done


def test_check_escapes_names(assay, signed):
    """A name can't forge a line; in JSON it is a string."""
    where = os.fsencode(signed / "usr/local/bin")
    os.makedirs(where)
    with open(where + b"/a\nreason  \xff", "wb") as out:
        out.write(SCRIPT)
    os.chmod(where + b"/a\nreason  \xff", 0o755)
    done = assay("check")
    assert "/usr/local/bin/a\\x0areason  \\xff" in done.out and done.rc == 0, done
    assert "a\\x0areason  \\xff" in findings(assay("check", "--json"), "advice")["unowned"]


@pytest.mark.parametrize("option, what", [
    ("IMA_APPRAISE", "IMA appraisal"), ("MODULE_SIG", "module signatures"),
    ("SECURITY_LOCKDOWN_LSM", "kernel lockdown"), ("SECURITY_YAMA", "Yama")])
def test_check_knows_what_a_kernel_lacks(assay, signed, option, what):
    """A kernel that was built without something is a reason that names both."""
    (signed / "boot/config-6.1.0-1-amd64").write_text(
        KCONFIG.replace(f"CONFIG_{option}=y", f"# CONFIG_{option} is not set"))
    done = assay("check")
    assert done.rc == 1 and f"6.1.0-1-amd64: built without {what} (CONFIG_{option})" in done.out


def test_check_refuses_an_ecdsa_key_that_the_kernel_cannot_use(assay, signed, run):
    """Debian's 6.1 has no ECDSA: a P-256 certificate is a reason."""
    done = run("assay", "keygen", "--no-passphrase", "--type", "p256", "--key",
               signed / "etc/assay/keys/other.key", "--cert", signed / "etc/assay/certs/other.der")
    assert done.rc == 0
    done = assay("check")
    assert done.rc == 1 and "without ECDSA signatures (CONFIG_CRYPTO_ECDSA)" in done.out, done


def test_check_reads_the_command_line(assay, signed):
    """A parameter that turns appraisal off is a reason that names it."""
    (signed / "proc/cmdline").write_text("root=/dev/vda ro ima_appraise=off quiet\n")
    done = assay("check")
    assert done.rc == 1 and "'ima_appraise=off'" in done.out and "quiet" not in done.out, done


def test_enable_writes_a_bundle_that_verifies(assay, signed, run):
    """Record, signature, policy and certificate; only the mode's line of assay.conf changes."""
    done = assay("enable")
    assert done.rc == 0 and "enforces once every initramfs is made anew" in done.out, done
    bundle = boot_dir(signed)
    assert set(bundle) == {"record", "record.sig", "policy", "certs/signing.der"}
    record = bundle["record"].decode()
    assert "\nmode enforce\nprofile signature\nevm off\nepoch 1\nlevel local\npcr 12\n" in record
    assert bundle["record.sig"][:2] == b"\x03\x02"
    text = (signed / "etc/assay/assay.conf").read_text()
    assert text.splitlines()[2].replace(" ", "").startswith("mode=enforce")
    assert text.splitlines()[:2] + text.splitlines()[3:] == \
        CONFIG.splitlines()[:2] + CONFIG.splitlines()[3:]
    lint = run("assay", "policy", "lint", "--kernel", "6.1",
               signed / "var/lib/assay/boot/policy")
    assert lint.rc == 0, lint


def test_enable_log_needs_no_signatures(assay, keygen, root):
    """In log mode nothing is denied, so nothing stands in the way; the record says so."""
    keygen()
    assert assay("enable", "--log").rc == 0
    assert b"\nmode log\n" in boot_dir(root)["record"]
    assert b"appraise" not in boot_dir(root)["policy"]


def test_enable_refuses_what_would_not_boot(assay, signed):
    """An init whose signature was lost: exit 1, the file is named, nothing is changed."""
    os.removexattr(signed / "usr/lib/systemd/systemd", "security.ima")
    done = assay("enable")
    assert done.rc == 1 and "/usr/lib/systemd/systemd" in done.out, done
    assert "refused" in done.out and not (signed / "var/lib/assay/boot").exists()
    assert (signed / "etc/assay/assay.conf").read_text() == CONFIG
    answer = json.loads(assay("enable", "--json").out)
    assert answer["done"] is False and answer["packages"][0]["package"] == "init"


def test_enable_finds_libraries_and_units(assay, signed):
    """What a unit starts, its interpreter and its libraries count as well."""
    unit = signed / "etc/systemd/system/mine.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=-/usr/bin/started --now\n")
    for name in ("started", "inter"):
        (signed / "usr/bin" / name).write_bytes(b"#!/usr/bin/inter -x\n")
        (signed / "usr/bin" / name).chmod(0o755)
    done = assay("enable")
    assert done.rc == 1 and "/usr/bin/started" in done.out and "/usr/bin/inter" in done.out, done


def renewed(keygen_key, target):
    """Another certificate of the same key and subject, at target."""
    subprocess.run(["openssl", "req", "-x509", "-new", "-key", keygen_key, "-subj", "/CN=renewed", "-days", "9",
                    "-addext", "keyUsage=digitalSignature", "-outform", "DER", "-out", target], check=True)


def test_enable_takes_a_copy_of_a_certificate_once(assay, signed):
    """A kernel keyring would take it once, too, and the boot miss the second key."""
    certs = signed / "etc/assay/certs"
    (certs / "copy.crt").write_bytes((certs / "signing.der").read_bytes())
    assert assay("enable").rc == 0
    assert [n for n in boot_dir(signed) if n.startswith("certs/")] == ["certs/copy.der"]
    assert boot_dir(signed)["record"].count(b"\ncert ") == 1


def test_enable_refuses_two_certificates_of_one_key(assay, signed):
    """One of them would take the other's place in the keyring: one line names both."""
    renewed(signed / "etc/assay/keys/signing.key", signed / "etc/assay/certs/renewed.der")
    done = assay("enable")
    assert done.rc == 2 and done.err.count("\n") == 1, done
    assert "signing.der" in done.err and "renewed.der" in done.err and "same key ID" in done.err
    assert not (signed / "var/lib/assay/boot").exists()


def test_enable_refuses_two_certificates_of_one_name(assay, signed, keygen, tmp_path):
    """signing.pem would become signing.der, which is there."""
    key, _ = keygen(key=tmp_path / "other.key", cert=tmp_path / "other.der")
    renewed(key, tmp_path / "renewed.der")
    subprocess.run(["openssl", "x509", "-inform", "DER", "-in", tmp_path / "renewed.der",
                    "-out", signed / "etc/assay/certs/signing.pem"], check=True)
    done = assay("enable")
    assert done.rc == 2 and done.err.count("\n") == 1 and "would have this name" in done.err, done


def test_enable_with_another_key_is_trouble(assay, signed, run, tmp_path):
    """A key that is not the certificate's, seen only with its passphrase: one line, exit 2, nothing
    is changed."""
    key = signed / "etc/assay/keys/signing.key"
    key.unlink()
    (tmp_path / "words").write_text("open sesame, please\n")
    (tmp_path / "words").chmod(0o600)
    words = ("--passphrase-file", tmp_path / "words")
    assert run("assay", "keygen", *words, "--key", key, "--cert", tmp_path / "other.der").rc == 0
    done = assay("enable", *words)
    assert done.rc == 2 and done.err.count("\n") == 1 and "signing.der" in done.err, done
    assert f"run 'assay keygen --root {signed.path}'" in done.err
    assert not (signed / "var/lib/assay/boot").exists()


def test_enable_again_replaces_and_leaves_nothing_behind(assay, signed):
    """From log to enforce and back: one bundle, no remains, the epoch kept."""
    for words in (["--log"], [], ["--log"]):
        assert assay("enable", *words).rc == 0
    assert [p.name for p in (signed / "var/lib/assay").iterdir() if p.is_dir()] == ["boot", "trust"]
    assert b"\nmode log\n" in boot_dir(signed)["record"]


def test_a_log_run_counts_once_it_was_booted(assay, signed):
    """enable --log alone is none; nor is an enable that no boot followed."""
    for words in (["--log"], [], []):
        done = assay("enable", "--json", *words)
        assert done.rc == 0 and ("log-first" in findings(done, "advice")) == (not words), done
    assert assay("enable", "--log").rc == 0
    fake_boot(signed, "log")
    assert "log-first" not in assay("enable", "--json").out


def test_disable_takes_the_bundle_away(assay, signed):
    """The mode is off, no bundle is left; a second time it is off already; both exit 0."""
    assay("enable")
    done = assay("disable")
    assert done.rc == 0 and f"run 'chroot {signed.path} update-initramfs -u -k all'" in done.out
    assert not list((signed / "var/lib/assay").glob("boot*"))
    assert "mode = off" in (signed / "etc/assay/assay.conf").read_text()
    assert "off already" in assay("disable").out


def test_a_cut_off_disable_is_mended(assay, signed):
    """The bundle moved away while the configuration still says enforce: the next command knows."""
    assay("enable")
    (signed / "var/lib/assay/boot").rename(signed / "var/lib/assay/boot.old")
    assert assay("enable").rc == 0
    assert not (signed / "var/lib/assay/boot.old").exists() and boot_dir(signed)["record"]


@pytest.mark.parametrize("text", ["[enforcement]\nmode = perhaps\n", "nonsense", "[boot]\npcr = 7\n"])
def test_a_wrong_configuration_is_one_line(assay, root, text):
    """Every command names file and line, exit 2."""
    (root / "etc/assay/assay.conf").write_text(text)
    for command in ("check", "enable", "status"):
        done = assay(command)
        assert done.rc == 2 and done.err.count("\n") == 1 and "assay.conf:" in done.err, done


def test_a_damaged_record_is_one_line(assay, signed):
    """status does not guess what a damaged bundle means."""
    assay("enable")
    (signed / "var/lib/assay/boot/record").write_text("assay-record 1\nmode enforce\n")
    done = assay("status")
    assert done.rc == 2 and done.err.count("\n") == 1 and "/record" in done.err, done
    assert "replaces it, 'assay disable --root" in done.err


def test_status_of_off_while_enforcing_asks_for_disable_again(assay, signed):
    """Unless this boot has seen a disable carried through, the initramfs may still enforce."""
    assay("enable")
    fake_boot(signed, "enforce")
    assay("disable")
    done = assay("status")
    assert done.rc == 1 and "enforce is in force, off is configured" in done.out, done
    assert "mend: 'assay disable' again, which makes every initramfs anew" in done.out
    (signed / "run/assay/disabled").touch()
    assert "mend: reboot\n" in assay("status").out


def test_status_of_an_enforcing_boot(assay, signed):
    """Exit 0 and "enforcing as configured" when the kernel's facts fit the record."""
    assay("enable")
    fake_boot(signed, "enforce")
    done = assay("status")
    assert done.rc == 0 and "enforcing as configured" in done.out, done
    answer = json.loads(assay("status", "--json").out)
    assert answer["as_configured"] and answer["in_force"]["mode"] == "enforce"
    assert answer["configured"]["certificates"][0]["keyid"]


@pytest.mark.parametrize("path, text, what", [
    ("sys/kernel/security/ima/policy", "", "off is in force, enforce is configured"),
    ("sys/kernel/security/lockdown", "[none] integrity\n", "lockdown: off is in force"),
    ("sys/module/module/parameters/sig_enforce", "N\n", "module signatures: no is in force"),
    ("proc/sys/kernel/yama/ptrace_scope", "1\n", "ptrace scope: 1 is in force, 3"),
    ("proc/sys/kernel/kexec_load_disabled", "0\n", "kexec_load: yes is in force"),
    ("run/assay/boot", "state enforce\nrecord sha256:00\n", "not the one of the next boot"),
    ("sys/class/tpm/tpm0/pcr-sha256/12", "00" * 32 + "\n", "not the one of the next boot")])
def test_status_tells_each_difference(assay, signed, path, text, what):
    """Whatever the kernel does not enforce as configured is a line, exit 1."""
    assay("enable")
    fake_boot(signed, "enforce")
    (signed / path).parent.mkdir(parents=True, exist_ok=True)
    (signed / path).write_text(text)
    done = assay("status")
    assert done.rc == 1 and what in done.out and done.out.endswith("not as configured\n"), done


def test_a_run_file_alone_proves_nothing(assay, signed):
    """Who may write /run can't make a boot look enforced: the kernel's policy node decides."""
    assay("enable")
    fake_boot(signed, "enforce")
    (signed / "sys/kernel/security/ima/policy").touch()
    assert json.loads(assay("status", "--json").out)["in_force"]["mode"] == "off"


def test_the_pcr_alone_is_not_called_proof(assay, signed):
    """Root can extend it as well as assay-boot: the answer only says whose word it is."""
    assay("enable")
    fake_boot(signed, "enforce")
    record = (signed / "var/lib/assay/boot/record").read_bytes()
    value = hashlib.sha256(bytes(32) + hashlib.sha256(record).digest()).digest()
    capped = hashlib.sha256(value + hashlib.sha256(b"assay-record end\n").digest()).hexdigest()
    path = signed / "sys/class/tpm/tpm0/pcr-sha256/12"
    path.parent.mkdir(parents=True)
    path.write_text(value.hex() + "\n")
    assert assay("status").rc == 1, "a boot that was not capped"
    path.write_text(capped.upper() + "\n")
    done = assay("status")
    assert done.rc == 0 and "the configured one, as its PCR says" in done.out and "proven" not in done.out, done


def test_explain_before_and_after_signing(assay, root, keygen, run):
    """Denied with the rule, the cause and the remedy; allowed with the key once it is signed."""
    key, cert = keygen()
    done = assay("explain", "/usr/bin/tool")
    assert done.rc == 1 and "IMA-signature-required" in done.out, done
    assert "mend: assay sign --package tool --root " in done.out and "appraise func=BPRM_CHECK" in done.out
    run("assay", "sign", "--key", key, "--cert", cert, "--profile", "signature", "--no-evm",
        root / "usr/bin/tool")
    done = assay("explain", "/usr/bin/tool", "--json")
    answer = json.loads(done.out)
    assert done.rc == 0 and answer["policy"] == "that 'assay enable' would make"
    assert all(v["allowed"] and v["keyid"] for v in answer["files"][0]["verdicts"]), answer


def test_explain_of_a_changed_file_does_not_say_sign(assay, signed):
    """The signature does not fit: look first, reinstall; and names are escaped."""
    tool = signed / "usr/bin/tool"
    sig = os.getxattr(tool, "security.ima")
    tool.write_bytes(SCRIPT + b"# more\n")
    os.setxattr(tool, "security.ima", sig)
    done = assay("explain", "/usr/bin/tool")
    assert done.rc == 1 and "mend: look at what changed ('assay verify --package tool --root" in done.out, done
    odd = signed / "usr/bin/a\nb"
    odd.write_bytes(SCRIPT)
    odd.chmod(0o755)
    done = assay("explain", "/usr/bin/a\nb")
    assert done.rc == 1 and f"by 'assay sign --root {signed.path} /usr/bin/a\\x0ab'\n" in done.out, done


def test_explain_of_data_has_no_remedy(assay, signed):
    """Nothing executes it, and without a question there is no verdict."""
    (signed / "usr/data").write_text("text\n")
    done = assay("explain", "/usr/data")
    assert done.rc == 0 and "data: nothing executes it" in done.out and "mend" not in done.out, done
    assert "denied" not in done.out and "allowed" not in done.out
    answer = json.loads(assay("explain", "--json", "/usr/data").out)["files"][0]
    assert answer["remedy"] is None and answer["verdicts"] == []


def test_explain_asks_for_the_interpreter_too(assay, signed):
    """A signed script does not run by an unsigned interpreter: exit 1, and which one it is."""
    (signed / "usr/bin/sh").write_bytes(ELF)
    (signed / "usr/bin/sh").chmod(0o755)
    done = assay("explain", "/usr/bin/tool")
    assert done.rc == 1 and "its interpreter /bin/sh (executable)" in done.out, done
    assert f"vouch for it yourself by 'assay sign --root {signed.path} /bin/sh'" in done.out
    answer = json.loads(assay("explain", "--json", "/usr/bin/tool").out)["files"][0]
    need, = answer["needs"]
    assert answer["verdicts"][0]["allowed"] and not need["verdicts"][0]["allowed"]
    assert need["file"] == "/bin/sh" and need["verdicts"][0]["operation"] == "exec"
    assert assay("explain", "--operation", "mmap", "/usr/bin/tool").rc == 0


def test_explain_generates_for_the_oldest_kernel(assay, signed):
    """As enable does: rules on owners come with 5.19, and an older kernel is installed."""
    def rule():
        verdict = json.loads(assay("explain", "--json", "/usr/bin/tool").out)["files"][0]["verdicts"][0]
        return verdict["rule_text"]
    assert "fowner" in rule()
    (signed / "boot/vmlinuz-5.10.0-1-amd64").touch()
    assert "fowner" not in rule()


def test_explain_misery(assay, root):
    """A missing file, a directory, an unknown operation, a broken policy: one line, exit 2."""
    (root / "bad").write_text("appraise func=NONSENSE\n")
    for words in (["/none"], ["/usr"], ["--operation", "dance", "/usr/bin/tool"],
                  ["--policy", str(root / "bad"), "/usr/bin/tool"]):
        done = assay("explain", *words)
        assert done.rc == 2 and done.err.count("\n") == 1 and done.out == "", (words, done)


def test_as_a_user(run, tmp_path):
    """What takes root says so in one line, exit 2."""
    del tmp_path
    for command in ("check", "enable", "disable"):
        done = run("assay", command, user="nobody")
        assert done.rc == 2 and "only root" in done.err and done.err.count("\n") == 1, done


@pytest.mark.parametrize("json_flag", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize("command", ["check", "status", "events", "explain"])
def test_full_stdout_is_trouble(bin_dir, signed, command, json_flag):
    """An answer that could not be written is no answer."""
    words = [bin_dir / "assay", command, "--root", signed.path, *json_flag]
    if command == "explain":
        words.append("/usr/bin/tool")
    if command == "events":
        words += ["--input", "/dev/null"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False, timeout=120)
    assert done.returncode == 2 and b"assay: stdout: " in done.stderr, done


def test_a_directory_that_a_user_may_not_look_into(run, users_dir):
    """Another package's; owner and explain answer all the same."""
    root = DpkgRoot(pathlib.Path(users_dir) / "closed")
    root.install("tool", {"/usr/bin/tool": (SCRIPT, 0o755)})
    root.install("closed", {"/var/lib/closed/in/file": (b"x", 0o644)})
    (root / "var/lib/closed").chmod(0o700)
    for command in ("owner", "explain"):
        done = run("assay", command, "--root", root.path, "/usr/bin/tool", user="nobody")
        assert "tool" in done.out and "Permission" not in done.err, done
