# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-attest against a software TPM and a verifier that is played: enrolment, rounds, misery."""

import json
import os
import stat
import time

import pytest

from frame import cbor
from frame.attested import AttestedHost, is_trouble
from frame.played_verifier import (EVIDENCE, STATE, Verifier, fields_of, host_of, make_ca, message,
                                   name_of)


def errors(verifier):
    """What the verifier did not believe."""
    return [why for path, why in verifier.seen if path == "error"]


def test_enrol_writes_who_it_is(host, verifier):
    """Name and keys are sent, the secret comes back, the configuration is there."""
    done = host.enrol(verifier, "--name", "web \u00e4 1")
    assert done.rc == 0 and not errors(verifier), (done, errors(verifier))
    asked = verifier.last("/v1/enrol")
    assert asked["name"] == "web \u00e4 1" and asked["ek_cert"] == b""
    ident = host_of(asked["ek_public"]).hex()
    assert host.conf.read_text().splitlines()[1:] == [
        f"verifier = {verifier.url}", f"ca = {host.conf.parent}/attest-ca.pem", f"host = {ident}"]
    assert (host.conf.parent / "attest-ca.pem").read_bytes() == verifier.ca.read_bytes()
    assert stat.S_IMODE(host.conf.stat().st_mode) == 0o644
    assert done.out == f"enrolled as {ident} (web ä 1); state pass\n"


def test_enrol_again_is_the_same_host(host, verifier):
    """And so is one that was installed anew: the TPM is what counts."""
    assert host.enrol(verifier).rc == 0
    first = verifier.last("/v1/enrol")
    host.conf.unlink()
    host.tpm.tool("tpm2_evictcontrol", "-Q", "-c", "0x81024153")
    done = host.enrol(verifier, "--json")
    assert done.rc == 0 and json.loads(done.out)["state"] == "pass", done
    again = verifier.last("/v1/enrol")
    assert {k: first[k] for k in ("ek_public", "ak_public")} == {
        k: again[k] for k in ("ek_public", "ak_public")}


def test_a_certified_tpm_sends_its_certificate(run, certified_tpm, tmp_path, verifier, sample):
    """And is known by the key that the certificate is for."""
    host = AttestedHost(run, certified_tpm, tmp_path, sample)
    assert host.enrol(verifier).rc == 0
    asked = verifier.last("/v1/enrol")
    assert asked["ek_cert"][:2] == b"\x30\x82" and asked["ek_public"][-256:] in asked["ek_cert"]
    shown = json.loads(host.run("show", "--json").out)
    assert shown["ek_certificate_bytes"] == len(asked["ek_cert"])
    assert shown["host"] == host_of(asked["ek_public"]).hex()


@pytest.mark.parametrize("handle, away", [("0x81010001", []), ("0x81010016", ["0x01c00002"])])
def test_the_makers_key_is_taken(run, certified_tpm, tmp_path, verifier, sample, handle, away):
    """As the maker made it, RSA or P-384, kept or not: another would have no certificate."""
    tpm, host = certified_tpm, AttestedHost(run, certified_tpm, tmp_path, sample)
    for index in away:
        tpm.tool("tpm2_nvundefine", "-Q", "-C", "p", index)
    tpm.tool("tpm2_readpublic", "-Q", "-c", handle, "-n", tpm.path / "name")
    name = (tpm.path / "name").read_bytes()
    assert json.loads(host.run("show", "--json").out)["ek"] == name.hex()
    tpm.tool("tpm2_evictcontrol", "-Q", "-C", "p", "-c", handle)
    assert json.loads(host.run("show", "--json").out)["ek"] == name.hex()
    assert host.enrol(verifier).rc == 0 and verifier.last("/v1/enrol")["ek_cert"]


def test_without_a_tpm(host, verifier):
    """Every command says so."""
    env = dict(host.tpm.env)
    del env["ASSAY_TEST_TPM"]
    is_trouble(host.enrol(verifier, env=env), "enrol: ", "no TPM 2.0")
    is_trouble(host.run("show", env=env), "show: ", "no TPM 2.0")
    is_trouble(host.run("collect", "-o", host.conf, env=env), "collect: ", "no TPM 2.0")
    assert not host.conf.exists() and not verifier.seen


