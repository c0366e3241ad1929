# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-verifier's commands beside the service: host, trust, appraise, and their misuse."""

import json
import os
import subprocess
import time

import pytest

from frame.verifier import Answer, Verifier


@pytest.fixture(scope="module")
def rsa_keys(make_keys):
    """(key, certificate, another key): RSA, whose signatures are the same each time."""
    key, cert = make_keys("rsa2048", "verified-too")
    return key, cert, make_keys("rsa2048", "foreign-too")[0]


@pytest.fixture(scope="module")
def verifier(tmp_path_factory, build_dir, rsa_keys):
    """One service for these tests; each has hosts of its own."""
    made = Verifier(tmp_path_factory.mktemp("v") / "v", build_dir, rsa_keys).start()
    yield made
    made.stop()


@pytest.fixture
def host(run, verifier):
    """host("list") runs assay-verifier host against the service."""
    return lambda *words: run("assay-verifier", "host", "--config", verifier.config, *words)


def test_list_shows_states_and_filters(verifier, host):
    """One line for each, and as JSON."""
    ids = verifier.enrol(10, 3)
    verifier.round(10)
    verifier.round(11, **{"with": "unsigned-file"})
    listed = host("list").out
    assert f"{ids[0][:16]}  pass        host-10\n" in listed
    assert f"{ids[1][:16]}  fail        host-11: /usr/bin/evil-0: no signature" in listed
    assert ids[2][:16] in host("list", "--state", "stale").out
    failed = json.loads(host("list", "--state", "fail", "--json").out)
    assert [one["host"] for one in failed] == [ids[1]]


def test_a_prefix_stands_for_one_host(verifier, host):
    """Eight digits or more; not a name, which hosts choose."""
    ids = verifier.enrol(20)
    assert json.loads(host("show", "--json", ids[0][:8]).out)["host"] == ids[0]
    assert host("show", ids[0][:7]).rc == 2
    assert host("show", "host-20").rc == 2
    assert "no host's id begins so; 'add' takes the whole id" in host("show", "00000000ff").err


def test_add_remove_reset(verifier, host):
    """An administrator's words, from the command line."""
    one = verifier.ids(30)[0]
    assert host("add", one).rc == 0 and verifier.state(30) == "unenrolled"
    assert verifier.host("enrol", 30)[0].status == 200
    verifier.round(30, **{"with": "log-mode"})
    assert verifier.state(30) == "fail"
    assert host("reset", one).rc == 0 and verifier.state(30) == "stale"
    assert host("remove", one).rc == 0
    done = host("remove", one)
    assert done.rc == 2 and "no such host" in done.err
    assert "no such host" in host("show", one).err


def answer_after(verifier, index, between, **options):
    """The answer to evidence before which something happens that the nonce knows nothing of."""
    begun = verifier.metric("rounds_begun_total")
    with subprocess.Popen(verifier.host_words("round", index, sleep=3, **options),
                          stdout=subprocess.PIPE, text=True) as one:
        while verifier.metric("rounds_begun_total") == begun:
            time.sleep(0.02)
        between()
        return Answer(one.communicate()[0])


def test_a_host_that_was_removed_after_the_question(verifier):
    """Its evidence is nobody's."""
    one = verifier.enrol(60)[0]
    answer = answer_after(verifier, 60, lambda: verifier.admin("DELETE", f"/hosts/{one}"))
    assert answer.status == 404 and "no such host" in answer.text


def test_a_failure_after_the_question_stays(verifier):
    """Good evidence that was asked for before does not take it back."""
    verifier.enrol(61)
    answer = answer_after(verifier, 61, lambda: verifier.round(61, **{"with": "log-mode"}))
    assert answer.status == 403 and verifier.state(61) == "fail"


def test_a_change_after_the_question_is_noticed(verifier):
    """By the store: the evidence is judged once more, and then counts."""
    one = verifier.enrol(63)[0]
    conflicts = verifier.metric("store_conflicts_total")
    answer = answer_after(verifier, 63, lambda: verifier.admin("POST", f"/hosts/{one}/reset"))
    assert answer.state == "pass" == verifier.state(63)
    assert verifier.metric("store_conflicts_total") == conflicts + 1


@pytest.mark.parametrize("key", [7, 62])
def test_another_key_after_the_question(verifier, key):
    """No evidence of before the enrolment counts, by the key of then or the one of now."""
    one = verifier.enrol(62)[0]

    def enrol_anew():
        assert verifier.admin("DELETE", f"/hosts/{one}")[0] == 200
        verifier.allow(62)
        assert verifier.host("enrol", 62, ak=7)[0].status == 200

    assert answer_after(verifier, 62, enrol_anew, ak=key).status == 403
    assert verifier.admin("DELETE", f"/hosts/{one}")[0] == 200


