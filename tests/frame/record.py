# SPDX-License-Identifier: GPL-2.0-or-later
"""An enforcement record's text: docs/PROTOCOL.record, section 2."""

LINES = """assay-record 1
mode {mode}
profile {profile}
evm {evm}
epoch 1
level local
pcr 13
init /sbin/init
lockdown integrity
module-signatures yes
ptrace-scope 3
kexec-load no
unprivileged-bpf no
policy {policy}
"""


def record_text(policy, *certs, mode="enforce", profile="signature", evm="portable"):
    """policy is "sha256:HEX"; each of certs "sha256:HEX NAME"."""
    return LINES.format(mode=mode, profile=profile, evm=evm, policy=policy) + "".join(f"cert {c}\n" for c in certs)
