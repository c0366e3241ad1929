# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the operator's command share: texts of a root, reading its answers."""

import json

SCRIPT = b"#!/bin/sh\nexit 0\n"
CONFIG = """# kept as it is
[enforcement]
mode = off        ; this line only
profile = signature
evm = off

[boot]
pcr = 12
"""
KCONFIG = "".join(f"CONFIG_{name}=y\n" for name in (
    "SECURITYFS", "IMA", "IMA_APPRAISE", "INTEGRITY_SIGNATURE", "INTEGRITY_ASYMMETRIC_KEYS",
    "SYSTEM_TRUSTED_KEYRING", "EVM", "FS_VERITY", "MODULE_SIG", "SECURITY_LOCKDOWN_LSM",
    "SECURITY_YAMA", "TCG_TPM"))


def findings(done, level):
    """The findings of a --json answer of one level: id -> text."""
    return {f["id"]: f["text"] for f in json.loads(done.out)["findings"] if f["level"] == level}
