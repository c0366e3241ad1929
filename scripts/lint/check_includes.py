# SPDX-License-Identifier: GPL-2.0-or-later
"""Includes point one way, and OpenSSL, tss2, keyutils and inih stay in their rooms."""

import re

import tree

# A folder may include those in its row, and itself.
LIB = {
    "base": [],
    "crypto": ["base"],
    "tpm": ["base", "crypto"],
    "ima": ["base", "crypto"],
    "sig": ["base", "crypto", "ima"],
    "pkg": ["base", "crypto", "ima", "sig"],
    "proto": ["base", "crypto", "ima", "sig"],
    "trust": ["base", "crypto", "ima", "sig", "pkg", "proto"],
    "attest": ["base", "crypto", "ima", "sig", "proto"],
    "lock": ["base", "crypto", "tpm", "ima", "sig", "proto", "attest"],
}
PROGRAMS = ["assay", "policy-gen", "evmctl-plugins", "packages", "transaction", "rpm-plugin", "initramfs",
            "attest", "lock"]
ROOMS = {
    r"openssl/": "lib/crypto/",
    r"tss2/": "lib/tpm/",
    r"keyutils\.h": "lib/base/keyring",
    r"ini\.h": "lib/proto/config",
    r"archive(_entry)?\.h": "lib/pkg/",
    r"rpm/": "rpm-plugin/",
    r"cbor\.h": "lib/attest/",
    r"libcryptsetup\.h": "lib/lock/",
    r"curl/": "attest/",
    r"microhttpd\.h": "attest/verifier/",
    r"(sqlite3|libpq-fe)\.h": "attest/verifier/",
    r"gnutls/": "attest/verifier/",
}
# A room of the library may have the name of a program: the header tells whose it is.
OF_LIB = {name.removeprefix("lib/") for name in tree.files(".h") if name.startswith("lib/")}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def wrong_direction(name, target):
    """Why the file may not include the project's header, or None."""
    parts = name.split("/")
    folder = target.split("/")[0]
    if parts[0] == "lib":
        if folder in LIB and (folder == parts[1] or folder in LIB[parts[1]]):
            return None
        return f"lib/{parts[1]} may not include {target}"
    if parts[0] == "cli" and folder not in [*LIB, "cli"]:
        return f"cli may not include {target}"
    if target in OF_LIB:
        return None
    if parts[0] in PROGRAMS and folder in PROGRAMS and folder != parts[0]:
        return f"a program may not include another's {target}"
    return None


def check(name):
    """The problems of one file."""
    for number, line in enumerate(tree.text(name).splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        quote, target = found.groups()
        if quote == '"' and not name.startswith("tests/"):
            why = wrong_direction(name, target) if "/" in target else "name the folder, too"
            if why:
                yield f"{name}:{number}: {why}"
        for pattern, room in ROOMS.items():
            if re.match(pattern, target) and not name.startswith((room, "tests/")):
                yield f"{name}:{number}: <{target}> belongs to {room}"


tree.finish([p for name in tree.files(".c", ".h") for p in check(name)])
