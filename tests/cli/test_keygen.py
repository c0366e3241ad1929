# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-sign keygen: what it makes, what it never overwrites, and how it fails."""

import os
import pty
import select
import signal
import stat
import subprocess
import termios

import pytest

SCRIPT = b"#!/bin/sh\nexit 0\n"
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def paths(tmp_path):
    """Where key and certificate will be."""
    for name, mode in (("keys", 0o700), ("certs", 0o755)):
        (tmp_path / "etc" / name).mkdir(parents=True)
        (tmp_path / "etc" / name).chmod(mode)
    return tmp_path / "etc/keys/signing.key", tmp_path / "etc/certs/signing.der"


@pytest.fixture
def words(paths):
    """keygen for these paths, quickly."""
    return ["keygen", "--type", "p256", "--key", paths[0], "--cert", paths[1]]


def mode(path):
    """Permission bits."""
    return stat.S_IMODE(os.stat(path).st_mode)


def text_of(cert):
    """The certificate as openssl shows it."""
    return subprocess.run(["openssl", "x509", "-inform", "DER", "-in", cert, "-noout", "-text"],
                          check=True, capture_output=True, text=True).stdout


def passphrase_file(tmp_path, text=PASSPHRASE + "\n", bits=0o600):
    """A file for --passphrase-file."""
    path = tmp_path / "passphrase"
    path.write_text(text)
    path.chmod(bits)
    return path


def can_sign(run, paths, tmp_path, *more):
    """Whether the key opens and fits the certificate (a dry run needs no privilege)."""
    tool = tmp_path / "tool"
    tool.write_bytes(SCRIPT)
    return run("assay-sign", "sign", "--dry-run", "--profile", "signature", "--key", paths[0],
               "--cert", paths[1], *more, tool)


@pytest.mark.parametrize("kind, shown", [
    (None, "(2048 bit)"), ("rsa2048", "(2048 bit)"), ("rsa3072", "(3072 bit)"),
    ("rsa4096", "(4096 bit)"), ("p256", "ASN1 OID: prime256v1"), ("p384", "ASN1 OID: secp384r1")])
def test_each_type_is_fit_for_the_keyrings(run, paths, tmp_path, kind, shown):
    """digitalSignature alone, no authority, both key identifiers; RSA-2048 when nothing is said."""
    done = run("assay-sign", "keygen", *(["--type", kind] if kind else []), "--no-passphrase",
               "--key", paths[0], "--cert", paths[1])
    assert (done.rc, done.out, done.err) == (0, "", ""), done
    text = text_of(paths[1])
    for part in (shown, "X509v3 Key Usage: critical\n                Digital Signature\n",
                 "X509v3 Basic Constraints: critical\n                CA:FALSE",
                 "Subject Key Identifier", "Authority Key Identifier", "Version: 3"):
        assert part in text, part
    pem = tmp_path / "pem"
    subprocess.run(["openssl", "x509", "-inform", "DER", "-in", paths[1], "-out", pem], check=True)
    subprocess.run(["openssl", "verify", "-check_ss_sig", "-CAfile", pem, pem], check=True,
                   capture_output=True)
    assert mode(paths[0]) == 0o600 and mode(paths[0].parent) == 0o700
    assert mode(paths[1]) == 0o644 and mode(paths[1].parent) == 0o755
    assert can_sign(run, paths, tmp_path).rc == 0


def test_name_and_days(run, words, paths):
    """Both are the operator's."""
    done = run("assay-sign", *words, "--no-passphrase", "--name", "Höst 7", "--days", "30")
    assert done.rc == 0, done
    shown = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", paths[1], "-noout",
                            "-subject", "-nameopt", "utf8,-esc_msb", "-checkend",
                            str(31 * 86400)], capture_output=True, text=True, check=False)
    assert "CN=Höst 7" in shown.stdout and shown.returncode == 1


def test_nothing_is_overwritten(trouble, run, words, paths):
    """With both there, with the certificate alone there: a line, and the bytes stay."""
    assert run("assay-sign", *words, "--no-passphrase").rc == 0
    before = [p.read_bytes() for p in paths]
    said = (f"certificate: {paths[1]}: exists already; move it away first to make a new one, and "
            f"{paths[0]} too for a new key\n")
    assert trouble("assay-sign", *words, "--no-passphrase").err.endswith(said)
    assert [p.read_bytes() for p in paths] == before
    paths[0].unlink()
    said = trouble("assay-sign", *words, "--no-passphrase").err
    assert said.endswith("exists already; move it away first to make a new one\n"), said
    assert not paths[0].exists() and paths[1].read_bytes() == before[1]


def test_a_key_that_is_there_gets_a_certificate(run, words, paths, tmp_path):
    """Only the certificate is made."""
    assert run("assay-sign", *words, "--no-passphrase").rc == 0
    key = paths[0].read_bytes()
    paths[1].unlink()
    assert run("assay-sign", *words, "--no-passphrase").rc == 0
    assert paths[0].read_bytes() == key and can_sign(run, paths, tmp_path).rc == 0


