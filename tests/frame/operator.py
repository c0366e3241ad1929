# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the operator's command share: texts of a root, reading its answers."""

import json
import subprocess

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


def fake_boot(root, state):
    """The files of a kernel that loaded a policy, and what assay-boot left."""
    ima = root / "sys/kernel/security/ima"
    ima.mkdir(parents=True)
    (ima / "violations").write_text("0\n")
    (root / "run/assay").mkdir(parents=True)
    digest = subprocess.run(["sha256sum", root / "var/lib/assay/boot/record"], capture_output=True,
                            text=True, check=True).stdout[:64]
    (root / "run/assay/boot").write_text(f"state {state}\nrecord sha256:{digest}\n")
    for path, text in {"sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
                       "sys/module/module/parameters/sig_enforce": "Y\n",
                       "proc/sys/kernel/yama/ptrace_scope": "3\n",
                       "proc/sys/kernel/kexec_load_disabled": "1\n",
                       "proc/sys/kernel/unprivileged_bpf_disabled": "1\n"}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
