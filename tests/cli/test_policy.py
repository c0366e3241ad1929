# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-policy as an operator sees it: generate, lint, explain, simulate, and their misery."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

UUID = "01234567-89ab-cdef-0123-456789abcdef"
OTHER_UUID = "11111111-2222-3333-4444-555555555555"
LOADER = "/lib64/ld-linux-x86-64.so.2"
DEFAULTS = pathlib.Path(__file__).parents[2] / "docs/assay.conf"
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


@pytest.fixture
def generate(run):
    """generate("--kernel", "6.12", ...) -> the policy's text."""
    def made(*args):
        done = run("assay-policy", "generate", "--config", DEFAULTS, *args)
        assert (done.rc, done.err) == (0, ""), done
        return done.out
    return made


@pytest.fixture
def policy(generate, tmp_path):
    """policy(*args) -> the path of a generated policy."""
    def made(*args):
        path = tmp_path / "policy"
        path.write_text(generate(*args), encoding="ascii")
        return path
    return made


@pytest.fixture
def sign(run, keys):
    """sign(path) signs it in the signature profile."""
    def signed(path):
        done = run("assay-sign", "sign", "--key", keys[0], "--cert", keys[1], "--no-evm",
                   "--profile", "signature", path)
        assert done.rc == 0, done
    return signed


@pytest.fixture
def program(tmp_path, sign):
    """program(signed) -> the path of a program that needs no other file: a copy of the loader."""
    def made(signed, name=None):
        path = tmp_path / (name or ("signed" if signed else "unsigned"))
        shutil.copy(LOADER, path)
        if signed:
            sign(path)
        return path
    return made


@pytest.fixture
def judge(run, policy, keys, tmp_path):
    """judge(command, ...) by a generated policy and the key, beside the files."""
    rules = policy("--kernel", "6.12", "--profile", "signature")

    def judged(command, *args):
        return run("assay-policy", command, "--kernel", "6.12", "--policy", rules, "--cert",
                   keys[1], *args, cwd=tmp_path)
    return judged


@pytest.mark.parametrize("mode", ["enforce", "log"])
@pytest.mark.parametrize("profile", ["signature", "verity"])
@pytest.mark.parametrize("kernel", ["6.1", "6.12", "7.3"])
def test_what_is_generated_is_clean(run, policy, mode, profile, kernel):
    """lint finds nothing in what generate writes, and every line is a rule."""
    path = policy("--kernel", kernel, "--mode", mode, "--profile", profile)
    done = run("assay-policy", "lint", "--kernel", kernel, "--mode", mode, path)
    assert (done.rc, done.out) == (0, "")
    lines = path.read_text(encoding="ascii").splitlines()
    wanted = "appraise" if mode == "enforce" else "audit"
    assert all(line.split()[0] in ("measure", wanted) for line in lines)
    assert not any("dont_" in line for line in lines)


def test_every_hook_is_appraised_by_signature(generate):
    """No hook by which code runs is left out, and none takes a hash."""
    rules = [r for r in generate("--kernel", "6.12", "--profile", "verity").splitlines()
             if r.startswith("appraise")]
    hooks = {r.split("func=")[1].split()[0] for r in rules}
    assert hooks == {"BPRM_CHECK", "MMAP_CHECK", "MODULE_CHECK", "FIRMWARE_CHECK", "KEXEC_KERNEL_CHECK",
                     "KEXEC_INITRAMFS_CHECK", "POLICY_CHECK"}
    assert all("appraise_type=" in r for r in rules)


def test_measurements_can_be_left_out(generate):
    """--no-measure keeps what enforces."""
    full, bare = generate("--kernel", "6.12"), generate("--kernel", "6.12", "--no-measure")
    assert [r for r in full.splitlines() if not r.startswith("measure")] == bare.splitlines()


def test_mixed_file_systems_come_first(generate):
    """A file system of the other profile is decided before the rules for the rest."""
    rules = generate("--kernel", "6.12", "--profile", "verity", "--signature-fs", UUID).splitlines()
    exec_rules = [r for r in rules if r.startswith("appraise func=BPRM_CHECK")]
    foreign = [r for r in exec_rules if "fsmagic=" in r]
    assert exec_rules[:len(foreign)] == foreign and all("digest_type=verity" in r for r in foreign)
    assert f"fsuuid={UUID}" in exec_rules[len(foreign)] and "fsuuid" not in exec_rules[-1]
    assert "appraise_type=imasig" in exec_rules[len(foreign)] and "sigv3" in exec_rules[-1]