def test_a_passphrase_from_a_file(run, trouble, words, paths, tmp_path):
    """The key on disk is encrypted; it opens with the passphrase only."""
    secret = passphrase_file(tmp_path)
    assert run("assay-sign", *words, "--passphrase-file", secret).rc == 0
    assert b"ENCRYPTED PRIVATE KEY" in paths[0].read_bytes()
    assert can_sign(run, paths, tmp_path, "--passphrase-file", secret).rc == 0
    secret.write_text("wrong\n")
    done = can_sign(trouble, paths, tmp_path, "--passphrase-file", secret)
    assert "the passphrase does not open the key" in done.err
    done = trouble("assay-sign", "sign", "--dry-run", "--key", paths[0], paths[0],
                   start_new_session=True)
    assert "there is no terminal to ask on: give --passphrase-file\n" in done.err


@pytest.mark.parametrize("text, bits, said", [
    ("", 0o600, "is empty"), ("\nx", 0o600, "is empty"), ("x" * 1024, 0o600, "is too long"),
    ("x" * 2000, 0o600, "larger than"), ("fine\n", 0o644, "make it 0600")])
def test_a_passphrase_file_that_is_none(trouble, words, paths, tmp_path, text, bits, said):
    """Empty, too long, loose: a line, and no key."""
    secret = passphrase_file(tmp_path, text, bits)
    assert said in trouble("assay-sign", *words, "--passphrase-file", secret).err
    assert not paths[0].exists() and not paths[1].exists()


def test_a_missing_passphrase_file(trouble, words, tmp_path):
    """A line that names it."""
    assert "No such file" in trouble("assay-sign", *words, "--passphrase-file",
                                     tmp_path / "none").err


def test_no_terminal_and_no_word_about_a_passphrase(trouble, words, paths):
    """Nothing is guessed."""
    done = trouble("assay-sign", *words, start_new_session=True)
    assert "no terminal to ask on: give --passphrase-file, or --no-passphrase\n" in done.err and not paths[0].exists()


