# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-verifier's service: enrolment, states, results, what an administrator sees and says."""

import http.server
import json
import stat
import subprocess
import threading
import time

import pytest

from frame.verifier import Verifier


@pytest.fixture(scope="session")
def rsa_keys(make_keys):
    """(key, certificate, another key): RSA, whose signatures are the same each time."""
    key, cert = make_keys("rsa2048", "verified")
    return key, cert, make_keys("rsa2048", "foreign")[0]


@pytest.fixture
def verifier(tmp_path, build_dir, rsa_keys):
    """A service that runs."""
    made = Verifier(tmp_path / "v", build_dir, rsa_keys).start()
    yield made
    made.stop()


@pytest.fixture
def host(run, verifier):
    """host("list") runs assay-verifier host against the service."""
    return lambda *words: run("assay-verifier", "host", "--config", verifier.config, *words)


def test_the_first_start_makes_everything_and_says_where(verifier):
    """Keys, token, certificate and store are there, and nobody else reads the secrets."""
    for name in ("result.key", "admin.token", "tls.key", "verifier.db"):
        path = verifier.top / "state" / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, name
    for name in ("result.key", "admin.token", "tls.crt", "verifier.db"):
        assert str(verifier.top / "state" / name) in verifier.log()


def test_its_certificate_is_for_the_names_that_are_configured(tmp_path, build_dir, rsa_keys):
    """Names and addresses of both kinds, beside those that every host has."""
    made = Verifier(tmp_path / "named", build_dir, rsa_keys,
                    service="tls-names = attest.example.org  192.0.2.7 2001:db8::7\n").start()
    try:
        text = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in", made.ca],
                              capture_output=True, text=True, check=True).stdout
    finally:
        made.stop()
    for name in ("DNS:attest.example.org", "IP Address:192.0.2.7", "IP Address:2001:DB8:0:0:0:0:0:7", "DNS:localhost"):
        assert name in text, text


def test_an_empty_list_says_so(verifier, host):
    """To people, not to what reads its output; JSON is an empty list."""
    done = host("list")
    assert done.out == "" and done.err.endswith("none\n")
    assert json.loads(host("list", "--json").out) == []
    verifier.enrol()
    assert "none" not in host("list").err and "none" in host("list", "--state", "pass").err


def test_the_second_start_makes_nothing(verifier):
    """Tokens, keys and hosts stay."""
    verifier.enrol()
    token, key = verifier.token, verifier.get("/v1/key")[1]
    assert verifier.stop() == 0
    before = verifier.log().count("made ")
    verifier.start()
    assert (verifier.token, verifier.get("/v1/key")[1]) == (token, key)
    assert verifier.log().count("made ") == before
    assert verifier.round().state == "pass"


def test_a_host_enrols_and_passes(verifier):
    """Nothing is known after the enrolment; after a round that proves everything it passes."""
    verifier.enrol()
    assert verifier.state() == "stale"
    assert verifier.round().state == "pass"
    shown = verifier.show()
    assert shown["state"] == "pass" and shown["enforcing"] and shown["secure_boot"]
    assert shown["command_line"] == "root=/dev/vda1 ro quiet"
    assert shown["keys"] == "signing.der" and shown["level"] == "local"
    assert shown["next_due"] == shown["last_round"] + 300
    assert verifier.history() == ["unenrolled", "stale", "pass"]


def test_what_only_an_administrator_vouches_for_is_said(verifier):
    """The word stands in every result."""
    verifier.enrol()
    verifier.round()
    assert verifier.show()["warnings"] == ["EK not certified", "boot not measured"]
    assert "EK not certified" in verifier.result()[1]["submods"]["host"]["assay.host"]["warnings"]


def test_a_host_without_certificate_needs_the_word(verifier):
    """No certificate and no word: refused, and unknown."""
    answer = verifier.host("enrol")[0]
    assert answer.status == 403 and "administrator must add" in answer.text
    assert verifier.admin("GET", f"/hosts/{verifier.ids()[0]}")[0] == 404


def test_without_the_setting_the_word_is_not_taken(verifier):
    """without-certificate = refuse, which is the default."""
    verifier.write_config(enrolment="")
    verifier.reload()
    assert verifier.admin("POST", "/hosts", {"host": verifier.ids()[0]})[0] == 409
    assert verifier.host("enrol")[0].status == 403


