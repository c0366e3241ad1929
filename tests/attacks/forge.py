# SPDX-License-Identifier: GPL-2.0-or-later
"""Signs enforcement records: with a host's own key, as its operator could, or with an attacker's."""

import hashlib
import re
import subprocess
import tempfile
from pathlib import Path

SHA256 = 4      # enum hash_algo, include/uapi/linux/hash_info.h


def key_id(certificate):
    """The last four bytes of a DER certificate's subject key identifier."""
    done = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-ext", "subjectKeyIdentifier"],
                          input=certificate, capture_output=True, check=True, timeout=30)
    return bytes.fromhex(re.search(rb"([0-9A-F]{2}:)+[0-9A-F]{2}", done.stdout)[0].decode().replace(":", ""))[-4:]


def sign(data, key, certificate):
    """record.sig: an IMA v2 signature over the record's SHA-256."""
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "key.pem"
        path.write_bytes(key)
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", path, "-pkeyopt", "digest:sha256"],
                              input=hashlib.sha256(data).digest(), capture_output=True, check=True, timeout=30)
    return (bytes([3, 2, SHA256]) + key_id(certificate) + len(done.stdout).to_bytes(2, "big")
            + done.stdout)


def with_policy(record, policy):
    """A record that names another policy."""
    digest = hashlib.sha256(policy).hexdigest().encode()
    return re.sub(rb"(?m)^policy sha256:[0-9a-f]+$", b"policy sha256:" + digest, record)


def with_cert(record, certificate):
    """A record that names another certificate under the same name."""
    digest = hashlib.sha256(certificate).hexdigest().encode()
    return re.sub(rb"(?m)^cert sha256:[0-9a-f]+ ", b"cert sha256:" + digest + b" ", record)
