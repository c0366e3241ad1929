# SPDX-License-Identifier: GPL-2.0-or-later
"""Both halves on one machine: assay-attest with a software TPM, and assay-verifier's service."""

import hashlib
import json
import struct
import subprocess

import pytest

from frame import mlist
from frame.attested import AttestedHost
from frame.record import record_text
from frame.verifier import Verifier



class Host(AttestedHost):
    """What a kernel and assay-boot would have done to the TPM is done by hand."""

    def __init__(self, run, tpm, folder, keys):
        super().__init__(run, tpm, folder, b"")
        self.folder, self.key = folder, keys[0]
        self.der = open(keys[1], "rb").read()
        self.other = keys[2]
        (folder / "certs").mkdir()
        (folder / "certs" / hashlib.sha256(self.der).hexdigest()).write_bytes(self.der)
        (folder / "log").write_bytes(b"")
        (folder / "cmdline").write_text("ro quiet\n")
        self.more = ["--record", folder / "record", "--certs", folder / "certs", "--boot-log",
                     folder / "log", "--cmdline", folder / "cmdline"]

    def extend(self, pcr, data):
        """As TPM2_PCR_Extend does, in SHA-256."""
        self.tpm.tool("tpm2_pcrextend", f"{pcr}:sha256={hashlib.sha256(data).hexdigest()}")

    def signature(self, digest, key=None):
        """security.ima."""
        raw = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key or self.key, "-pkeyopt",
                              "digest:sha256"], input=digest, capture_output=True, check=True).stdout
        keyid = bytes.fromhex(self.keyid())
        return b"\x03\x02\x04" + keyid + struct.pack(">H", len(raw)) + raw

    def keyid(self):
        """The end of the certificate's key identifier."""
        text = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-ext",
                               "subjectKeyIdentifier"], input=self.der, capture_output=True,
                              check=True).stdout.decode()
        return text.splitlines()[1].replace(":", "").strip()[-8:].lower()

    def boot(self, mode="enforce"):
        """A record in force, and the first entry."""
        text = record_text("sha256:" + hashlib.sha256(b"policy").hexdigest(),
                           f"sha256:{hashlib.sha256(self.der).hexdigest()} signing.der", mode=mode).encode()
        (self.folder / "record").write_bytes(text)
        (self.folder / "record.sig").write_bytes(self.signature(hashlib.sha256(text).digest()))
        self.extend(13, text)
        self.extend(13, b"assay-record end\n")
        self.list.write_bytes(b"")
        self.add(mlist.aggregate(hashlib.sha256(bytes(320)).digest()))
        self.ran("/usr/lib/systemd/systemd")

    def add(self, entry):
        """One entry, in the list and in PCR 10."""
        name, = struct.unpack_from("<I", entry, 24)
        self.extend(10, entry[32 + name:])
        with open(self.list, "ab") as to:
            to.write(entry)

    def ran(self, name, signed=True):
        """A file was executed."""
        digest = hashlib.sha256(name.encode()).digest()
        sig = self.signature(digest) if signed else b""
        self.add(mlist.measured(name.encode(), digest, sig))


@pytest.fixture(scope="session")
def rsa_keys(make_keys):
    """(key, certificate, another key)."""
    key, cert = make_keys("rsa2048", "both-halves")
    return key, cert, make_keys("rsa2048", "both-halves-other")[0]


@pytest.fixture
def service(tmp_path, build_dir, rsa_keys):
    """A verifier that requires everything but a boot log, which this host has none of."""
    made = Verifier(tmp_path / "v", build_dir, rsa_keys, enrolment="").start()
    made.url = f"https://localhost:{made.port}"
    yield made
    made.stop()


@pytest.fixture
def attested(run, certified_tpm, tmp_path, rsa_keys, service):
    """A host that is enrolled by its EK's certificate, and booted."""
    for path in certified_tpm.ca.glob("*cert.pem"):
        (service.top / "ek" / path.name).write_bytes(path.read_bytes())
    service.reload()
    (tmp_path / "h").mkdir()
    host = Host(run, certified_tpm, tmp_path / "h", rsa_keys)
    host.boot()
    done = host.enrol(service, "--name", "both")
    assert done.rc == 0, done
    host.id = done.out.split()[2]
    return host


def show(run, service, host):
    """assay-verifier host show."""
    return json.loads(run("assay-verifier", "host", "--config", service.config, "show", "--json",
                          host.id).out)


def report(host):
    """One round; its state."""
    done = host.run("report", "--json")
    assert done.rc in (0, 1), done
    assert json.loads(done.out)["state"], done
    return json.loads(done.out)["state"]


def test_from_enrolment_to_a_pass(run, attested, service):
    """The TPM's certificate vouches for it; the list goes on where it was."""
    assert show(run, service, attested)["state"] == "stale"
    assert report(attested) == "pass"
    shown = show(run, service, attested)
    assert shown["ek_certified"] and shown["enforcing"] and shown["entries"] == 2
    attested.ran("/usr/bin/one")
    assert report(attested) == "pass"
    assert show(run, service, attested)["entries"] == 3


def test_an_unsigned_file_that_ran(run, attested, service):
    """Within one round, by name; and it stays until a reset, after which the list is judged anew."""
    assert report(attested) == "pass"
    attested.ran("/tmp/dropped", signed=False)
    assert report(attested) == "fail"
    shown = show(run, service, attested)
    assert shown["reasons"][0]["code"] == "unsigned" and "/tmp/dropped" in shown["reason"]
    assert report(attested) == "fail"
    assert run("assay-verifier", "host", "--config", service.config, "reset", attested.id).rc == 0
    assert report(attested) == "fail"


def test_a_reboot(run, attested, service):
    """Everything is told anew; in log mode the host fails."""
    assert report(attested) == "pass"
    attested.tpm.stop()
    attested.tpm.start()
    attested.boot()
    assert report(attested) == "pass"
    attested.tpm.stop()
    attested.tpm.start()
    attested.boot("log")
    assert report(attested) == "fail"
    assert "says log" in show(run, service, attested)["reason"]


def test_evidence_in_a_file(run, attested, service, tmp_path):
    """collect on the host, appraise at the verifier's."""
    path = tmp_path / "evidence"
    assert attested.run("collect", "-o", path, "--nonce", "abcd").rc == 0
    words = ("assay-verifier", "appraise", "--trust", service.top / "trust", "--unmeasured",
             "--ek-ca", service.top / "ek", "--json", path)
    done = run(*words, "--nonce", "abcd")
    assert done.rc == 0 and json.loads(done.out)["ek_certified"], done
    done = run(*words, "--nonce", "abce")
    assert done.rc == 1 and "another nonce" in done.out
