# SPDX-License-Identifier: GPL-2.0-or-later
"""Which file, by which operation, under which rules, by whom."""

import random

from . import xattrs

EVM_KINDS = [("v2", "good"), ("v2", "none"), ("v2", "mode"), ("hash", "good"), ("none", "none"),
             ("verity-v2", "none"), ("hash", "mode"), ("v2-script", "good")]
OPS = ["exec"] * 4 + ["mmap"] * 3 + ["mprotect", "module", "kexec-kernel", "kexec-initramfs", "read",
                                     "write"]
PRIVILEGED = {"module", "kexec-kernel", "kexec-initramfs", "write"}
DISK, MEMORY, NO_XATTRS = "/var/lib/diff", "/dev/shm/diff", "/mnt/ramfs/diff"


def place(rng, kind):
    """Where the file is: fs-verity needs the disk, security.ima needs attributes."""
    if kind.startswith("verity"):
        return DISK
    if kind == "none" and rng.random() < 0.2:
        return NO_XATTRS
    return MEMORY if rng.random() < 0.25 else DISK


def is_possible(op, kind):
    """Whether IMA is what would refuse it: an fs-verity file is never opened for writing."""
    return not (op == "write" and kind.startswith("verity"))


def sealed(case, signer, seal):
    """Adds what EVM judges: a portable signature over owner and mode as they are, or were."""
    if seal in ("good", "mode") and case["ima"]:
        ima = bytes.fromhex(case["ima"])
        case["evm"] = signer.evm(ima, case["owner"], case["group"], 0o100755).hex()
    if seal == "mode":
        case["mode"] = 0o4755


def twice(signers, owner):
    """An execution tried twice, of a file whose signature's algorithm the rule does not allow."""
    content, ima, verity = xattrs.kinds(*signers)["v2-sha1"]
    return {"path": f"{DISK}/twice", "kind": "v2-sha1", "content": content, "ima": ima.hex(),
            "evm": None, "verity": verity, "mode": None, "op": "exec", "owner": owner, "group": 0,
            "uid": 0, "gid": 0, "times": 2}


def script(signers, owner):
    """An unsigned script, executed by root: under a rule of CREDS_CHECK it depends on the kernel."""
    return twice(signers, owner) | {"path": f"{DISK}/script", "kind": "script", "content": "script", "ima": None,
                                    "times": 1}


def cases(seed, owners, many, signers, evm):
    """many cases, each with a file of its own; the base profiles' rule sets get most of them."""
    rng = random.Random(f"{seed}{evm}")
    table = xattrs.kinds(*signers)
    found = []
    while len(found) < many:
        owner = rng.choice(owners[:6] if rng.random() < 0.3 else owners)
        kind, seal = rng.choice(EVM_KINDS) if evm else (rng.choice(list(table)), "none")
        op = rng.choice(OPS)
        if not is_possible(op, kind):
            continue
        content, ima, verity = table[kind]
        user = 0 if op in PRIVILEGED or rng.random() < 0.6 else 1000
        case = {"path": f"{DISK if evm else place(rng, kind)}/c{len(found):05}", "kind": kind,
                "content": content, "ima": ima.hex() if ima else None, "evm": None,
                "verity": verity, "mode": None, "op": op, "owner": owner,
                "group": rng.choice([0, 7]), "uid": user, "gid": user, "times": 1}
        sealed(case, signers[0], seal)
        found.append(case)
    return found