def test_a_tpm_handle_in_use_is_named(host, verifier):
    """Somebody else's key is not taken and not removed."""
    host.tpm.tool("tpm2_createprimary", "-Q", "-C", "o", "-c", host.tpm.path / "ctx")
    host.tpm.tool("tpm2_evictcontrol", "-Q", "-C", "o", "-c", host.tpm.path / "ctx", "0x81024153")
    host.tpm.tool("tpm2_flushcontext", "-Q", "-t")
    is_trouble(host.enrol(verifier), "holds something else", "tpm2_evictcontrol -c 0x81024153")
    assert not verifier.seen


def test_nobody_listens(host, verifier):
    """The URL, and what curl says."""
    done = host.run("enrol", "--verifier", "https://127.0.0.1:9", "--ca", verifier.ca)
    is_trouble(done, "verifier: https://127.0.0.1:9/v1/enrol: Failed to connect")
    assert not host.conf.exists()


def test_another_ca(host, verifier, tmp_path):
    """A verifier whose certificate is of another CA gets nothing."""
    make_ca(tmp_path, "other")
    done = host.run("enrol", "--verifier", verifier.url, "--ca", tmp_path / "other-ca.pem")
    is_trouble(done, verifier.url, "certificate", f"of a CA in {tmp_path}/other-ca.pem")
    assert not verifier.seen and not host.conf.exists()


def test_another_name(host, verifier):
    """A certificate for another name is none."""
    done = host.run("enrol", "--verifier", verifier.url.replace("127.0.0.1", "localhost"), "--ca",
                    verifier.ca)
    is_trouble(done, "https://localhost:", "certificate")
    assert not verifier.seen


def test_the_systems_cas_do_not_count(host, verifier, tmp_path):
    """Nor those that the environment names, nor does its proxy."""
    make_ca(tmp_path, "other")
    env = host.tpm.env | {"SSL_CERT_FILE": str(verifier.ca), "CURL_CA_BUNDLE": str(verifier.ca),
                          "SSL_CERT_DIR": str(verifier.folder), "https_proxy": "http://127.0.0.1:9",
                          "ALL_PROXY": "http://127.0.0.1:9"}
    done = host.run("enrol", "--verifier", verifier.url, "--ca", tmp_path / "other-ca.pem", env=env)
    is_trouble(done, "certificate")
    assert host.enrol(verifier, env=env).rc == 0


def test_old_tls(host, tmp_path):
    """1.2 is the least."""
    with Verifier(tmp_path, "old", old_tls=True) as old:
        is_trouble(host.enrol(old), old.url)
        assert not old.seen


@pytest.mark.parametrize("status, words, shown", [
    (403, b"this TPM has no certificate; an administrator may add it\n", "(HTTP 403): this TPM has no cert"),
    (403, b"", "refused (HTTP 403)"),
    (500, b"a\x1b[2Jb\nc", "(HTTP 500): a\\x1b[2Jb\\nc"),
    (302, b"", "sends this host elsewhere (HTTP 302), which is not followed"),
    (204, b"", "refused (HTTP 204)"),
    (200, b"", "verifier: its answer: message: challenge"),
    (200, b"\xff" * 100, "verifier: its answer: message: challenge"),
    (200, b"x" * 20000, "its answer has more than 16384 bytes"),
    (200, message(STATE, host=b"h" * 32, state="pass", reason="", next_seconds=1, list_offset=0,
                  more=False), "message: challenge: the type is 7, not 2"),
])
def test_answers_that_are_none(host, verifier, status, words, shown):
    """Each is told, and nothing is written."""
    verifier.answers["/v1/enrol"] = (status, words)
    is_trouble(host.enrol(verifier), f"verifier: {verifier.url}/v1/enrol" if status != 200 else "",
               shown)
    assert not host.conf.exists()


def test_a_refused_proof(host, verifier):
    """The verifier's words, and nothing is written."""
    verifier.answers["/v1/enrol/proof"] = (409, b"another key was enrolled for this TPM")
    is_trouble(host.enrol(verifier), "/v1/enrol/proof", "another key was enrolled for this TPM")
    assert not host.conf.exists()