def test_configuration_decides(run, tmp_path):
    """Mode and profile come from the configuration, options win over it."""
    conf = tmp_path / "assay.conf"
    conf.write_text("[enforcement]\nmode = log\nprofile = verity\n", encoding="ascii")
    args = ["assay-policy", "generate", "--config", conf, "--kernel", "6.12"]
    assert "audit func=BPRM_CHECK" in run(*args).out
    assert "appraise_type=sigv3" in run(*args, "--mode", "enforce").out


def test_output_is_replaced_whole(run, tmp_path):
    """--output writes a file; one that can't be written is trouble and leaves nothing."""
    target = tmp_path / "out"
    args = ["assay-policy", "generate", "--config", DEFAULTS, "--kernel", "6.1", "--profile",
            "signature", "--output"]
    assert run(*args, target).rc == 0
    assert target.read_text(encoding="ascii").startswith("measure ")
    assert run(*args, tmp_path / "no" / "out").rc == 2
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("args, part", [
    (["--kernel", "5.10", "--profile", "verity"], "came with 5.19"),
    (["--kernel", "5.9"], "older than 5.10"),
    (["--kernel", "x"], "no kernel version"),
    (["--mode", "off"], "neither enforce nor log"),
    (["--profile", "x"], "none of signature, verity, auto"),
    (["--kernel", "6.1", "--profile", "signature", "--verity-fs", "x"], "not a file system's UUID"),
    (["--kernel", "6.1", "--profile", "verity", "--verity-fs", UUID, "--signature-fs", UUID.upper()],
     "named twice"),
    (["--root", "/nonexistent"], "No such file"),
    (["operand"], "takes no operand"),
    (["--nonsense"], "no option is named"),
    (["--kernel"], "needs a value"),
    (["--config", "/"], "/"),
    (["--config", "/nope"], "open: /nope: No such file"),
])
def test_generate_refuses(trouble, args, part):
    """One line that says what is wrong."""
    assert part in trouble("assay-policy", "generate", *args).err


def test_too_many_file_systems(trouble):
    """There is a maximum."""
    args = [a for n in range(17) for a in ("--verity-fs", f"{n:08}-89ab-cdef-0123-456789abcdef")]
    assert "more than 16" in trouble("assay-policy", "generate", "--kernel", "6.12", *args).err


BAD = """\
dont_appraise fsmagic=0x01021994
appraise func=BPRM_CHECK
meassure
dont_audit
"""


def test_lint_tells_line_and_reason(run, tmp_path):
    """Each finding is a line: where, which kind, why; exit 1."""
    path = tmp_path / "bad"
    path.write_text(BAD, encoding="ascii")
    done = run("assay-policy", "lint", "--kernel", "6.12", path)
    assert done.rc == 1 and done.err == ""
    assert f"{path}:1: hole: takes what is written to memory file systems" in done.out
    assert f"{path}:2: hole: takes a plain hash" in done.out
    assert f"{path}:3: grammar: no kernel knows the word 'meassure'" in done.out
    assert f"{path}:4: grammar: dont_audit came with kernel 6.19" in done.out
    assert f"{path}: hole: no rule 'appraise func=MODULE_CHECK'" in done.out


def test_lint_says_which_kernels(run, tmp_path):
    """What only some kernels reject is marked so."""
    path = tmp_path / "new"
    path.write_text("audit\ndont_audit fowner=1\n", encoding="ascii")
    done = run("assay-policy", "lint", "--grammar", "--kernel", "6.1", "--kernel", "6.19", path)
    assert done.out == f"{path}:2: grammar: dont_audit came with kernel 6.19 (kernel 6.1)\n"
    every = run("assay-policy", "lint", "--grammar", "--kernel", "all", "--json", path)
    found = json.loads(every.out)
    assert found["file"] == str(path) and "5.10" in found["kernels"]
    assert found["findings"][0]["line"] == 2 and "7.1" not in found["findings"][0]["kernels"]


def test_lint_reads_stdin_and_any_bytes(run, tmp_path):
    """'-' is the standard input; bytes that are no text are shown escaped."""
    path = tmp_path / "in"
    path.write_bytes(b"audit\n\xff\x1b[31m\n")
    with path.open("rb") as stdin:
        done = run("assay-policy", "lint", "--kernel", "6.1", "-", stdin=stdin)
    assert done.rc == 1 and "\\xff" in done.out and "\x1b" not in done.out
    done = run("assay-policy", "lint", "--json", "--kernel", "6.1", path)
    assert json.loads(done.out)["findings"][0]["kind"] == "grammar"