def on_terminal(program, words, answers):
    """Runs a program on a terminal of its own and types the answers; (status, what it showed)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(program, [str(program), *map(str, words)])
    shown = b""
    for answer in answers:
        while not shown.endswith(b": "):
            shown += os.read(terminal, 1)
        os.write(terminal, answer.encode() + b"\n")
        shown += b"\n"
    try:
        while True:
            shown += os.read(terminal, 4096)
    except OSError:
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_asked_on_the_terminal(bin_dir, run, words, paths, tmp_path):
    """Twice, without echo."""
    status, shown = on_terminal(bin_dir / "assay-sign", words, [PASSPHRASE, PASSPHRASE])
    assert status == 0 and PASSPHRASE not in shown, shown
    assert can_sign(run, paths, tmp_path, "--passphrase-file", passphrase_file(tmp_path)).rc == 0


def test_for_a_system_below_a_directory(run, trouble, bin_dir, tmp_path):
    """Its configuration says where; the next step is not for this system; no root is made."""
    root = tmp_path / "image"
    make = ["keygen", "--type", "p256", "--no-passphrase", "--root"]
    assert f"{root}: No such file" in trouble("assay-sign", *make, root).err
    (root / "etc/assay").mkdir(parents=True)
    (root / "etc/assay/assay.conf").write_text("[keys]\nsigning = /etc/k/own.key\n")
    status, shown = on_terminal(bin_dir / "assay-sign", [*make, f"{root}/"], [])
    assert status == 0 and shown.startswith("made ") and "next:" not in shown
    pair = root / "etc/k/own.key", root / "etc/assay/certs/signing.der"
    assert mode(pair[0]) == 0o600 and can_sign(run, pair, tmp_path).rc == 0
    (tmp_path / "file").touch()
    assert "file: not a directory" in trouble("assay-sign", *make, tmp_path / "file").err


@pytest.mark.parametrize("answers, said", [(["one", "two"], "the two passphrases differ"),
                                           ([""], "the passphrase is empty")])
def test_answers_that_will_not_do(bin_dir, words, paths, answers, said):
    """Different or empty answers: trouble, and no key."""
    status, shown = on_terminal(bin_dir / "assay-sign", words, answers)
    assert status == 2 and said in shown and not paths[0].exists()


def talk(terminal, until):
    """Reads up to a text."""
    shown = b""
    while not shown.endswith(until):
        assert select.select([terminal], [], [], 60)[0], shown
        shown += os.read(terminal, 1)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM])
def test_a_signal_at_the_prompt(bin_dir, words, paths, stop):
    """The program ends by it, and the terminal echoes again."""
    pid, terminal = pty.fork()
    if pid == 0:
        signal.signal(stop, signal.SIG_DFL)     # nohup and background jobs have some ignored
        os.execv(bin_dir / "assay-sign", ["assay-sign", *map(str, words)])
    talk(terminal, b"passphrase: ")
    assert not termios.tcgetattr(terminal)[3] & termios.ECHO
    os.write(terminal, b"half of it")
    if stop == signal.SIGTERM:
        os.kill(pid, stop)
    else:
        os.write(terminal, b"\x03" if stop == signal.SIGINT else b"\x1c")
    talk(terminal, b"\n")
    assert termios.tcgetattr(terminal)[3] & termios.ECHO
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -stop and not paths[0].exists()
    os.close(terminal)


def test_a_passphrase_that_is_too_long(bin_dir, words, paths):
    """It is not cut."""
    status, shown = on_terminal(bin_dir / "assay-sign", words, ["x" * 1024])
    assert status == 2 and "the passphrase is longer than 1023 bytes" in shown and not paths[0].exists()


def test_a_certificate_does_not_ask(bin_dir, tmp_path):
    """An encrypted PEM is no certificate; nobody is asked for what would open it."""
    cert = tmp_path / "cert"
    cert.write_text("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
                    "00112233445566778899AABBCCDDEEFF\n\nAAAAAAAAAAAAAAAAAAAAAA==\n"
                    "-----END CERTIFICATE-----\n")
    status, shown = on_terminal(bin_dir / "assay-sign", ["verify", "--cert", cert, cert], [])
    assert status == 2 and "not an X.509 certificate" in shown and "pass phrase" not in shown


@pytest.mark.parametrize("bad, said", [
    (["--type", "dsa"], "no key type is named 'dsa'"), (["--days", "0"], "--days: '0' is not a number from 1 to 36500"),
    (["--days", "36501"], "not a number from 1 to 36500"), (["more"], "one word too many"),
    (["--name", ""], "1 to 64 bytes"), (["--name", "n" * 65], "1 to 64 bytes")])
def test_misuse(trouble, words, paths, bad, said):
    """Each wrong word has its line, and nothing is left behind."""
    assert said in trouble("assay-sign", *words, "--no-passphrase", *bad).err
    assert not paths[0].exists() and not paths[1].exists()


@pytest.mark.parametrize("command, end", [("keygen", "[OPTION]..."), ("sign", "[OPTION]... FILE...")])
def test_usage_ends_where_it_ends(run, command, end):
    """No blank stands for operands that a command does not take."""
    done = run("assay-sign", command, "--help")
    assert done.out.startswith(f"usage: assay-sign {command} {end}\n"), done


def test_key_without_cert(trouble, tmp_path):
    """A key elsewhere needs its certificate elsewhere."""
    assert "--key needs --cert" in trouble("assay-sign", "keygen", "--key", tmp_path / "k").err


def test_a_directory_that_is_a_file(trouble, tmp_path):
    """Said, and nothing made."""
    (tmp_path / "file").write_text("")
    done = trouble("assay-sign", "keygen", "--type", "p256", "--no-passphrase", "--key",
                   tmp_path / "file/key", "--cert", tmp_path / "cert")
    assert "Not a directory" in done.err or "File exists" in done.err
    assert not (tmp_path / "cert").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_a_full_disk(trouble, mounts):
    """No half a key."""
    point = mounts.ext4("2M", "-m", "0")
    mounts.fill(point)
    done = trouble("assay-sign", "keygen", "--type", "p256", "--no-passphrase", "--key",
                   point / "key", "--cert", point / "cert")
    assert "No space left" in done.err and sorted(os.listdir(point)) == ["filler", "lost+found"]


def test_a_wrong_passphrase_is_said_to_be(bin_dir, run, tmp_path):
    """How many tries are left, and no more of them where none was given."""
    (tmp_path / "secret").write_text("right\n")
    (tmp_path / "secret").chmod(0o600)
    key, cert, tool = (tmp_path / name for name in ("key", "cert", "tool"))
    assert run("assay-sign", "keygen", "--key", key, "--cert", cert, "--passphrase-file", tmp_path / "secret").rc == 0
    tool.write_text("#!/bin/sh\n")
    words = ["sign", "--dry-run", "--no-evm", "--profile", "signature", "--key", key, "--cert", cert, tool]
    status, shown = on_terminal(bin_dir / "assay-sign", words, ["a", "b", "c"])
    assert status == 2 and "wrong passphrase, 2 more tries\r\n" in shown, shown
    assert "wrong passphrase, 1 more try\r\n" in shown and "does not open the key" in shown, shown
    status, shown = on_terminal(bin_dir / "assay-sign", words, ["a", "right"])
    assert status == 0 and shown.count("wrong passphrase") == 1, shown
    status, shown = on_terminal(bin_dir / "assay-sign", words, ["\x04"])
    assert status == 2 and "no passphrase was given" in shown and shown.count("passphrase of") == 1, shown


def test_a_terminal_is_told_where_the_key_is(bin_dir, tmp_path):
    """And that it wants a copy."""
    words = ["keygen", "--no-passphrase", "--key", tmp_path / "k", "--cert", tmp_path / "c"]
    status, shown = on_terminal(bin_dir / "assay-sign", words, [])
    assert status == 0 and f"made {tmp_path}/k and {tmp_path}/c; keep a copy of the key elsewhere" in shown, shown