def test_a_credential_for_another_key(host, verifier):
    """The TPM does not open it."""
    def wrong(played, body):
        asked = played.keep("/v1/enrol", 1, body)
        blob, secret = played.make_credential(asked["ek_public"], name_of(asked["ek_public"]))
        return 200, message(2, token=b"token", credential=blob, secret=secret)

    verifier.answers["/v1/enrol"] = wrong
    is_trouble(host.enrol(verifier), "activate the credential")
    assert [path for path, _ in verifier.seen] == ["/v1/enrol"] and not host.conf.exists()


def test_a_word_about_another_host(host, verifier):
    """Is no word about this one."""
    verifier.answers["/v1/enrol/proof"] = (200, message(
        STATE, host=b"h" * 32, state="pass", reason="", next_seconds=1, list_offset=0, more=False))
    is_trouble(host.enrol(verifier), "its answer is about another host")
    assert not host.conf.exists()


def test_unenrolled_is_no_enrolment(host, verifier):
    """Whatever the status says."""
    verifier.state, verifier.reason = "unenrolled", "an administrator must add it"
    is_trouble(host.enrol(verifier), "did not enrol this host: an administrator must add it")
    assert not host.conf.exists()


@pytest.mark.parametrize("words, shown", [
    ([], "it takes --verifier and --ca"),
    (["--verifier", "https://a"], "it takes --verifier and --ca"),
    (["--verifier", "http://a", "--ca", "c"], "no URL that begins with https://"),
    (["--verifier", "https://", "--ca", "c"], "no URL that begins with https://"),
    (["--verifier", "https://u:p@a", "--ca", "c"], "no user"),
    (["--verifier", "https://a?b", "--ca", "c"], "no user, query"),
    (["--verifier", "https://a b", "--ca", "c"], "blank"),
    (["--verifier", "https://" + "a" * 600, "--ca", "c"], "longer than 511"),
    (["--verifier", "https://a", "--ca", "c", "--name", ""], "a name has 1 to 255 bytes"),
    (["--verifier", "https://a", "--ca", "c", "--name", "n" * 256], "a name has 1 to 255 bytes"),
    (["--verifier", "https://a", "--ca", "c", "more"], "it takes no operand"),
    (["--verifier", "https://a", "--ca", "/no/ca"], "CA: /no/ca: No such file"),
])
def test_misuse_of_enrol(host, words, shown):
    """One specific line."""
    is_trouble(host.run("enrol", *words), shown)


def test_a_ca_that_is_none(host, verifier, tmp_path):
    """A key, or an empty file, is no CA."""
    for text in (b"", b"-----BEGIN PRIVATE KEY-----\n"):
        (tmp_path / "ca").write_bytes(text)
        is_trouble(host.run("enrol", "--verifier", verifier.url, "--ca", tmp_path / "ca"),
                   "holds no certificate (PEM)")


def test_a_configuration_that_can_not_be_written(host, verifier, tmp_path):
    """Is told after the verifier was asked; again it works."""
    host.conf = tmp_path / "no" / "attest.conf"
    is_trouble(host.enrol(verifier), str(host.conf))
    (tmp_path / "no").mkdir()
    assert host.enrol(verifier).rc == 0


def test_the_ca_is_kept(enrolled, verifier, tmp_path):
    """The file that was named may go; the copy may not."""
    verifier.ca.unlink()
    assert enrolled.run("report").rc == 0
    (tmp_path / "attest-ca.pem").unlink()
    is_trouble(enrolled.run("report"), f"CA: open: {tmp_path}/attest-ca.pem: No such file")


def test_report_passes(enrolled, verifier):
    """The quote is over the nonce and the values; the list is whole."""
    done = enrolled.run("report")
    assert done.rc == 0 and done.out == "pass\n" and not errors(verifier), (done, errors(verifier))
    got = verifier.last("/v1/evidence")
    assert got["list"] == enrolled.list.read_bytes() and got["list_offset"] == 0
    assert got["record"] == b"" and got["boot_log"] == b"" and got["certs"] == []


@pytest.mark.parametrize("state, reason, code, out", [
    ("fail", "unsigned: /tmp/x\u00e4", 1, "fail: unsigned: /tmp/xä\n"),
    ("stale", "silent for 3 minutes", 1, "stale: silent for 3 minutes\n"),
    ("unenrolled", "", 2, "unenrolled\n"),
    ("passed", "", 2, "passed\n"),
    ("", "", 2, "\n"),
])
def test_report_of_what_does_not_pass(enrolled, verifier, state, reason, code, out):
    """Only the one word is a pass."""
    verifier.state, verifier.reason = state, reason
    done = enrolled.run("report")
    assert (done.rc, done.out) == (code, out), done
    told = json.loads(enrolled.run("report", "--json").out)
    assert told["state"] == state and told["reason"] == (reason or None)
    assert told["next_seconds"] == 60 and told["list_offset"] == len(enrolled.list.read_bytes())


