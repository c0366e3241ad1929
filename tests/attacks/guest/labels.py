# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks on the labels: signatures that are absent, stolen, forged or damaged, and metadata they bind."""

import hashlib
import os
import pwd
import subprocess
from pathlib import Path

from arena import HOME, SHELLCODE, Broken, attack, copy_with_xattrs, entry_offset, run, tampered, write_at

KEY, CERT = HOME / "payload" / "attacker.pem", HOME / "payload" / "attacker.der"
IMA, EVM = "security.ima", "security.evm"
SHA256 = 4                      # enum hash_algo of the kernel, include/uapi/linux/hash_info.h
USER = "user"


def key_id():
    """The last four bytes of the subject key identifier, as the kernel names keys."""
    text = run(["openssl", "x509", "-inform", "DER", "-in", str(CERT), "-noout", "-ext",
                "subjectKeyIdentifier"]).stdout
    return bytes.fromhex(text.split("\n")[1].strip().replace(":", ""))[-4:]


def signed_digest(digest):
    """The attacker's RSA signature over a SHA-256 digest."""
    done = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", str(KEY), "-pkeyopt", "digest:sha256"],
                          input=digest, capture_output=True, check=False, timeout=60)
    if done.returncode:
        raise Broken(done.stderr.decode())
    return done.stdout


def label(digest, kind=3, version=2):
    """security.ima as the attacker signs it: type, version, algorithm, key, length, signature."""
    signature = signed_digest(digest)
    return bytes([kind, version, SHA256]) + key_id() + len(signature).to_bytes(2, "big") + signature


def attackers_signature(path):
    """Sign a file with the attacker's key, as evmctl ima_sign does."""
    digest = hashlib.sha256(Path(path).read_bytes()).digest()
    os.setxattr(path, IMA, label(digest))


def verity_digest(scene, path):
    """Make a file an fs-verity file where the file system can; its digest, or None."""
    if scene.maybe(["fsverity", "enable", str(path)]) is None:
        return None
    return bytes.fromhex(scene.shell(["fsverity", "measure", str(path)]).split()[0].partition(":")[2])


def wants_verity(path):
    """Whether a file's signature is over its fs-verity digest."""
    return IMA in os.listxattr(path) and os.getxattr(path, IMA)[:1] == b"\6"


def runs_as(scene, user, *words):
    """What a command says when another user runs it."""
    entry = pwd.getpwnam(user)
    try:
        done = run([str(w) for w in words], user=entry.pw_uid, group=entry.pw_gid, extra_groups=[], cwd="/")
    except PermissionError as error:
        scene.say(f"{user}: {words}: {error}")
        return ""
    scene.say(f"{user}: {words}: {done.returncode} {done.stdout[:200]}{done.stderr[:200]}")
    return done.stdout


def escalates(scene, path):
    """Whether a file, made setuid root or given a capability, lends a user root's rights."""
    scene.maybe(["chmod", "4755", str(path)])
    return runs_as(scene, USER, path).strip() == "root"


@attack()
def changed_copy(scene):
    """A copy of a signed program, signature and all, with its code changed."""
    path = copy_with_xattrs("/usr/bin/hello", scene.directory / "hello")
    path.write_bytes(tampered(path.read_bytes()))
    return scene.runs(path)


@attack()
def changed_verity_copy(scene):
    """The same, made an fs-verity file, so that its pages are consistent with themselves."""
    path = scene.file("hello", tampered(Path("/usr/bin/hello").read_bytes()))
    verity_digest(scene, path)
    for name in os.listxattr("/usr/bin/hello"):
        os.setxattr(path, name, os.getxattr("/usr/bin/hello", name))
    return scene.runs(path)


@attack()
def patched_in_place(scene):
    """A signed program's code overwritten where it lies."""
    path = "/usr/bin/tty"
    offset = entry_offset(Path(path).read_bytes())
    scene.tried(write_at, path, offset, SHELLCODE)
    return scene.runs(path)


@attack()
def replaced_in_place(scene):
    """Another program renamed over a signed one, with the signed one's labels."""
    path = scene.payload("static")
    for name in os.listxattr("/usr/bin/users"):
        os.setxattr(path, name, os.getxattr("/usr/bin/users", name))
    os.rename(path, "/usr/bin/users")
    return scene.runs("/usr/bin/users")


@attack()
def stolen_labels(scene):
    """Every security attribute of a signed program on an unsigned one."""
    path = scene.payload("static")
    for name in os.listxattr("/bin/true"):
        os.setxattr(path, name, os.getxattr("/bin/true", name))
    return scene.runs(path)