def test_lint_asks_about_labels(run, tmp_path):
    """Whether a condition on a label is taken depends on the module."""
    path = tmp_path / "labels"
    path.write_text("audit obj_type=bin_t\n", encoding="ascii")
    args = ["assay-policy", "lint", "--grammar", "--kernel", "6.12", path]
    assert run(*args).rc == 1
    assert run(*args, "--lsm", "selinux").rc == 0


@pytest.mark.parametrize("args, part", [
    ([], "one policy file"),
    (["a", "b"], "one policy file"),
    (["/nonexistent"], "No such file"),
    (["--kernel", "4.4", "x"], "older than"),
    (["--lsm", "x", "y"], "none of none, apparmor"),
    (["--mode", "x", "y"], "neither enforce nor log"),
    (["/"], "/"),
])
def test_lint_refuses(trouble, args, part):
    """Trouble is one line, exit 2."""
    assert part in trouble("assay-policy", "lint", *args).err


def test_lint_has_a_maximum(run, trouble, tmp_path):
    """64 KiB are read, a byte more is not."""
    path = tmp_path / "large"
    path.write_text("#" * 65535 + "\n", encoding="ascii")
    assert run("assay-policy", "lint", "--kernel", "6.1", path).rc == 1
    path.write_text("#" * 65536 + "\n", encoding="ascii")
    assert "65536 bytes" in trouble("assay-policy", "lint", "--kernel", "6.1", path).err


@NEEDS_ROOT
def test_explain_names_rule_signature_and_key(run, policy, program, keys):
    """A signed program may run, an unsigned one may not, and why is said."""
    rules = policy("--kernel", "6.12", "--profile", "signature")
    args = ["assay-policy", "explain", "--kernel", "6.12", "--policy", rules, "--cert", keys[1]]
    done = run(*args, program(True))
    assert done.rc == 0 and "exec: allowed" in done.out and "mmap: allowed" in done.out
    assert "signature: v2, sha256, key " in done.out and "rule " in done.out
    done = run(*args, program(False))
    assert done.rc == 1 and "denied (EACCES): IMA-signature-required" in done.out
    assert "sign the file" in done.out


@NEEDS_ROOT
def test_explain_without_the_key(run, policy, program, other_keys):
    """Another certificate does not help."""
    rules = policy("--kernel", "6.12", "--profile", "signature")
    done = run("assay-policy", "explain", "--kernel", "6.12", "--policy", rules, "--cert",
               other_keys[1], program(True))
    assert done.rc == 1 and "invalid-signature" in done.out and "not trusted" in done.out


@NEEDS_ROOT
def test_simulate_prints_one_object_a_verdict(run, policy, program, keys):
    """Every operation asked for, on every file, in their order."""
    rules = policy("--kernel", "6.12", "--profile", "signature")
    done = run("assay-policy", "simulate", "--json", "--kernel", "6.12", "--policy", rules, "--cert",
               keys[1], "--op", "exec", "--op", "mprotect", "--op", "read", program(True), program(False))
    assert done.rc == 1
    verdicts = [json.loads(line) for line in done.out.splitlines()]
    assert [(v["op"], v["allowed"]) for v in verdicts] == [
        ("exec", True), ("mprotect", False), ("read", True),
        ("exec", False), ("mprotect", False), ("read", True)]
    assert verdicts[0]["key"] and verdicts[1]["errno"] == "EPERM"
    assert verdicts[3]["cause"] == "IMA-signature-required" and verdicts[3]["measured"]


@NEEDS_ROOT
def test_names_that_are_no_utf8_are_in_the_json(run, tmp_path, program, keys):
    """Escaped, as on a terminal; not left out."""
    odd = os.fsencode(tmp_path) + b"/\xff"
    with open(odd, "wb") as to:
        to.write(b"appraise func=BPRM_CHECK appraise_type=imasig\n")
    done = run("assay-policy", "lint", "--json", "--kernel", "6.12", odd)
    assert json.loads(done.out)["file"].endswith("/\\xff"), done
    path = os.fsencode(tmp_path) + b"/\xfe"
    os.rename(program(False), path)
    done = run("assay-policy", "simulate", "--json", "--kernel", "6.12", "--policy", odd, "--cert",
               keys[1], path)
    assert done.out and all(json.loads(line)["path"].endswith("/\\xfe") for line in done.out.splitlines()), done