def test_only_what_is_new_is_sent(enrolled, verifier, sample):
    """From where the verifier is."""
    assert enrolled.run("report").rc == 0
    with open(enrolled.list, "ab") as more:
        more.write(sample)
    assert enrolled.run("report").rc == 0
    got = verifier.last("/v1/evidence")
    assert got["list_offset"] == len(sample) and got["list"] == sample
    assert enrolled.run("report").rc == 0
    assert verifier.last("/v1/evidence")["list"] == b"" and not errors(verifier)


def test_a_verifier_that_is_behind_gets_it_in_parts(enrolled, verifier, sample):
    """As many as it takes."""
    enrolled.list.write_bytes(sample * 10)
    verifier.part = len(sample) * 3
    assert enrolled.run("report").rc == 0
    assert verifier.list == sample * 10 and not errors(verifier)
    assert len([1 for path, _ in verifier.seen if path == "/v1/evidence"]) == 4


def test_a_verifier_that_never_has_enough(enrolled, verifier):
    """Ends."""
    verifier.answers["/v1/evidence"] = lambda played, body: (200, played.word(more=True))
    verifier.list = b"x"
    assert enrolled.run("report").rc == 0
    assert len([1 for path, _ in verifier.seen if path == "/v1/round"]) == 64


def test_a_list_of_more_than_a_message(enrolled, verifier, sample):
    """Parts end with an entry, and fit."""
    count = (9 << 20) // len(sample)
    enrolled.list.write_bytes(sample * count)

    def take(played, body):
        got = fields_of(EVIDENCE, body)
        played.list += got["list"]
        return 200, played.word(more=len(played.list) < len(sample) * count)

    verifier.answers["/v1/evidence"] = take
    assert enrolled.run("report").rc == 0
    assert verifier.list == sample * count


def test_a_list_that_became_shorter(enrolled, verifier):
    """Is for the verifier to judge: it gets nothing from where it was."""
    verifier.list = b"x" * 100000
    assert enrolled.run("report").rc == 0
    got = verifier.last("/v1/evidence")
    assert got["list"] == b"" and got["list_offset"] == 100000


def test_a_list_that_is_none(enrolled, verifier):
    """Garbage is sent as it is while it is short; the verifier judges."""
    enrolled.list.write_bytes(b"\xff" * 1000)
    assert enrolled.run("report").rc == 0
    assert verifier.last("/v1/evidence")["list"] == b"\xff" * 1000
    enrolled.list.write_bytes(b"\xff" * (9 << 20))
    verifier.list = b""
    is_trouble(enrolled.run("report"), "measurement list: an entry that is none")


def test_log_and_record_are_sent_when_wanted(booted, verifier, tmp_path):
    """The quote binds them, and they are left out where they are not wanted."""
    assert booted.run("report").rc == 0 and not errors(verifier)
    got = verifier.last("/v1/evidence")
    assert got["boot_log"] == b"boot log" and got["record"] == (tmp_path / "record").read_bytes()
    assert got["record_sig"] == b"\x03\x02signature" and got["certs"] == [b"certificate one"]
    assert got["cmdline"] == b"root=/dev/vda1 quiet"
    verifier.want_boot = False
    assert booted.run("report").rc == 0 and not errors(verifier)
    got = verifier.last("/v1/evidence")
    assert not (got["boot_log"] or got["record"] or got["record_sig"] or got["certs"] or got["cmdline"])


def test_a_certificate_that_is_not_what_its_name_says(booted, verifier, tmp_path):
    """Is left out."""
    for path in (tmp_path / "trust").iterdir():
        path.write_bytes(b"another")
    assert booted.run("report").rc == 0
    assert verifier.last("/v1/evidence")["certs"] == []


