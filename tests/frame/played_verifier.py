# SPDX-License-Identifier: GPL-2.0-or-later
"""A verifier that is played: HTTPS, a CA of its own, and whatever answer a test wants.

It believes nothing it need not: secrets must come back, quotes must verify (by tpm2-tools), be over
the values that are sent beside them and hold the nonce.
"""

import hashlib
import http.server
import os
import ssl
import subprocess
import threading
import warnings

from frame import cbor

ENROL, CHALLENGE, PROOF, BEGIN, NONCE, EVIDENCE, STATE = range(1, 8)
NAMES = {
    ENROL: ("name", "ek_public", "ek_cert", "ak_public"),
    CHALLENGE: ("token", "credential", "secret"),
    PROOF: ("token", "secret"),
    BEGIN: ("host", "reset_count", "restart_count"),
    NONCE: ("nonce", "list_offset", "want_boot"),
    EVIDENCE: ("host", "nonce", "attest", "sig", "pcrs", "boot_log", "record", "record_sig",
               "list_offset", "list", "certs", "cmdline"),
    STATE: ("host", "state", "reason", "next_seconds", "list_offset", "more"),
}
MAGIC = bytes.fromhex("ff5443478018")
SHA256 = 0x000b


def message(kind, **fields):
    """The bytes of a message."""
    names = NAMES[kind]
    return cbor.encode({0: 1, 1: kind} | {2 + i: fields[name] for i, name in enumerate(names)})


def fields_of(kind, data):
    """A message's fields by name; it must be of this kind."""
    value = cbor.decode(data)
    assert value[0] == 1 and value[1] == kind, value
    return dict(zip(NAMES[kind], (value[2 + i] for i in range(len(NAMES[kind])))))


def qualifying(evidence):
    """What the quote must hold: docs/PROTOCOL.attest, 4."""
    def sha(data):
        return hashlib.sha256(data).digest()

    return sha(b"assay-attest 1 quote\n" + sha(evidence["nonce"]) + evidence["host"] +
               evidence["list_offset"].to_bytes(8, "big") + sha(evidence["boot_log"]) +
               sha(evidence["record"]) + sha(evidence["record_sig"]))


def name_of(public):
    """A key's Name, from its TPMT_PUBLIC."""
    algorithm = int.from_bytes(public[2:4], "big")
    return public[2:4] + hashlib.new({0xb: "sha256", 0xc: "sha384"}[algorithm], public).digest()


def host_of(ek_public):
    """The host's id."""
    return hashlib.sha256(name_of(ek_public)).digest()