def test_enrolling_again_changes_nothing(verifier):
    """The same EK and AK: the same host, in the same state."""
    verifier.enrol()
    verifier.round()
    assert verifier.host("enrol")[0].status == 200
    assert verifier.state() == "pass" and verifier.history().count("stale") == 1


def test_an_identity_can_not_be_taken_over(verifier):
    """Another AK for an EK that is enrolled: only after an administrator removed the host."""
    verifier.enrol()
    verifier.round()
    answer = verifier.host("enrol", ak=99)[0]
    assert answer.status == 409 and "another AK" in answer.text
    assert verifier.round().state == "pass"
    verifier.admin("DELETE", f"/hosts/{verifier.ids()[0]}")
    assert verifier.round().status == 404
    assert verifier.host("enrol", ak=99)[0].status == 403
    verifier.allow()
    assert verifier.host("enrol", ak=99)[0].status == 200
    assert verifier.round(ak=99).state == "pass"
    assert verifier.round().status == 403


def make_ek_cert(verifier, directory, ca="ca", host=0):
    """A CA in the directory of the service, unless it is somebody else's; the host's certificate."""
    config = directory / "openssl.cnf"
    config.write_text("[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n"
                      "keyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n[ek]\n"
                      "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyAgreement\n"
                      "extendedKeyUsage=2.23.133.8.1\nauthorityKeyIdentifier=keyid\n"
                      "subjectAltName=critical,dirName:tpm\n[tpm]\na.2.23.133.2.1=id:00000000\n"
                      "b.2.23.133.2.2=soft\nc.2.23.133.2.3=id:1\n")

    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, cwd=directory, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{ca}.key", "-out",
            f"{ca}.pem", "-subj", f"/CN={ca}", "-days", "30", "-config", "openssl.cnf",
            "-extensions", "ca")
    (directory / "ek.pub").write_bytes(verifier.host("ek", host))
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "any.key", "-out", "any.csr",
            "-subj", "/CN=any", "-config", "openssl.cnf")
    openssl("x509", "-req", "-in", "any.csr", "-force_pubkey", "ek.pub", "-CA", f"{ca}.pem",
            "-CAkey", f"{ca}.key", "-CAcreateserial", "-out", "ek.der", "-outform", "DER", "-days",
            "30", "-extfile", "openssl.cnf", "-extensions", "ek")
    return directory / f"{ca}.pem", directory / "ek.der"


def test_a_certificate_vouches_for_an_ek(verifier, tmp_path):
    """With a CA that is trusted; another host's certificate and another CA's are refused."""
    ca, cert = make_ek_cert(verifier, tmp_path)
    answer = verifier.host("enrol", ek_cert=cert)[0]
    assert answer.status == 403
    (verifier.top / "ek/ca.pem").write_bytes(ca.read_bytes())
    verifier.reload()
    assert verifier.host("enrol", 1, ek_cert=cert)[0].status == 403
    assert verifier.host("enrol", ek_cert=cert)[0].status == 200
    assert verifier.round().state == "pass"
    assert verifier.show()["ek_certified"] and "EK not certified" not in verifier.show()["warnings"]
    _, foreign = make_ek_cert(verifier, tmp_path, "elsewhere", 2)
    assert verifier.host("enrol", 2, ek_cert=foreign)[0].status == 403


def test_a_ca_that_goes_takes_its_hosts_with_it(verifier, tmp_path):
    """Passes end at once, rounds fail; others stay; enrolled anew by a CA that is trusted, the host passes again."""
    ca, cert = make_ek_cert(verifier, tmp_path)
    (verifier.top / "ek/ca.pem").write_bytes(ca.read_bytes())
    second, again = make_ek_cert(verifier, tmp_path, "second")
    (verifier.top / "ek/second.pem").write_bytes(second.read_bytes())
    verifier.reload()
    cert.write_bytes(again.read_bytes())
    (verifier.top / "ek/ca.pem").unlink()
    verifier.reload()
    assert verifier.host("enrol", ek_cert=cert)[0].status == 200
    verifier.enrol(1)
    assert verifier.round(0).state == verifier.round(1).state == "pass"
    (verifier.top / "ek/second.pem").unlink()
    (verifier.top / "ek/ca.pem").write_bytes(ca.read_bytes())
    verifier.reload()
    assert verifier.state(0) == "stale" and verifier.state(1) == "pass"
    assert verifier.result()[1]["submods"]["host"]["ear.status"] == "none"
    answer = verifier.round(0)
    assert answer.state == "fail" and "CA that signed it is not trusted any more" in answer.text
    assert verifier.show(0)["reasons"][0]["code"] == "ek-certificate" and verifier.round(1).state == "pass"
    host = verifier.ids(0)[0]
    assert verifier.admin("POST", f"/hosts/{host}/reset")[0] == 200
    assert verifier.round(0).state == "fail"
    _, renewed = make_ek_cert(verifier, tmp_path, "third")
    (verifier.top / "ek/third.pem").write_bytes((tmp_path / "third.pem").read_bytes())
    verifier.reload()
    assert verifier.host("enrol", 0, ek_cert=renewed)[0].status == 200
    assert verifier.round(0).state == "fail"
    assert verifier.admin("POST", f"/hosts/{host}/reset")[0] == 200
    assert verifier.round(0).state == "pass" and verifier.show(0)["ek_certified"]