@attack()
def hash_for_signature(scene):
    """A right hash in security.ima instead of a signature."""
    path = scene.payload("static")
    os.setxattr(path, IMA, bytes([4, SHA256]) + hashlib.sha256(path.read_bytes()).digest())
    return scene.runs(path)


@attack()
def old_hash_for_signature(scene):
    """The same in the oldest format, a bare SHA-1."""
    path = scene.payload("static")
    os.setxattr(path, IMA, bytes([1]) + hashlib.sha1(path.read_bytes()).digest())
    return scene.runs(path)


@attack()
def attackers_key(scene):
    """A right signature by a key of the attacker's own."""
    path = scene.payload("static")
    attackers_signature(path)
    return scene.runs(path)


@attack()
def attackers_key_verity(scene):
    """The same over an fs-verity digest, where the file system has it."""
    path = scene.payload("static")
    digest = verity_digest(scene, path)
    if digest:
        whole = hashlib.sha256(bytes([6, SHA256]) + digest).digest()
        os.setxattr(path, IMA, label(whole, kind=6, version=3))
    return scene.runs(path)


@attack()
def attackers_evm(scene):
    """A right hash in security.ima under an EVM portable signature by the attacker's key."""
    path = scene.payload("static")
    scene.maybe(["evmctl", "sign", "--imahash", "--portable", "--key", str(KEY), str(path)])
    return scene.runs(path)


@attack(seconds=240)
def damaged_labels(scene):
    """Signatures cut, stretched, of unknown types, versions, algorithms and keys."""
    path, good = scene.payload("static"), b""
    if IMA in os.listxattr("/bin/true"):
        good = os.getxattr("/bin/true", IMA)
    whole = (good or label(bytes(32)))
    forms = [whole[:n] for n in (0, 1, 2, 3, 6, 7, 8, 9, 10, 100, len(whole) - 1)] + [whole + b"\0"]
    forms += [bytes([kind]) + whole[1:] for kind in (0, 1, 2, 4, 5, 6, 7, 255)]
    forms += [whole[:1] + bytes([version]) + whole[2:] for version in (0, 1, 3, 4, 255)]
    forms += [whole[:2] + bytes([algorithm]) + whole[3:] for algorithm in (0, 2, 6, 7, 20, 255)]
    forms += [whole[:7] + size.to_bytes(2, "big") + whole[9:] for size in (0, 1, 255, 4096, 65535)]
    forms += [whole[:3] + bytes(4) + whole[7:], whole[:9] + bytes(len(whole) - 9), b"\xff" * 2000]
    through = []
    for form in forms:
        try:
            os.setxattr(path, IMA, form)
        except OSError as error:        # the kernel refuses some forms at once
            scene.say(f"{form[:12].hex()}: {error}")
            continue
        if scene.runs(path):
            through.append(form[:12].hex())
    return through


@attack()
def no_label(scene):
    """A signed program's labels removed, its code changed: back to what nobody vouched for."""
    path = copy_with_xattrs("/usr/bin/hello", scene.directory / "hello")
    path.write_bytes(tampered(path.read_bytes()))
    for name in (IMA, EVM):
        if name in os.listxattr(path):
            os.removexattr(path, name)
    return scene.runs(path)


@attack()
def set_user_id(scene):
    """A signed program made setuid root."""
    return escalates(scene, "/usr/bin/whoami")


@attack()
def set_user_id_without_evm(scene):
    """The same, after its security.evm was removed."""
    path = "/usr/bin/whoami"
    if EVM in os.listxattr(path):
        scene.tried(os.removexattr, path, EVM)
    return escalates(scene, path)


@attack()
def set_user_id_copy(scene):
    """The same on a copy with its labels, as an attacker's own file system could bring it."""
    path = copy_with_xattrs("/usr/bin/whoami", scene.directory / "whoami")
    if wants_verity(path):
        verity_digest(scene, path)
    return escalates(scene, path)


@attack()
def capability(scene):
    """A signed program given the right to read every file."""
    scene.maybe(["setcap", "cap_dac_read_search+ep", "/usr/bin/tac"])
    return "root:" in runs_as(scene, USER, "/usr/bin/tac", "/etc/shadow")


@attack()
def given_away(scene):
    """A signed program given to another user and made to lend that user's rights."""
    path = "/usr/bin/id"
    scene.maybe(["chown", "nobody", path])
    scene.maybe(["chmod", "4755", path])
    return "euid=65534" in runs_as(scene, USER, path)


@attack()
def hosts_own_key(scene):
    """Root signs the program with the signing key that lies on the host without a passphrase."""
    path = scene.payload("static")
    scene.maybe(["assay", "sign", str(path)])
    return scene.runs(path)