@NEEDS_ROOT
def test_simulate_who_and_evm(run, tmp_path, program, keys):
    """The user decides where a rule says so; with EVM a signature of its own is asked for."""
    rules = tmp_path / "rules"
    rules.write_text("appraise func=BPRM_CHECK uid>0 appraise_type=imasig\n", encoding="ascii")
    args = ["assay-policy", "simulate", "--kernel", "6.12", "--policy", rules, "--cert", keys[1]]
    assert run(*args, program(False)).rc == 0
    assert run(*args, "--uid", "1000", "--gid", "1000", program(False)).rc == 1
    assert run(*args, "--uid", "1000", program(True)).rc == 0
    assert "missing-HMAC" in run(*args, "--uid", "1000", "--evm", program(True)).out


@NEEDS_ROOT
@pytest.mark.parametrize("evm", ["off", "portable", "immutable"])
def test_evm_is_as_configured(run, policy, program, keys, tmp_path, evm):
    """Where the certificates are the configured ones, so is EVM; options win over it."""
    conf, certs = tmp_path / "conf", tmp_path / "certs"
    certs.mkdir()
    shutil.copy(keys[1], certs)
    conf.write_text(f"[enforcement]\nevm = {evm}\n[keys]\ncertificates = {certs}\n",
                    encoding="utf-8")
    rules = policy("--kernel", "6.12", "--profile", "signature")
    args = ["--kernel", "6.12", "--policy", rules, "--config", conf]
    for command in ("explain", "simulate"):
        done = run("assay-policy", command, *args, program(True))
        assert done.rc == (0 if evm == "off" else 1), done
        assert ("missing-HMAC" in done.out) == (evm != "off")
        assert run("assay-policy", command, *args, "--no-evm", program(True)).rc == 0
        assert run("assay-policy", command, *args, "--evm", program(True)).rc == 1
        assert run("assay-policy", command, *args, "--cert", keys[1], program(True)).rc == 0


@NEEDS_ROOT
@pytest.mark.parametrize("signed", [False, True])
def test_a_script_runs_only_with_its_interpreter(judge, program, sign, tmp_path, signed):
    """The interpreter's verdict is shown and is the script's as well."""
    interpreter = program(signed, "interpreter")
    script = tmp_path / "script"
    script.write_text(f"#!{interpreter} -x\n", encoding="utf-8")
    script.chmod(0o755)
    sign(script)
    verdict = "allowed" if signed else "denied (EACCES): IMA-signature-required"
    for command in ("explain", "simulate"):
        done = judge(command, script)
        assert done.rc == (0 if signed else 1), done
        assert f"needs {interpreter}: exec: {verdict}" in done.out
        assert ("exec: denied (EACCES): an interpreter that it needs is" in done.out) != signed
    shown = json.loads(judge("simulate", "--json", script).out)
    assert (shown["path"], shown["allowed"]) == (str(script), signed)
    assert shown["errno"] == (None if signed else "EACCES") and shown["key"]
    assert [(n["path"], n["op"], n["allowed"]) for n in shown["needs"]] == [
        (str(interpreter), "exec", signed)]


@NEEDS_ROOT
@pytest.mark.parametrize("signed", [False, True])
def test_a_program_runs_only_with_its_loader(judge, program, sign, tmp_path, signed):
    """Through an interpreter as well: the process dies when its loader may not be mapped."""
    program(signed, "loader")
    tool = tmp_path / "tool"
    named = LOADER.encode() + b"\0"
    image = pathlib.Path("/bin/true").read_bytes()
    assert image.count(named) == 1
    tool.write_bytes(image.replace(named, b"./loader".ljust(len(named), b"\0")))
    tool.chmod(0o755)
    sign(tool)
    script = tmp_path / "script"
    script.write_text("#! ./tool\n", encoding="utf-8")
    script.chmod(0o755)
    sign(script)
    for file in (tool, script):
        done = judge("simulate", file)
        assert done.rc == (0 if signed else 1), done
        assert f"needs ./loader: loader: {'allowed' if signed else 'denied'}" in done.out
        assert ("the process is killed): the loader that it needs is" in done.out) != signed
    assert "needs ./tool: exec: allowed" in done.out
    shown = json.loads(judge("simulate", "--json", script).out)
    assert shown["killed"] != signed
    assert [n["op"] for n in shown["needs"]] == ["exec", "loader"]


