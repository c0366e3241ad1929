# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot bundle read from a machine's disk, changed as an attacker or a mistake would, signed anew."""

import hashlib
import struct
import subprocess
import tempfile
from pathlib import Path

from vm.lab.shell import sh

HOST = "/var/lib/assay/boot"
INSIDE = "etc/assay"


class Bundle:
    """The bundle's files by their names, and the host's signing key."""

    def __init__(self, disk):
        self.files = {name: disk.read(f"{HOST}/{name}") for name in ("record", "record.sig", "policy")}
        for name in disk.listdir(f"{HOST}/certs"):
            if not name.startswith("."):
                self.files[f"certs/{name}"] = disk.read(f"{HOST}/certs/{name}")
        self.key = disk.read("/etc/assay/keys/signing.key")

    def copy(self):
        """One to change."""
        other = object.__new__(Bundle)
        other.files, other.key = dict(self.files), self.key
        return other

    def edit(self, old, new):
        """Replace the record's line that begins with old, without signing it anew."""
        lines = self.files["record"].decode().splitlines()
        found = [n for n, line in enumerate(lines) if line.startswith(old)]
        assert found, f"the record has no line '{old}'"
        lines[found[0]:found[-1] + 1] = [new]
        self.files["record"] = ("\n".join(lines) + "\n").encode()
        return self

    def with_policy(self, text):
        """Another policy, which the record names."""
        self.files["policy"] = text.encode()
        return self.edit("policy ", f"policy sha256:{hashlib.sha256(text.encode()).hexdigest()}").sign()

    def with_key(self, key, certificate):
        """Another key and certificate (DER), which the record names and is signed by."""
        self.files = {n: d for n, d in self.files.items() if not n.startswith("certs/")}
        self.files["certs/other.der"], self.key = certificate, key
        return self.edit("cert ", f"cert sha256:{hashlib.sha256(certificate).hexdigest()} other.der").sign()

    def sign(self):
        """A signature of the record as it is now, in the bytes of security.ima."""
        certificate = next(d for n, d in self.files.items() if n.startswith("certs/"))
        with tempfile.TemporaryDirectory() as work:
            key, record = Path(work) / "key", Path(work) / "record"
            key.write_bytes(self.key)
            record.write_bytes(self.files["record"])
            signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, record],
                                       capture_output=True, check=True).stdout
        head = b"\x03\x02\x04" + key_id(certificate) + struct.pack(">H", len(signature))
        self.files["record.sig"] = head + signature
        return self

    def overlay(self):
        """The files as they lie in the initramfs."""
        return {f"{INSIDE}/{name}": data for name, data in self.files.items()}


def key_id(certificate):
    """The last four bytes of the subjectKeyIdentifier of a DER certificate."""
    text = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-ext", "subjectKeyIdentifier"],
                          input=certificate, capture_output=True, check=True).stdout.decode()
    return bytes.fromhex(text.strip().splitlines()[-1].strip().replace(":", ""))[-4:]


def new_key(*kind):
    """A private key (PEM) and its self-signed certificate (DER), kind as openssl's -newkey takes it."""
    with tempfile.TemporaryDirectory() as work:
        key, cert = Path(work) / "key", Path(work) / "cert"
        sh("openssl", "req", "-x509", "-nodes", "-sha256", "-days", "3650", "-batch", "-subj", "/CN=other",
           "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=digitalSignature",
           "-newkey", *kind, "-keyout", key, "-outform", "DER", "-out", cert)
        return key.read_bytes(), cert.read_bytes()
