# SPDX-License-Identifier: GPL-2.0-or-later
"""Many small policies in one: each holds for the files of one owner only."""

import random

FIRST_OWNER = 20000
ALGOS = ["appraise func=BPRM_CHECK appraise_type=imasig appraise_algos=sha256"]
CREDS = ["appraise func=CREDS_CHECK appraise_type=imasig"]
# Conditions that hold on one of the file systems and tasks of the cases and not on others.
FIXED = [
    [],
    ["appraise"],
    ["appraise appraise_type=imasig"],
    ["appraise func=BPRM_CHECK appraise_type=imasig"],
    ["appraise func=MMAP_CHECK appraise_type=imasig"],
    ["appraise func=BPRM_CHECK appraise_type=imasig", "appraise func=MMAP_CHECK mask=MAY_EXEC appraise_type=imasig",
     "appraise func=MODULE_CHECK appraise_type=imasig", "appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig",
     "appraise func=KEXEC_INITRAMFS_CHECK appraise_type=imasig"],
    ["measure func=BPRM_CHECK template=ima-sigv2 digest_type=verity",
     "measure func=MMAP_CHECK mask=MAY_EXEC template=ima-sigv2 digest_type=verity",
     "appraise func=BPRM_CHECK digest_type=verity appraise_type=sigv3",
     "appraise func=MMAP_CHECK mask=MAY_EXEC digest_type=verity appraise_type=sigv3",
     "appraise func=MODULE_CHECK appraise_type=imasig"],
    ["appraise func=BPRM_CHECK"],
    ["appraise func=MMAP_CHECK"],
    ["appraise func=FILE_CHECK mask=MAY_READ appraise_type=imasig"],
    ["appraise func=FILE_CHECK mask=^MAY_READ"],
    ["appraise func=FILE_CHECK mask=MAY_WRITE"],
    ["appraise func=FILE_CHECK mask=MAY_EXEC appraise_type=imasig"],
    ["dont_appraise func=BPRM_CHECK", "appraise appraise_type=imasig"],
    ["appraise func=BPRM_CHECK appraise_type=imasig", "dont_appraise func=BPRM_CHECK"],
    ["dont_appraise", "appraise func=BPRM_CHECK appraise_type=imasig"],
    ALGOS,
    ["appraise func=MMAP_CHECK appraise_algos=sha1"],
    ["measure func=BPRM_CHECK digest_type=verity", "appraise func=BPRM_CHECK appraise_type=imasig"],
    ["measure func=BPRM_CHECK", "appraise func=BPRM_CHECK digest_type=verity appraise_type=sigv3"],
    ["dont_measure func=BPRM_CHECK digest_type=verity", "measure",
     "appraise func=BPRM_CHECK appraise_type=imasig"],
    ["measure"],
    ["audit"],
    ["hash"],
    ["dont_hash", "appraise"],
    ["hash", "appraise func=MMAP_CHECK", "audit func=MMAP_CHECK digest_type=verity"],
    ["appraise func=BPRM_CHECK uid=0 appraise_type=imasig"],
    ["appraise func=BPRM_CHECK uid>0 appraise_type=imasig"],
    ["appraise func=MMAP_CHECK euid=1000 appraise_type=imasig"],
    ["appraise func=BPRM_CHECK gid=0 appraise_type=imasig"],
    ["appraise func=BPRM_CHECK egid>999 appraise_type=imasig"],
    ["appraise func=BPRM_CHECK fgroup=7 appraise_type=imasig"],
    ["appraise func=BPRM_CHECK fgroup<7 appraise_type=imasig"],
    ["appraise func=BPRM_CHECK fsmagic=0xef53 appraise_type=imasig"],
    ["appraise func=BPRM_CHECK fsmagic=0x01021994"],
    ["dont_appraise fsname=tmpfs", "appraise func=BPRM_CHECK", "appraise func=MMAP_CHECK"],
    ["appraise func=BPRM_CHECK fsname=ext4 appraise_type=imasig"],
    ["appraise func=BPRM_CHECK fsuuid=@ROOT@ digest_type=verity appraise_type=sigv3",
     "appraise func=BPRM_CHECK appraise_type=imasig"],
    ["appraise mask=MAY_EXEC appraise_type=imasig"],
    ["appraise mask=MAY_READ"],
    ["appraise mask=^MAY_EXEC"],
    CREDS,
    ["appraise func=FILE_CHECK", "appraise func=BPRM_CHECK digest_type=verity appraise_type=sigv3"],
    ["appraise func=MMAP_CHECK permit_directio appraise_type=imasig"],
    ["appraise func=FIRMWARE_CHECK appraise_type=imasig"],
    ["appraise func=MODULE_CHECK"],
    ["appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig"],
    ["appraise func=KEXEC_INITRAMFS_CHECK"],
    ["appraise func=MODULE_CHECK digest_type=verity appraise_type=sigv3"],  # no kernel takes it
    ["appraise func=MMAP_CHECK_REQPROT appraise_type=imasig"],
    ["appraise func=SETXATTR_CHECK appraise_algos=sha256"],
    ["appraise digest_type=verity appraise_type=sigv3"],
]
ACTIONS = ["appraise"] * 6 + ["dont_appraise", "measure", "dont_measure", "audit", "hash"]
HOOKS = ["", "BPRM_CHECK", "BPRM_CHECK", "MMAP_CHECK", "MMAP_CHECK", "FILE_CHECK", "MODULE_CHECK",
         "CREDS_CHECK", "KEXEC_KERNEL_CHECK"]
WHERE = ["mask=MAY_EXEC", "mask=MAY_READ", "mask=^MAY_READ", "uid=0", "uid>0", "euid=0", "uid<1000",
         "gid=0", "gid>5", "fgroup=7", "fgroup>6", "fsmagic=0xef53", "fsname=tmpfs", "fsname=ext4",
         "fsuuid=@ROOT@"]
TYPES = ["", "appraise_type=imasig", "appraise_type=imasig",
         "digest_type=verity appraise_type=sigv3", "appraise_algos=sha256"]


def random_rule(rng):
    """One rule, most often one that the kernel takes."""
    action, hook = rng.choice(ACTIONS), rng.choice(HOOKS)
    words = [action] + ([f"func={hook}"] if hook else [])
    words += rng.sample(WHERE, rng.choice([0, 0, 0, 1, 1, 2]))
    if action == "appraise":
        words += [rng.choice(TYPES)]
    elif rng.random() < 0.15:
        words += ["digest_type=verity"]
    return " ".join(filter(None, words))


def rulesets(seed, extra):
    """Lists of rules, the fixed ones first."""
    rng = random.Random(seed)
    return FIXED + [[random_rule(rng) for _ in range(rng.randint(1, 4))] for _ in range(extra)]


def bound(rules, owner, root_uuid):
    """The rules for files of this owner alone; an fowner= goes behind the hook."""
    for rule in rules:
        words = rule.replace("@ROOT@", root_uuid).split()
        if "func=SETXATTR_CHECK" in words or "func=KEY_CHECK" in words:
            continue
        at = 2 if len(words) > 1 and words[1].startswith("func=") else 1
        yield " ".join(words[:at] + [f"fowner={owner}"] + words[at:])