def test_what_a_host_calls_itself_is_shown_escaped(verifier, host, build_dir):
    """A name with control characters never gets as far as a terminal."""
    verifier.enrol(40)
    assert "\x1b" not in host("list").out


def test_the_token_is_needed_and_kept(run, verifier, tmp_path):
    """Another one is refused; one that others may read is not used."""
    wrong = tmp_path / "token"
    wrong.write_text("0" * 64 + "\n")
    wrong.chmod(0o600)
    words = ("assay-verifier", "host", "--config", verifier.config, "--token-file", wrong, "list")
    assert "token is needed" in run(*words).err
    wrong.chmod(0o644)
    assert "others may read it" in run(*words).err
    wrong.write_text("xyz\n")
    wrong.chmod(0o600)
    assert "is no token" in run(*words).err


def test_another_ca_is_refused(run, verifier, rsa_keys):
    """The client talks to no service whose TLS certificate it does not know."""
    done = run("assay-verifier", "host", "--config", verifier.config, "--ca", rsa_keys[1], "list")
    assert done.rc == 2 and done.err.count("\n") == 1
    done = run("assay-verifier", "host", "--config", verifier.config, "--url", "http://localhost",
               "list")
    assert "not https://" in done.err


@pytest.mark.parametrize("words", [(), ("frob",), ("list", "x"), ("show",), ("show", "a", "b"),
                                   ("--state", "good", "list"), ("reset",)])
def test_misuse_of_host(host, words):
    """One line, exit 2."""
    done = host(*words)
    assert done.rc == 2 and done.err.count("\n") == 1


def test_trust_is_edited(run, verifier, make_keys, tmp_path):
    """add, list, remove, deny; what is wrong is refused and nothing changed."""
    def trust(*words):
        return run("assay-verifier", "trust", "--config", verifier.config, *words)

    cert = make_keys("p256", "vendor")[1]
    assert trust("add", cert, "--level", "vendor").rc == 0
    assert trust("add", cert, "--level", "vendor").rc == 2
    listed = json.loads(trust("list", "--json").out)
    assert [c["level"] for c in listed["certificates"]] == ["local", "vendor"]
    keyid = listed["certificates"][1]["keyid"]
    assert keyid in trust("list").out
    assert trust("remove", "00000000").rc == 2
    assert trust("remove", keyid).rc == 0
    assert len(json.loads(trust("list", "--json").out)["certificates"]) == 1
    assert trust("deny", "sha256:" + "ab" * 32).rc == 0
    assert "sha256:" + "ab" * 32 in trust("list").out
    for bad in ("ab" * 32, "sha256:abc", "md5:" + "00" * 16, "sha256:" + "zz" * 32, ""):
        assert trust("deny", bad).rc == 2, bad
    (tmp_path / "no.der").write_bytes(b"nothing")
    assert trust("add", tmp_path / "no.der").rc == 2
    assert trust("add", cert, "--level", "../up").rc == 2
    for words in ((), ("add",), ("list", "x"), ("frob",)):
        assert trust(*words).rc == 2


def test_a_broken_configuration_changes_nothing(verifier):
    """On SIGHUP: all stays as it was, and the journal says why."""
    good = verifier.config.read_text()
    verifier.config.write_text(good + "[limits]\nfrob = 1\n")
    verifier.reload()
    assert "all stays as it was" in verifier.log() and "frob" in verifier.log()
    verifier.config.write_text(good)
    verifier.enrol(50)
    assert verifier.round(50).state == "pass"