@pytest.mark.parametrize("wrong, words", [
    ("unsigned-file", "evil-0: no signature"),
    ("foreign-file", "signed by a key that is not trusted"),
    ("log-mode", "says log"),
    ("no-record", "no enforcement record"),
    ("no-list", "list is empty"),
    ("two-aggregates", "second boot_aggregate"),
])
def test_a_failure_latches_until_it_is_reset(verifier, wrong, words):
    """It stays through good rounds and a restart; a reset judges anew."""
    verifier.enrol()
    answer = verifier.round(**{"with": wrong})
    assert answer.state == "fail" and words in answer.text
    assert verifier.round(resets=2).state == "fail"
    verifier.stop()
    verifier.start()
    assert verifier.state() == "fail" and words in verifier.show()["reason"]
    assert verifier.admin("POST", f"/hosts/{verifier.ids()[0]}/reset")[0] == 200
    assert verifier.state() == "stale"
    assert verifier.round(resets=2).state == "pass"
    assert verifier.history() == ["unenrolled", "stale", "fail", "stale", "pass"]


def test_the_first_bad_entry_comes_first(verifier, host):
    """host show names the entry and the file."""
    verifier.enrol()
    verifier.round(**{"with": "unsigned-file"})
    reasons = verifier.show()["reasons"]
    assert reasons[0]["code"] == "unsigned" and reasons[0]["entry"] == 4
    done = host("show", verifier.ids()[0])
    assert done.rc == 0 and "entry 4: /usr/bin/evil-0: no signature" in done.out
    for part in ("enforcing      yes", "Secure Boot    on", "command line   root=/dev/vda1",
                 "last round", "next due", "history"):
        assert part in done.out, done.out


def test_silence_ages(verifier):
    """A pass grows stale, is told so once, and passes again with the next round."""
    verifier.write_config(rounds="interval = 1\nstale-after = 2")
    verifier.stop()
    verifier.start()
    verifier.enrol()
    assert verifier.round().state == "pass"
    time.sleep(3.2)
    assert verifier.state() == "stale"
    assert verifier.result()[1]["submods"]["host"]["ear.status"] == "none"
    time.sleep(1.5)
    assert verifier.history()[-1] == "stale"
    assert verifier.round().state == "pass"
    assert verifier.history().count("pass") == 2


def test_a_failure_does_not_age(verifier):
    """It stays one."""
    verifier.write_config(rounds="interval = 1\nstale-after = 2")
    verifier.stop()
    verifier.start()
    verifier.enrol()
    verifier.round(**{"with": "unsigned-file"})
    time.sleep(4)
    assert verifier.state() == "fail"


def test_boots_are_approved(tmp_path, build_dir, rsa_keys, run):
    """An unknown boot fails; approved for one host or for all, it passes; another one fails."""
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys, trust="").start()
    words = ("assay-verifier", "host", "--config", verifier.config, "approve-boot")
    try:
        ids = verifier.enrol(0, 3)
        assert "is not approved" in verifier.round(0).text
        done = run(*words, "--boot", "0" * 64, ids[0])
        assert done.rc == 2 and "another boot than that" in done.err
        assert run(*words, ids[0]).rc == 0
        assert verifier.round(0).state == "pass" and verifier.round(1).state == "fail"
        assert run(*words, "--all-hosts", ids[0]).rc == 0
        assert verifier.round(2).state == "pass"
        changed = verifier.round(2, resets=2, cmdline="root=/dev/vda1 ro ima_appraise=off")
        assert changed.state == "fail" and "ima_appraise=off" in changed.text
        done = run(*words, ids[2])
        assert done.rc == 2 and "no boot of this host was proven" in done.err
        again = verifier.round(2, resets=2, cmdline="root=/dev/vda1 ro ima_appraise=off")
        assert again.state == "fail" and "ima_appraise=off" in again.text
    finally:
        verifier.stop()


