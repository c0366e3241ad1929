# SPDX-License-Identifier: GPL-2.0-or-later
"""Contents and attributes of the files of the cases, made with openssl alone, none of our code."""

import hashlib
import re
import struct
import subprocess

# A whole program of one block: exit(0).
CODE = bytes.fromhex("31ffb83c0000000f05")
ELF = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56,
                  1, 0, 0, 0)
ELF += struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 4096, 4096, 4096) + CODE
ELF += b"\0" * (4096 - len(ELF))
OTHER = ELF[:-1] + b"x"
SCRIPT = b"#!/bin/true\n"
CONTENTS = {"elf": ELF, "other": OTHER, "script": SCRIPT}
IMA, IMA_HASH, EVM_PORTABLE, IMA_VERITY = 3, 4, 5, 6  # enum evm_ima_xattr_type
ALGOS = {"sha1": 2, "sha256": 4, "sha384": 5, "sha512": 6}


def openssl(*arguments, data=None):
    """What openssl prints."""
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


class Signer:
    """One key; remembers what it signed."""

    def __init__(self, key, cert):
        self.key = key
        text = openssl("x509", "-in", cert, "-inform", "DER", "-noout", "-ext", "subjectKeyIdentifier")
        self.keyid = bytes.fromhex(re.search(rb"([0-9A-F:]{59})", text)[1].replace(b":", b"").decode())[-4:]
        self.made = {}

    def blob(self, kind, version, algo, digest):
        """struct signature_v2_hdr behind its type, over the digest."""
        at = (kind, version, algo, digest)
        if at not in self.made:
            sig = openssl("pkeyutl", "-sign", "-inkey", self.key, "-pkeyopt", f"digest:{algo}",
                          "-pkeyopt", "rsa_padding_mode:pkcs1", data=digest)
            self.made[at] = (bytes([kind, version, ALGOS[algo]]) + self.keyid
                             + struct.pack(">H", len(sig)) + sig)
        return self.made[at]

    def v2(self, content, algo="sha256", version=2):
        """Over the content."""
        return self.blob(IMA, version, algo, hashlib.new(algo, content).digest())

    def v3(self, digest, version=3, kind=IMA_VERITY):
        """Over struct ima_file_id of a SHA-256 digest."""
        file_id = bytes([kind, ALGOS["sha256"]]) + digest
        return self.blob(kind, version, "sha256", hashlib.sha256(file_id).digest())

    def evm(self, ima, owner, group, mode):
        """A portable signature over security.ima, owner and mode (struct h_misc, evm_crypto.c)."""
        misc = struct.pack("<QIIIHxx", 0, 0, owner, group, mode)
        return self.blob(EVM_PORTABLE, 2, "sha256", hashlib.sha256(ima + misc).digest())


def verity_digest(content):
    """The fs-verity digest of one whole block: struct fsverity_descriptor without a tree."""
    root = hashlib.sha256(content.ljust(4096, b"\0")).digest()
    descriptor = struct.pack("<BBBBIQ64s32s144s", 1, 1, 12, 0, 0, len(content), root, b"", b"")
    return hashlib.sha256(descriptor).digest()


def flipped(blob):
    """With its last byte changed."""
    return blob[:-1] + bytes([blob[-1] ^ 1])


def kinds(good, stranger):
    """name: (content's name, security.ima or None, whether it is an fs-verity file)."""
    digest = verity_digest(ELF)
    sha = {a: hashlib.new(a, ELF).digest() for a in ALGOS}
    v2, v3 = good.v2(ELF), good.v3(digest)
    return {
        "none": ("elf", None, False),
        "v2": ("elf", v2, False),
        "v2-script": ("script", good.v2(SCRIPT), False),
        "script": ("script", None, False),
        "v2-sha1": ("elf", good.v2(ELF, "sha1"), False),
        "v2-sha512": ("elf", good.v2(ELF, "sha512"), False),
        "v2-stranger": ("elf", stranger.v2(ELF), False),
        "v2-changed": ("other", v2, False),
        "v2-flipped": ("elf", flipped(v2), False),
        "v2-cut": ("elf", v2[:-7], False),
        "v2-long": ("elf", v2 + b"x", False),
        "v2-header": ("elf", v2[:9], False),
        "v2-as-1": ("elf", good.v2(ELF, version=1), False),
        "v2-as-3": ("elf", good.v2(ELF, version=3), False),
        "v2-as-7": ("elf", good.v2(ELF, version=7), False),
        "v3-plain": ("elf", good.v3(sha["sha256"], kind=IMA), False),
        "byte-3": ("elf", b"\x03", False),
        "hash": ("elf", bytes([IMA_HASH, 4]) + sha["sha256"], False),
        "hash-sha1": ("elf", bytes([IMA_HASH, 2]) + sha["sha1"], False),
        "hash-sha512": ("elf", bytes([IMA_HASH, 6]) + sha["sha512"], False),
        "hash-wrong": ("other", bytes([IMA_HASH, 4]) + sha["sha256"], False),
        "hash-cut": ("elf", bytes([IMA_HASH, 4]) + sha["sha256"][:20], False),
        "hash-old": ("elf", bytes([1]) + sha["sha1"], False),
        "other-type": ("elf", bytes([EVM_PORTABLE]) + v2[1:], False),
        "verity-none": ("elf", None, True),
        "verity-v3": ("elf", v3, True),
        "verity-v3-stranger": ("elf", stranger.v3(digest), True),
        "verity-v3-changed": ("other", v3, True),
        "verity-v3-flipped": ("elf", flipped(v3), True),
        "verity-v3-as-2": ("elf", good.v3(digest, version=2), True),
        "verity-v2": ("elf", v2, True),
        "verity-hash": ("elf", bytes([IMA_HASH, 4]) + digest, True),
        "verity-content-hash": ("elf", bytes([IMA_HASH, 4]) + sha["sha256"], True),
        "v3": ("elf", v3, False),
    }
