# SPDX-License-Identifier: GPL-2.0-or-later
"""Rule lines, right and wrong: every word with every hook, random mixtures, damaged ones."""

import itertools
import random

ACTIONS = ["measure", "dont_measure", "appraise", "dont_appraise", "audit", "dont_audit", "hash",
           "dont_hash"]
FUNCS = ["FILE_CHECK", "PATH_CHECK", "MODULE_CHECK", "FIRMWARE_CHECK", "MMAP_CHECK", "FILE_MMAP",
         "MMAP_CHECK_REQPROT", "BPRM_CHECK", "CREDS_CHECK", "KEXEC_KERNEL_CHECK",
         "KEXEC_INITRAMFS_CHECK", "POLICY_CHECK", "KEXEC_CMDLINE", "KEY_CHECK", "CRITICAL_DATA",
         "SETXATTR_CHECK", "POST_SETATTR", "NONE", "bprm_check"]
UUID = "01234567-89ab-cdef-0123-456789ABCDEF"
NIL = "00000000-0000-0000-0000-000000000000"
IDS = ["uid", "euid", "gid", "egid", "fowner", "fgroup"]
WORDS = (
    [f"mask={m}" for m in ["MAY_EXEC", "MAY_READ", "MAY_WRITE", "MAY_APPEND", "^MAY_EXEC",
                           "^MAY_READ", "MAY_FLY", "^", "^^MAY_READ", "may_read"]]
    + [f"fsmagic={v}" for v in ["0x01021994", "1021994", "0", "0x", "+0xef53", "-1", "xyz",
                                "ffffffffffffffff", "10000000000000000", "0X1f", "0x+1", ""]]
    + [f"fsname={v}" for v in ["ext4", "tmpfs", "a=b", "\xff\xfe", ""]]
    + [f"fs_subtype={v}" for v in ["sshfs", ""]]
    + [f"fsuuid={v}" for v in [UUID, NIL, UUID[:-1], UUID + "x", UUID.replace("-", ""), ""]]
    + [f"{i}{op}{v}" for i in IDS for op in "=<>"
       for v in ["0", "1000", "4294967294", "4294967295", "4294967296", "-1", "+7", "0x10", "",
                 "18446744073709551616", "08"]]
    + [f"{i}{op}1" for i in ["uid", "fowner"] for op in ["!=", ">=", "<=", "~"]]
    + ["digest_type=verity", "digest_type=ima", "digest_type=", "digest_type=verity "]
    + [f"appraise_type={v}" for v in ["imasig", "sigv3", "imasig|modsig", "modsig", "meta_immutable",
                                      "imasig|", ""]]
    + [f"appraise_flag={v}" for v in ["check_blacklist", "blacklist", "x", ""]]
    + [f"appraise_algos={v}" for v in ["sha256", "sha1,sha256", "sha256,", ",sha256", "sha384",
                                       "sha512", "md4", "md5", "wp512", "sha3-256", "sha3-384,sha3-512",
                                       "rmd160", "streebog256", "sm3", "tgr192", "SHA256", "sha224",
                                       "sha256,sha256", ""]]
    + ["permit_directio", "permit_directio=1"]
    + [f"pcr={v}" for v in ["10", "0", "63", "64", "-1", "-0", "+11", "0x0a", "2147483648", "10a",
                            "+-1", "-+1", ""]]
    + [f"template={v}" for v in ["ima", "ima-ng", "ima-sig", "ima-ngv2", "ima-sigv2", "ima-buf",
                                 "ima-modsig", "evm-sig", "d-ng|n-ng", "d|n", "d-ngv2|n-ng|sig",
                                 "d-ng", "IMA-NG", ""]]
    + [f"keyrings={v}" for v in [".ima", ".ima|_ima|.evm", "|.ima", ".ima|", "a||b", ""]]
    + [f"label={v}" for v in ["selinux", "a|b", "|", "a||b", "device-mapper", ""]]
    + ["subj_role=unconfined", "subj_type=x_t", "subj_user=x", "obj_user=x", "obj_role=x",
       "obj_type=x", "subj_role="]
    + ["foo", "func=", "mask=", "#", "# x", "#x", "meassure", "measure=", "=", "||"])
