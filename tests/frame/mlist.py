# SPDX-License-Identifier: GPL-2.0-or-later
"""Measurement lists as a kernel writes them, and what a TPM then holds."""

import hashlib
import struct

AGGREGATE = hashlib.sha256(b"PCRs").digest()


def field(data):
    """A field of template data."""
    return struct.pack("<I", len(data)) + data


def entry(template, data, *, violation=False, pcr=10):
    """An entry around template data."""
    digest = bytes(20) if violation else hashlib.sha1(data).digest()
    return struct.pack("<I", pcr) + digest + field(template.encode()) + field(data)


def measured(name, digest, sig=None, *, template="ima-sig", kind=b"", **kwargs):
    """A file by its name, its SHA-256 and security.ima; sig None: a template without."""
    data = field(kind + b"sha256:\0" + digest) + field(name + b"\0")
    return entry(template, data if sig is None else data + field(sig), **kwargs)


def aggregate(digest=AGGREGATE):
    """The first entry."""
    return measured(b"boot_aggregate", digest, template="ima-ng")


def buffer(name, content):
    """A key or an event of the kernel's."""
    return measured(name, hashlib.sha256(content).digest(), content, template="ima-buf")


def pcr10(entries, bank="sha256"):
    """What PCR 10 holds after these entries, as judge-list takes it."""
    value = bytes(hashlib.new(bank).digest_size)
    for one in entries:
        name, = struct.unpack_from("<I", one, 24)
        data = one[32 + name:]
        digest = b"\xff" * len(value) if one[4:24] == bytes(20) else hashlib.new(bank, data).digest()
        value = hashlib.new(bank, value + digest).digest()
    return f"{bank}:{value.hex()}"