def make_ca(folder, name):
    """A CA and a certificate of it for 127.0.0.1: NAME-ca.pem, NAME.pem, NAME.key in the folder."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")
    openssl("req", "-x509", *new, "-keyout", f"{name}-ca.key", "-out", f"{name}-ca.pem",
            "-subj", f"/CN={name} CA", "-days", "2")
    openssl("req", "-x509", *new, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj",
            f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-addext",
            "basicConstraints=critical,CA:false", "-CA", f"{name}-ca.pem", "-CAkey",
            f"{name}-ca.key", "-days", "2")


class Verifier:
    """A context: it listens while it lasts.  Tests change its attributes."""

    def __init__(self, folder, name="verifier", old_tls=False):
        self.folder = folder
        self.ca = folder / f"{name}-ca.pem"
        if not self.ca.exists():
            make_ca(folder, name)
        self.answers = {}      # path: (status, bytes) or a function of the verifier and the body
        self.seen = []         # (path, fields)
        self.ak = None
        self.next_seconds = 60
        self.state, self.reason = "pass", ""
        self.want_boot = True
        self.list = b""        # what it has of it
        self.closing = None    # the path after whose answer the connection ends
        self.part = None       # takes so many bytes of a part at most
        self.secret = os.urandom(32)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler_of(self))
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if old_tls:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path, body):
        """(status, bytes) for a request."""
        given = self.answers.get(path)
        if callable(given):
            given = given(self, body)
        if given:
            return given
        act = {"/v1/enrol": self.enrol, "/v1/enrol/proof": self.proof, "/v1/round": self.round,
               "/v1/evidence": self.evidence}
        return (200, act[path](body)) if path in act else (404, b"no such thing\n")

    def keep(self, path, kind, body):
        """The fields of a message, which are remembered."""
        fields = fields_of(kind, body)
        self.seen.append((path, fields))
        return fields

    def last(self, path):
        """The fields of the last message to the path."""
        return [fields for where, fields in self.seen if where == path][-1]

    def enrol(self, body):
        """MakeCredential for the two keys."""
        asked = self.keep("/v1/enrol", ENROL, body)
        self.ak, self.host = asked["ak_public"], host_of(asked["ek_public"])
        blob, secret = self.make_credential(asked["ek_public"], name_of(self.ak))
        return message(CHALLENGE, token=b"token", credential=blob, secret=secret)

    def make_credential(self, ek_public, name):
        """(TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET) by tpm2-tools."""
        (self.folder / "ek").write_bytes(len(ek_public).to_bytes(2, "big") + ek_public)
        (self.folder / "secret").write_bytes(self.secret)
        subprocess.run(["tpm2_makecredential", "-Q", "-T", "none", "-u", self.folder / "ek", "-n",
                        name.hex(), "-s", self.folder / "secret", "-o", self.folder / "made"],
                       check=True, capture_output=True)
        made = (self.folder / "made").read_bytes()[8:]
        at = 2 + int.from_bytes(made[:2], "big")
        return made[:at], made[at:]

    def proof(self, body):
        """Is it the TPM's?"""
        asked = self.keep("/v1/enrol/proof", PROOF, body)
        assert asked["token"] == b"token"
        assert asked["secret"] == self.secret
        return self.word()

    def word(self, more=False):
        """What it says of the host."""
        return message(STATE, host=self.host, state=self.state, reason=self.reason,
                       next_seconds=self.next_seconds, list_offset=len(self.list), more=more)

    def round(self, body):
        """A nonce."""
        asked = self.keep("/v1/round", BEGIN, body)
        assert asked["host"] == self.host
        self.nonce = os.urandom(56)
        return message(NONCE, nonce=self.nonce, list_offset=len(self.list),
                       want_boot=self.want_boot)

    def evidence(self, body):
        """Is it a quote, and what goes with it?"""
        got = self.keep("/v1/evidence", EVIDENCE, body)
        assert got["host"] == self.host and got["nonce"] == self.nonce
        assert got["list_offset"] == len(self.list)
        self.check_quote(got)
        part = got["list"][:self.part] if self.part else got["list"]
        self.list += part
        return self.word(more=len(part) < len(got["list"]))

    def check_quote(self, got):
        """Fails unless all of it fits together."""
        bank, mask, values = got["pcrs"]
        assert (bank, mask, len(values)) == (SHA256, 0xffff, 16 * 32)
        assert got["attest"].startswith(MAGIC)
        assert qualifying(got) in got["attest"]
        assert got["attest"].endswith(hashlib.sha256(values).digest())
        for name, data in (("ak", len(self.ak).to_bytes(2, "big") + self.ak),
                           ("attest", got["attest"]), ("sig", got["sig"])):
            (self.folder / name).write_bytes(data)
        subprocess.run(["tpm2_checkquote", "-Q", "-u", self.folder / "ak", "-m",
                        self.folder / "attest", "-s", self.folder / "sig", "-q",
                        qualifying(got).hex()], check=True, capture_output=True)


def handler_of(verifier):
    """The requests' class."""
    class Handler(http.server.BaseHTTPRequestHandler):
        """One connection, kept open."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 30

        def setup(self):
            """The handshake is here, where nobody else waits for it."""
            self.request.settimeout(30)
            self.request.do_handshake()
            super().setup()

        def do_POST(self):
            """An answer; what fails is an error of the verifier's."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                status, answer = verifier.answer(self.path, body)
            except Exception as why:  # pylint: disable=broad-except
                verifier.seen.append(("error", why))
                status, answer = 500, f"{type(why).__name__}: {why}\n".encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "https://127.0.0.1:1/")
            self.send_header("Content-Length", str(len(answer)))
            if self.path == verifier.closing:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            """Silence."""

    return Handler
