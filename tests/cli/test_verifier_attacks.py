# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks on the verifier over the network: none passes, none changes what is known of a host."""

import os
import socket
import threading
import time

import pytest

from frame.verifier import Verifier


@pytest.fixture(scope="module")
def rsa_keys(make_keys):
    """(key, certificate, another key): RSA, whose signatures are the same each time."""
    key, cert = make_keys("rsa2048", "attacked")
    return key, cert, make_keys("rsa2048", "attacker")[0]


@pytest.fixture(scope="module")
def verifier(tmp_path_factory, build_dir, rsa_keys):
    """One service, which every test leaves well."""
    made = Verifier(tmp_path_factory.mktemp("v") / "v", build_dir, rsa_keys,
                    limits="request-seconds = 5\nmemory = 16").start()
    yield made
    assert made.stop() == 0


@pytest.fixture
def good(verifier, request):
    """The number of a host that passes; it still does after the test."""
    index = 100 * (1 + sum(map(ord, request.node.name)) % 90000)
    verifier.enrol(index)
    assert verifier.round(index).state == "pass"
    before = verifier.show(index)
    yield index
    after = verifier.show(index)
    assert after["state"] == "pass" and after["since"] == before["since"]
    assert verifier.round(index).state == "pass"


@pytest.mark.parametrize("attack, words", [
    ("replay", "used"),
    ("nonce-twice", "used"),
    ("nonce", "not ours"),
    ("other-nonce", "not ours, or another host's"),
    ("signature", ""),
    ("truncate", ""),
])
def test_evidence_that_is_not_the_hosts_is_refused(verifier, good, attack, words):
    """And nothing is known of it afterwards: nobody but the host can make it fail."""
    if attack == "other-nonce":
        verifier.enrol(good + 1)
    answer = verifier.round(good, attack=attack)
    assert answer.status in (400, 403) and words in answer.text, answer


def test_evidence_of_another_host(verifier, good):
    """Under the id of the good one, signed by somebody else's AK."""
    verifier.enrol(good - 1)
    answer = verifier.round(good - 1, attack="other-host")
    assert answer.status == 403


def test_another_ak_speaks_for_the_host(verifier, good):
    """Same EK, another AK: a quote that does not verify."""
    assert verifier.round(good, ak=7).status == 403


def test_a_nonce_grows_old(verifier, good):
    """The service's clock decides; the host may ask again."""
    verifier.write_config(rounds="answer-within = 1")
    verifier.reload()
    answer = verifier.round(good, sleep=2)
    assert answer.status == 403 and "too old" in answer.text
    verifier.write_config(rounds="")
    verifier.reload()


def test_an_ak_outside_of_the_tpm_of_the_ek(verifier, good):
    """Whoever can't open the credential does not enrol."""
    verifier.allow(good + 3)
    answer = verifier.host("enrol", good + 3, attack="secret")[0]
    assert answer.status == 403 and "not in the TPM" in answer.text
    assert verifier.state(good + 3) == "unenrolled"


def test_counters_that_go_back(verifier):
    """An older boot's quote, fresh nonce and all: the host fails."""
    verifier.enrol(1)
    assert verifier.round(1, resets=5).state == "pass"
    answer = verifier.round(1, resets=4)
    assert answer.state == "fail" and "reset" in answer.text


def test_a_boot_that_is_not_told_of(verifier):
    """After a reset the boot log and the record must come; until they do there is no verdict."""
    verifier.enrol(2)
    assert verifier.round(2, resets=1).state == "pass"
    last = verifier.show(2)["last_round"]
    time.sleep(1.1)
    verifier.round(2, resets=2, attack="no-boot")
    assert verifier.show(2)["last_round"] == last or verifier.state(2) == "fail"


def test_evidence_from_before_a_removal(verifier):
    """Of a host that enrolled anew, what was gathered before says nothing."""
    verifier.enrol(3)
    with verifier.hold(3, 4) as held:
        assert verifier.admin("DELETE", f"/hosts/{verifier.ids(3)[0]}")[0] == 200
        verifier.enrol(3)
        answer = held.communicate(timeout=60)[0].decode()
    assert "403" in answer and "used" in answer, answer
    assert verifier.show(3)["last_round"] == 0
    assert verifier.round(3).state == "pass"