@pytest.mark.parametrize("section, line, words", [
    ("service", "port = 0", "port"),
    ("service", "port = 70000", "port"),
    ("service", "frob = 1", "nothing named 'frob'"),
    ("service", "tls-key = /x", "go together"),
    ("service", "tls-names = a,b", "names and addresses with blanks between"),
    *(("service", f"tls-names = host {word}", f"'{word}' is neither a name nor an address")
      for word in ("1.2.3", "192.0.2.256", "fe80::x", "a..b", ".a", "-a")),
    ("service", "tls-certificate = /x\ntls-key = /y\ntls-names = a", "tls-certificate names one that is there"),
    ("service", "store = frob", "neither an absolute path nor postgresql://"),
    ("service", "name = a\nname = b", "there twice"),
    ("service", "[trust\nfrob = 1", ":2: neither [section], name = value nor a comment"),
    ("trust", "boot = perhaps", "neither 'approved' nor 'unmeasured'"),
    ("trust", "levels = UP", "level's name"),
    ("trust", "secure-boot = maybe", "neither 'no' nor 'yes'"),
    ("enrolment", "without-certificate = yes", "neither 'refuse' nor 'admin'"),
    ("rounds", "interval = 10\nstale-after = 10", "not longer than the interval"),
    ("events", "webhook = file:///etc/passwd", "neither https:// nor http://"),
])
def test_a_wrong_configuration_is_refused(trouble, tmp_path, section, line, words):
    """With the file, and mostly the line."""
    config = tmp_path / "verifier.conf"
    config.write_text(f"[{section}]\n{line}\n")
    done = trouble("assay-verifier", "serve", "--config", config)
    assert words in done.err and str(config) in done.err


def test_before_the_first_start_there_is_no_token(trouble, tmp_path):
    """Whoever asks too early is told what to start."""
    config = tmp_path / "verifier.conf"
    config.write_text(f"[service]\ndirectory = {tmp_path}/state\n")
    done = trouble("assay-verifier", "host", "list", "--config", config)
    assert "admin.token: not there" in done.err and "systemctl start assay-verifier" in done.err


def test_a_configuration_that_is_named_must_be_there(trouble, tmp_path):
    """The default one need not."""
    assert "No such file" in trouble("assay-verifier", "--config", tmp_path / "none").err


def test_two_can_not_serve_on_one_port(trouble, verifier):
    """The second one says so and ends."""
    assert "in use" in trouble("assay-verifier", "serve", "--config", verifier.config).err


@pytest.fixture
def evidence(verifier, tmp_path):
    """evidence(...) is a file of a simulated host."""
    def collect(index=0, **options):
        path = tmp_path / f"evidence-{index}"
        path.write_bytes(verifier.host("collect", index, **options))
        return path

    return collect


def test_a_file_is_appraised(run, verifier, evidence):
    """Its boot has to be approved, too."""
    words = ("assay-verifier", "appraise", "--trust", verifier.top / "trust")
    done = run(*words, evidence())
    assert done.rc == 1 and "is not approved" in done.out
    assert run(*words, "--unmeasured", evidence()).rc == 0
    boot = json.loads(run(*words, "--json", evidence()).out)["boot"]
    done = run(*words, "--boot", boot, evidence())
    assert done.rc == 0 and "nothing proves that EK and AK are of one TPM" in done.out
    assert run(*words, "--boot", "00" * 32, evidence()).rc == 1


@pytest.mark.parametrize("options, extra, code", [
    ({"with": "unsigned-file"}, (), "unsigned"),
    ({"with": "foreign-file"}, (), "unknown-key"),
    ({"with": "log-mode"}, (), "not-enforcing"),
    ({"with": "no-record"}, (), "not-enforcing"),
    ({}, ("--minimum-epoch", "2"), "epoch"),
    ({}, ("--level", "vendor"), "nothing-checked"),
    ({}, ("--nonce", "00" * 32), "nonce"),
    ({}, ("--ek-ca", "/nonexistent"), "identity"),
])
def test_a_file_that_fails_says_why(run, verifier, evidence, options, extra, code):
    """Exit 1, and the code."""
    done = run("assay-verifier", "appraise", "--trust", verifier.top / "trust", "--unmeasured",
               "--json", *extra, evidence(1, **options))
    assert done.rc == 1
    assert code in [reason["code"] for reason in json.loads(done.out)["reasons"]]


def test_files_that_are_none(trouble, verifier, evidence, tmp_path):
    """Empty, cut, or another thing: trouble, not a verdict."""
    trust = verifier.top / "trust"
    whole = evidence(2).read_bytes()
    for number, data in enumerate((b"", b"x" * 100, whole[:-1], whole + b"x", whole[:40])):
        path = tmp_path / f"bad-{number}"
        path.write_bytes(data)
        trouble("assay-verifier", "appraise", "--trust", trust, path)
    trouble("assay-verifier", "appraise", evidence(2))
    trouble("assay-verifier", "appraise", "--trust", tmp_path / "none", evidence(2))


def test_an_empty_directory_of_trust_passes_nothing(run, evidence, tmp_path):
    """Nothing to check is a failure."""
    os.mkdir(tmp_path / "empty")
    done = run("assay-verifier", "appraise", "--trust", tmp_path / "empty", "--unmeasured",
               evidence(3))
    assert done.rc == 1