@NEEDS_ROOT
def test_interpreters_that_lead_nowhere(judge, sign, tmp_path):
    """One that is missing, is a folder, or comes after too many, is what execve says it is."""
    for n in range(7):
        path = tmp_path / f"s{n}"
        path.write_text(f"#!./s{n + 1}\n" if n < 6 else "exit\n", encoding="utf-8")
        path.chmod(0o755)
        sign(path)
    (tmp_path / "lost").write_text("#!/nonexistent\x1b[31m\n", encoding="utf-8")
    (tmp_path / "folder").write_text("#!/usr\n", encoding="utf-8")
    for name in ("lost", "folder"):
        (tmp_path / name).chmod(0o755)
        sign(tmp_path / name)
    done = judge("simulate", tmp_path / "s1")
    assert done.rc == 0 and done.out.count("needs ./s") == 5, done
    for name, error in (("s0", "ELOOP"), ("lost", "ENOENT"), ("folder", "EACCES")):
        done = judge("simulate", tmp_path / name)
        assert done.rc == 1 and f"exec: denied ({error})\n" in done.out, done
        assert "\x1b" not in done.out
        assert json.loads(judge("simulate", "--json", tmp_path / name).out)["errno"] == error


@pytest.mark.parametrize("command", ["explain", "simulate"])
@pytest.mark.parametrize("args, part", [
    ([], "at least one file"),
    (["--policy", "/nonexistent", "/bin/true"], "/nonexistent"),
    (["--kernel", "6.1", "--kernel", "6.12", "/bin/true"], "given twice"),
    (["--kernel", "all", "/bin/true"], "--kernel: one kernel judges"),
    (["--policy", "POLICY", "--kernel", "6.12", "--config", "/", "/bin/true"], "/"),
    (["--policy", "POLICY", "--kernel", "6.12", "--config", "/nope", "/bin/true"], "open: /nope: No such file"),
    (["--cert", "/bin/true", "/bin/true"], "/bin/true"),
    (["--uid", "root", "/bin/true"], "not a number"),
    (["--policy", "POLICY", "--kernel", "6.12", "/nonexistent"], "/nonexistent"),
    (["--policy", "POLICY", "--kernel", "6.12", "/dev/null"], "/dev/null"),
    (["--policy", "POLICY", "--kernel", "6.12", "/"], "/"),
])
def test_judging_refuses(trouble, policy, command, args, part):
    """Trouble is one line, exit 2."""
    args = [policy("--kernel", "6.12") if a == "POLICY" else a for a in args]
    assert part in trouble("assay-policy", command, *args).err


def test_a_bad_policy_is_not_judged_by(trouble, tmp_path):
    """A policy that the kernel would reject is none."""
    rules = tmp_path / "rules"
    rules.write_text("audit\nnonsense\n", encoding="ascii")
    done = trouble("assay-policy", "explain", "--kernel", "6.12", "--policy", rules, "/bin/true")
    assert "line 2: no kernel knows the word 'nonsense'" in done.err


def test_unknown_operation(trouble):
    """The operations that there are, are named."""
    assert "kexec-kernel" in trouble("assay-policy", "simulate", "--op", "open", "/bin/true").err


def test_full_disk_is_trouble(bin_dir, tmp_path, policy):
    """A verdict that could not be written is no verdict."""
    rules = policy("--kernel", "6.12")
    bad = tmp_path / "bad"
    bad.write_text("nonsense\n", encoding="ascii")
    judge = ["--kernel", "6.12", "--policy", rules, "/bin/true"]
    for args in (["generate", "--config", DEFAULTS, "--kernel", "6.12"],
                 ["lint", "--kernel", "6.12", bad], ["lint", "--kernel", "6.12", "--json", bad],
                 ["explain", *judge], ["simulate", *judge], ["simulate", "--json", *judge]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([bin_dir / "assay-policy", *args], stdout=full, check=False,
                                  stderr=subprocess.PIPE, timeout=120)
        assert done.returncode == 2 and b"stdout" in done.stderr, args


@pytest.mark.parametrize("command", ["generate", "lint", "explain", "simulate"])
def test_help(run, command):
    """--help goes to stdout."""
    done = run("assay-policy", command, "--help")
    assert done.rc == 0 and done.out.startswith(f"usage: assay-policy {command}") and not done.err