def test_a_certificate_of_no_level(tmp_path, build_dir, rsa_keys):
    """Where levels are asked for, one that lies beside their folders counts for none."""
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys, trust="boot = unmeasured\nlevels = local")
    (verifier.top / "trust/local/signing.der").rename(verifier.top / "trust/signing.der")
    verifier.start()
    try:
        verifier.enrol()
        answer = verifier.round()
        assert answer.state == "fail" and "no certificate is trusted" in answer.text, answer
    finally:
        verifier.stop()


GARBAGE = [b"", b"\x00", b"\xff" * 64, b"{}", b"\xbf\xff", b"\x9f" * 3000,
           bytes.fromhex("a200010102"), b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", os.urandom(2000)]


@pytest.mark.parametrize("path", ["/v1/enrol", "/v1/enrol/proof", "/v1/round", "/v1/evidence"])
def test_garbage(verifier, path):
    """Refused with a line, and the service stays."""
    for body in GARBAGE:
        status, text = verifier.request("POST", path, body)
        assert status in (400, 403) and text.count(b"\n") == 1, (body, status, text)


ADMIN = [("GET", "/hosts"), ("POST", "/hosts"), ("GET", "/hosts/" + "00" * 32),
         ("DELETE", "/hosts/" + "00" * 32), ("POST", "/hosts/" + "00" * 32 + "/reset"),
         ("POST", "/hosts/" + "00" * 32 + "/approve-boot"), ("GET", "/boots"),
         ("GET", "/hosts/" + "00" * 32 + "/history"), ("POST", "/boots/" + "00" * 32),
         ("DELETE", "/boots/" + "00" * 32)]


@pytest.mark.parametrize("method, path", ADMIN)
def test_the_admin_api_needs_the_token(verifier, method, path):
    """None, an empty, a short, a long and a wrong one."""
    right = verifier.token
    for token in (None, "x", right[:-1], right + "0", right.upper() if right.upper() != right else "y",
                  "0" * 64, right[:-1] + ("0" if right[-1] != "0" else "1")):
        assert verifier.request(method, "/v1/admin" + path, token=token)[0] == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic {}", "bearer {}", "{}", "Bearer  {}"])
def test_the_token_comes_as_it_must(verifier, header):
    """By one scheme."""
    conn = verifier.connection()
    conn.request("GET", "/v1/admin/hosts", headers={"Authorization": header.format(verifier.token)})
    assert conn.getresponse().status == 401
    conn.close()


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/v1/evidence", 405), ("PUT", "/v1/evidence", 405), ("DELETE", "/v1/key", 405),
    ("POST", "/v1/key", 405), ("POST", "/metrics", 405), ("TRACE", "/v1/round", 405),
    ("GET", "/v1/hosts/../../etc/passwd", 404), ("GET", "/v1/hosts//result", 404),
    ("GET", "/v1/hosts/%2e%2e/result", 404), ("GET", "/etc/passwd", 404), ("GET", "/", 404),
    ("GET", "/v1/hosts/" + "0" * 63 + "/result", 404), ("GET", "/v1/hosts/" + "g" * 64 + "/result", 404),
    ("GET", "/v1/hosts/" + "0" * 64 + "/result/", 404), ("GET", "/v1/hosts/" + "0" * 65, 404),
    ("GET", "/v1/admin/../key", 404), ("POST", "/v1/admin/hosts/" + "0" * 64, 405),
])
def test_methods_and_paths(verifier, method, path, status):
    """Only what the table has."""
    assert verifier.request(method, path)[0] == status


@pytest.mark.parametrize("path, size", [("/v1/round", 5000), ("/v1/enrol/proof", 5000),
                                        ("/v1/enrol", 20000), ("/v1/evidence", (12 << 20) + 1)])