WHOLE = ["", " ", "\t", "#", "# a comment", " \t# x", "#measure", "measure", " measure", "measure ",
         "\tmeasure\t", "measure\r", "measure measure", "/no/such/policy", "/", "measure\x0b",
         "measure\xa0func=BPRM_CHECK", "func=BPRM_CHECK", "func=BPRM_CHECK measure",
         "measure func=BPRM_CHECK func=BPRM_CHECK", "measure fsname=a fsname=b",
         "measure fsmagic=0 fsmagic=1", f"measure fsuuid={NIL} fsuuid={UUID}",
         f"measure fsuuid={UUID} fsuuid={UUID}", "measure uid=0 euid=0", "measure uid=0 uid=0",
         "appraise appraise_type=imasig appraise_type=imasig",
         "appraise func=BPRM_CHECK appraise_type=imasig digest_type=verity",
         "appraise func=BPRM_CHECK digest_type=verity appraise_type=imasig",
         "appraise func=BPRM_CHECK digest_type=verity appraise_type=sigv3",
         "appraise func=BPRM_CHECK digest_type=verity digest_type=verity appraise_type=sigv3",
         "appraise func=MODULE_CHECK digest_type=verity appraise_type=sigv3",
         "appraise func=FIRMWARE_CHECK digest_type=verity appraise_type=sigv3",
         "appraise func=POLICY_CHECK appraise_type=sigv3",
         "appraise appraise_type=sigv3 appraise_type=imasig",
         "appraise appraise_type=sigv3 appraise_type=imasig digest_type=verity",
         "measure template=ima-ng template=ima-ng", "template=ima-ng measure",
         "measure pcr=1 pcr=2", "measure permit_directio permit_directio",
         "appraise func=SETXATTR_CHECK appraise_algos=sha256",
         "appraise func=SETXATTR_CHECK appraise_algos=sha256 uid=0",
         "measure # a comment behind", "measure #", "measure func=BPRM_CHECK #mask=", "measure x #",
         "#" * 200, "measure fsname=" + "a" * 3000, "measure fsname=" + "a" * 4080]
MANY = 3500


def grid():
    """Every action and hook, and every word with an action and hook it may go with."""
    for action, func in itertools.product(ACTIONS, FUNCS):
        yield f"{action} func={func}"
    for action, word in itertools.product(ACTIONS[:3] + ["audit"], WORDS):
        yield f"{action} {word}"
    for func, action, word in itertools.product(FUNCS[:16], ["appraise", "measure"], [
            "appraise_type=imasig", "mask=MAY_EXEC", "digest_type=verity", "pcr=11", "fsname=x",
            "keyrings=a", "label=a", "appraise_algos=sha256", "permit_directio", "fgroup=1", "egid=1",
            "gid=1", "euid=1", "uid=1", "fowner=1", "fsmagic=1", f"fsuuid={UUID}",
            "digest_type=verity appraise_type=sigv3", "template=ima-sig", "fs_subtype=x",
            "appraise_type=imasig appraise_flag=check_blacklist"]):
        yield f"{action} func={func} {word}"


def mixture(rng):
    """A rule of random words in random order, most of them right."""
    words = [f"func={rng.choice(FUNCS)}"] if rng.random() < 0.7 else []
    words += rng.sample(WORDS, rng.choice([0, 1, 1, 2, 2, 3, 4]))
    if rng.random() < 0.3:
        rng.shuffle(words)
    place = 0 if rng.random() < 0.9 else rng.randint(0, len(words))
    if rng.random() < 0.97:
        words.insert(place, rng.choice(ACTIONS))
    return rng.choice([" ", " ", " ", "  ", "\t"]).join(words)


def damaged(rng, line):
    """The line with one thing done to it."""
    if not line:
        return line
    at = rng.randrange(len(line))
    other = rng.choice("= |<>^#\t,_-~x0\r\x7f\xe4")
    return rng.choice([line[:at] + line[at + 1:], line[:at] + other + line[at:],
                       line[:at] + other + line[at + 1:], line[:at], line + " " + line,
                       line[:at] + line[at].swapcase() + line[at + 1:]])


def lines(seed, many=MANY):
    """The lines of one run, each once, in a fixed order; none holds a newline or a NUL."""
    rng = random.Random(seed)
    found = dict.fromkeys([*WHOLE, *grid()])
    while len(found) < many:
        line = mixture(rng)
        found[line] = None
        if rng.random() < 0.4:
            found[damaged(rng, line)] = None
    return [line for line in found if not line.startswith("/rules")]
