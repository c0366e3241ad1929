# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kernel and assay-boot leave in a software TPM: a record, a list, and the PCRs that fit them."""

import hashlib
import struct
import subprocess

from frame import mlist
from frame.record import record_text

EMPTY_PCRS = bytes(32 * 10)


def sha(data):
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def record_of(*certs):
    """A record that names these certificates, by their bytes."""
    named = [f"sha256:{sha(cert)} {i}.der" for i, cert in enumerate(certs)]
    return record_text("sha256:" + sha(b"policy"), *named).encode()


def ima_signature(key, cert, digest):
    """security.ima as assay sign makes it: v2, over a SHA-256."""
    text = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", cert, "-noout", "-ext",
                           "subjectKeyIdentifier"], check=True, capture_output=True, text=True).stdout
    keyid = bytes.fromhex(text.split()[-1].replace(":", ""))[-4:]
    sig = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", key, "-pkeyopt", "digest:sha256"],
                         input=digest, check=True, capture_output=True).stdout
    return b"\x03\x02\x04" + keyid + struct.pack(">H", len(sig)) + sig


class Measured:
    """A boot: files for assay-attest in the folder, values in the TPM."""

    def __init__(self, tpm, folder, key, cert):
        self.tpm, self.folder, self.key, self.cert = tpm, folder, key, cert
        self.list = folder / "list"
        (folder / "certs").mkdir(parents=True)
        der = cert.read_bytes()
        (folder / "certs" / sha(der)).write_bytes(der)
        (folder / "cmdline").write_text("root=/dev/vda1\n")
        self.record = record_of(der)
        (folder / "record").write_bytes(self.record)
        (folder / "record.sig").write_bytes(
            ima_signature(key, cert, hashlib.sha256(self.record).digest()))
        self.boot()

    @property
    def files(self):
        """The options that name them."""
        return ["--record", self.folder / "record", "--cmdline", self.folder / "cmdline", "--certs",
                self.folder / "certs"]

    def extend(self, pcr, data):
        """As the kernel would, in the bank of SHA-256 (TPM 2.0 Library part 3, 22.2)."""
        self.tpm.command(bytes.fromhex(f"80020000004100000182{pcr:08x}00000009400000090000000000"
                                       f"00000001000b{sha(data)}"))

    def boot(self):
        """assay-boot measures the record and caps its PCR, the kernel begins its list."""
        self.extend(13, self.record)
        self.extend(13, b"assay-record end\n")
        self.list.write_bytes(b"")
        self.add(mlist.measured(b"boot_aggregate", hashlib.sha256(EMPTY_PCRS).digest(),
                                template="ima-ng"))
        self.run(b"/sbin/init")

    def add(self, entry, measure=True):
        """One entry at the end; measure False: in the list alone."""
        name, = struct.unpack_from("<I", entry, 24)
        if measure:
            self.extend(10, entry[32 + name:])
        with open(self.list, "ab") as to:
            to.write(entry)

    def run(self, name, signed=True):
        """A program is executed."""
        digest = hashlib.sha256(name).digest()
        sig = ima_signature(self.key, self.cert, digest) if signed else b""
        self.add(mlist.measured(name, digest, sig))