def test_bodies_that_are_too_large(verifier, path, size):
    """Refused by their announced size, and where none is announced when they grow too large."""
    plain = verifier.raw()
    plain.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (path.encode(), size))
    assert b" 413 " in plain.recv(4096)
    plain.close()
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    plain = verifier.raw()
    plain.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" % path.encode())
    try:
        for _ in range(size // 0x10000 + 2):
            plain.sendall(chunk)
        plain.sendall(b"0\r\n\r\n")
    except OSError:
        pass
    answer = b""
    try:
        answer = plain.recv(4096)
    except OSError:
        pass
    assert b" 200 " not in answer
    plain.close()
    assert verifier.get("/v1/key")[0] == 200


def test_bodies_share_a_bounded_memory(verifier, build_dir):
    """What finds no room is refused, and room that was given comes back."""
    before = verifier.rss()
    conns = []
    for _ in range(6):
        plain = verifier.raw()
        plain.sendall(b"POST /v1/evidence HTTP/1.1\r\nHost: x\r\nContent-Length: 12000000\r\n\r\n")
        conns.append(plain)
    for plain in conns:
        threading.Thread(target=send_slowly, args=(plain, b"x" * 11900000), daemon=True).start()
    time.sleep(1.5)
    assert verifier.metric("request_body_bytes") <= 17 << 20
    if "san" not in build_dir.parts:
        assert verifier.rss() - before < 60 * 1024
    for plain in conns:
        plain.close()
    until = time.monotonic() + 20
    while verifier.metric("request_body_bytes") and time.monotonic() < until:
        time.sleep(0.1)
    assert verifier.metric("request_body_bytes") == 0


def send_slowly(plain, data):
    """All that goes."""
    try:
        plain.sendall(data)
    except OSError:
        pass


def trickle(plain, data, seconds):
    """A byte every fifth of a second; True if the other end hung up in time."""
    until = time.monotonic() + seconds
    plain.settimeout(0.2)
    for byte in data:
        try:
            plain.sendall(bytes([byte]))
            try:
                if plain.recv(4096) == b"":
                    return True
            except socket.timeout:
                pass
        except OSError:
            return True
        if time.monotonic() > until:
            return False
    return False


@pytest.mark.parametrize("start", [
    b"", b"GET / HTTP/1.1\r\nX: ",
    b"POST /v1/round HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n"])
def test_slow_clients_are_cut(verifier, start):
    """However steadily they send: a request has so long, and no longer."""
    plain = verifier.raw()
    if start:
        plain.sendall(start)
    assert trickle(plain, b"a" * 200, 20)
    assert verifier.metric("connections_cut_total") > 0


def test_a_handshake_that_never_ends_is_cut(verifier):
    """Before TLS, too."""
    plain = socket.create_connection(("127.0.0.1", verifier.port))
    plain.sendall(b"\x16\x03\x01")
    assert trickle(plain, b"\x01" * 200, 20)


def test_no_address_has_all_connections(tmp_path, build_dir, rsa_keys):
    """More than its share is refused; those that are served go on."""
    verifier = Verifier(tmp_path / "v", build_dir, rsa_keys)
    verifier.config.write_text(verifier.config.read_text().replace("address = 400", "address = 8"))
    verifier.start()
    try:
        conns = [verifier.raw() for _ in range(7)]
        refused = 0
        for _ in range(5):
            try:
                extra = verifier.raw()
                extra.sendall(b"GET /v1/key HTTP/1.1\r\nHost: x\r\n\r\n")
                refused += b"200" not in extra.recv(100)
                conns.append(extra)
            except OSError:
                refused += 1
        assert refused >= 3
        conns[0].sendall(b"GET /v1/key HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in conns[0].recv(4096)
    finally:
        for conn in conns:
            conn.close()
        verifier.stop()


def test_plain_http_is_not_answered(verifier):
    """No downgrade."""
    plain = socket.create_connection(("127.0.0.1", verifier.port), timeout=10)
    plain.sendall(b"GET /v1/key HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        assert b"200" not in plain.recv(4096)
    except OSError:
        pass


@pytest.mark.parametrize("version, good", [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
def test_tls_versions(verifier, version, good):
    """1.2 and 1.3."""
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(verifier.ca)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
    try:
        with socket.create_connection(("127.0.0.1", verifier.port)) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as tls:
                assert good and tls.version().replace(".", "_") == version.replace("_", "_")
    except (ssl.SSLError, ConnectionError):
        assert not good


def test_requests_one_after_the_other_on_one_connection(verifier):
    """What one request was leaves nothing for the next."""
    conn = verifier.connection()
    for _ in range(20):
        conn.request("POST", "/v1/round", body=b"\xff" * 10)
        assert conn.getresponse().read().count(b"\n") == 1
        conn.request("GET", "/v1/key")
        answer = conn.getresponse()
        assert answer.status == 200 and answer.read().startswith(b"-----BEGIN")
    conn.close()