def test_what_is_no_record_is_for_the_verifier(booted, verifier, tmp_path):
    """As is one without a signature."""
    (tmp_path / "record").write_bytes(b"assay-record 2\n")
    (tmp_path / "record.sig").unlink()
    assert booted.run("report").rc == 0
    got = verifier.last("/v1/evidence")
    assert got["record"] == b"assay-record 2\n" and got["record_sig"] == b""


@pytest.mark.parametrize("name, size, shown", [
    ("record", 16385, "larger than the maximum of 16384 bytes"),
    ("record.sig", 1025, "larger than the maximum of 1024 bytes"),
    ("log", (1 << 20) + 1, "larger than the maximum of 1048576 bytes"),
    ("cmdline", 4097, "command line: more than 4096 bytes"),
])
def test_maxima(booted, tmp_path, name, size, shown):
    """One byte more than is taken."""
    (tmp_path / name).write_bytes(b"x" * size)
    is_trouble(booted.run("report"), shown)
    (tmp_path / name).write_bytes(b"x" * (size - 1))
    assert booted.run("report").rc == 0


def test_named_files_must_be_there(enrolled, tmp_path):
    """What was named is not passed over."""
    for option in ("--record", "--boot-log", "--cmdline"):
        enrolled.more = [option, tmp_path / "none"]
        is_trouble(enrolled.run("report"), f"{tmp_path}/none: No such file")
    enrolled.list.unlink()
    enrolled.more = []
    is_trouble(enrolled.run("report"), f"{enrolled.list}: No such file")


def test_not_enrolled(host):
    """Says what to do."""
    is_trouble(host.run("report"), "this host is not enrolled; see 'assay attest enrol --help'")
    is_trouble(host.run("run"), "this host is not enrolled")


@pytest.mark.parametrize("text, shown", [
    ("", "names no verifier, ca or host"),
    ("verifier = https://a\nca = /ca\n", "names no verifier, ca or host"),
    ("verifier https://a\n", "is not NAME = VALUE"),
    ("verifier = http://a\n", "no URL that begins with"),
    ("ca = relative\n", "is no absolute path"),
    ("host = 12\n", "attest.conf"),
    ("color = red\n", "no setting is named 'color'"),
    ("host = " + "0" * 64 + "\n", "names no verifier"),
])
def test_configurations_that_are_none(host, text, shown):
    """Each is named with its file."""
    host.conf.write_text(text)
    is_trouble(host.run("report"), str(host.conf), shown)


def test_a_round_that_is_refused(enrolled, verifier):
    """In its words, at either message."""
    verifier.answers["/v1/round"] = (404, b"no host is known by this id\n")
    is_trouble(enrolled.run("report"), "/v1/round", "no host is known by this id")
    verifier.answers = {"/v1/evidence": (429, b"too often")}
    is_trouble(enrolled.run("report"), "/v1/evidence", "too often")
    verifier.answers = {"/v1/evidence": (200, cbor.encode({0: 1}))}
    is_trouble(enrolled.run("report"), "its answer: message: state")
    verifier.answers = {"/v1/round": (200, message(5, nonce=b"n" * 65, list_offset=0, want_boot=True))}
    is_trouble(enrolled.run("report"), "its answer: message: nonce")
    verifier.answers = {"/v1/round": (200, message(5, nonce=b"n", list_offset=1 << 63, want_boot=True))}
    is_trouble(enrolled.run("report"), "no offset is that large")


@pytest.mark.skipif(not os.environ.get("ASSAY_LONG"), reason="takes 20 seconds: make check-long")
def test_a_verifier_that_hangs(enrolled, verifier):
    """Is given up."""
    verifier.answers["/v1/round"] = lambda *_: time.sleep(60)
    is_trouble(enrolled.run("report", timeout=100), "too slow")


def test_show_changes_nothing(host, verifier):
    """And is the same before and after."""
    before = json.loads(host.run("show", "--json").out)
    assert before["verifier"] is None and not before["ak_kept"] and before["ek_certificate"] is None
    assert host.enrol(verifier).rc == 0
    after = json.loads(host.run("show", "--json").out)
    assert after["ak_kept"] and after["verifier"] == verifier.url
    assert {k: before[k] for k in ("host", "ek", "ak")} == {k: after[k] for k in ("host", "ek", "ak")}
    text = host.run("show").out
    assert before["host"] in text and verifier.url in text and "EK certificate  none" in text