def test_what_is_not_trusted_any_more_is_judged_anew(verifier, run):
    """A digest that is denied fails hosts that ran the file long ago; so does a key that went."""
    verifier.enrol(0, 2)
    assert verifier.round(0).state == verifier.round(1).state == "pass"
    name = "/usr/bin/tool-1"
    digest = subprocess.run(["sha256sum"], input=name.encode(), capture_output=True,
                            check=True).stdout.decode().split()[0]
    done = run("assay-verifier", "trust", "--config", verifier.config, "deny", f"sha256:{digest}")
    assert done.rc == 0 and "reload" in done.err
    verifier.reload()
    shown = run("assay-verifier", "host", "--config", verifier.config, "list", "--json")
    assert '"pass"' not in shown.out, shown
    answer = verifier.round(0)
    assert answer.state == "fail" and name in answer.text
    run("assay-verifier", "trust", "--config", verifier.config, "remove",
        str(verifier.top / "trust/local/signing.der"))
    verifier.reload()
    assert verifier.round(1).state == "fail"


def test_without_certificates_nothing_passes(tmp_path, build_dir, rsa_keys):
    """An empty trust directory, or none at all."""
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys)
    (verifier.top / "trust/local/signing.der").unlink()
    verifier.start()
    try:
        assert "nothing passes" in verifier.log() and verifier.get("/healthz")[0] == 503
        verifier.enrol()
        assert verifier.round().state == "fail"
    finally:
        verifier.stop()


def test_a_result_verifies_with_the_public_key(verifier, tmp_path):
    """ES256 over the token, by openssl; changed, it does not."""
    verifier.enrol()
    verifier.round()
    token, claims = verifier.result()
    assert claims["submods"]["host"]["ear.status"] == "affirming"
    assert claims["sub"] == verifier.ids()[0] and claims["iat"] < claims["exp"]
    assert claims["ear.verifier-id"]["build"].startswith("assay-verifier")
    key = tmp_path / "key.pem"
    key.write_bytes(verifier.get("/v1/key")[1])
    assert check_es256(token, key, tmp_path)
    head, payload, sig = token.split(".")
    changed = payload[:40] + ("A" if payload[40] != "A" else "B") + payload[41:]
    assert not check_es256(".".join((head, changed, sig)), key, tmp_path)
    assert json.loads(verifier.get("/v1/key/jwk")[1])["crv"] == "P-256"


def check_es256(token, key, directory):
    """What openssl says of the token's signature."""
    import base64
    signed, sig = token.rsplit(".", 1)
    raw = base64.urlsafe_b64decode(sig + "=" * (-len(sig) % 4))
    der = b"".join(b"\x02" + bytes([len(n)]) + n for n in (
        int.from_bytes(half, "big").to_bytes(33, "big").lstrip(b"\0") for half in
        (raw[:32], raw[32:])) for n in [b"\0" + n if n[0] & 0x80 else n])
    (directory / "sig").write_bytes(b"\x30" + bytes([len(der)]) + der)
    (directory / "signed").write_text(signed)
    return subprocess.run(["openssl", "dgst", "-sha256", "-verify", key, "-signature",
                           directory / "sig", directory / "signed"], capture_output=True,
                          check=False).returncode == 0


def test_the_webhook_is_told_of_changes(tmp_path, build_dir, rsa_keys):
    """One POST for each; an answer that is no success is asked again."""
    told = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if len(told) == 1 else 204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys,
                        events=f"webhook = http://127.0.0.1:{server.server_port}/").start()
    try:
        verifier.enrol()
        verifier.round()
        verifier.round()
        verifier.round(resets=2, **{"with": "unsigned-file"})
        until = time.monotonic() + 20
        while len(told) < 4 and time.monotonic() < until:
            time.sleep(0.05)
        states = [one["state"] for one in told]
        assert states == ["stale", "stale", "pass", "fail"], told
        assert told[3]["was"] == "pass" and "no signature" in told[3]["reason"]
    finally:
        verifier.stop()
        server.shutdown()
