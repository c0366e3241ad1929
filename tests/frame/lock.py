# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with a lock: a root for assay-lock, its software TPM, and boots that measure."""

import base64
import hashlib
import json
import pathlib
import shutil
import struct
import subprocess
import tempfile

from frame.chroot import Chroot
from frame.record import record_text
from frame.tpm import SoftTpm

EMPTY = "sha256:" + hashlib.sha256(b"").hexdigest()
RECORD = record_text(EMPTY, f"{EMPTY} signing.der")
CAP = b"assay-record end"
PASSPHRASE = "correct horse"
# What a GRUB host measures, at its simplest.
GRUB = {4: b"shim and grub", 7: b"secure boot on", 8: b"linux /vmlinuz ro", 9: b"vmlinuz, initrd"}


def log_events(data, pcrs=(4, 7, 8, 9, 11, 12)):
    """(PCR, SHA-1, SHA-256) of the events of a firmware's log: TCG PC Client PFP 1.06, 10.2."""
    size = struct.unpack("<I", data[28:32])[0]
    at, sizes = 32 + size, {4: 20, 0xb: 32, 0xc: 48, 0xd: 64}
    while at < len(data):
        pcr, kind, count = struct.unpack("<III", data[at:at + 12])
        at, digests = at + 12, {}
        for _ in range(count):
            algo = struct.unpack("<H", data[at:at + 2])[0]
            digests[algo] = data[at + 2:at + 2 + sizes[algo]]
            at += 2 + sizes[algo]
        at += 4 + struct.unpack("<I", data[at:at + 4])[0]
        if kind != 3 and pcr in pcrs:
            yield pcr, digests[4], digests[0xb]


class LockHost:
    """The paths of files are those inside."""

    def __init__(self, build):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="al"))
        self.root = self.top / "r"
        for name in ("etc/assay", "var/lib/assay/boot", "run/assay", "opt", "tmp", "sys"):
            (self.root / name).mkdir(parents=True)
        self.inside = Chroot(self.root, build)
        self.build = build
        self.tpm = self.new_tpm("t")
        self.inside.env |= {"LD_PRELOAD": str(build / "tcti.so")}
        self.use(self.tpm)
        self.record(RECORD)
        self.boot()

    def new_tpm(self, name):
        """Another TPM of this test, running."""
        return SoftTpm(self.root / name).start()

    def use(self, tpm):
        """From now on that one is in the machine."""
        self.tpm = tpm
        self.inside.env["ASSAY_TEST_TPM"] = "/" + pathlib.Path(tpm.where).name + "/s"

    def record(self, text):
        """What the next boot enforces."""
        (self.root / "var/lib/assay/boot/record").write_text(text)

    def boot(self, measures=None, capped=True):
        """Resets the TPM and measures as that boot does (or its log says), with the record that is there."""
        self.tpm.reset()
        text = (self.root / "var/lib/assay/boot/record").read_text()
        if isinstance(measures, bytes):
            self.tpm.extend_digests(log_events(measures))
        else:
            for pcr, data in (measures or GRUB).items():
                self.tpm.extend(pcr, data)
        self.tpm.extend(13, text.encode())
        if capped:
            self.cap()
        (self.root / "run/assay/record").write_text(text)

    def cap(self):
        """As assay-boot does, after it has unsealed."""
        self.tpm.extend(13, CAP)

    def write(self, name, data, mode=0o600):
        """A file inside."""
        path = self.root / name.lstrip("/")
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        path.chmod(mode)
        return name

    def lock(self, *words):
        """assay-lock WORDS."""
        return self.inside.run("assay-lock", *map(str, words))

    def get(self):
        """assay-lock get --json."""
        done = self.lock("get", "--json")
        assert done.rc == 0, done
        return json.loads(done.out)

    def authority(self, attended=True):
        """Makes the TPM's key."""
        if attended:
            self.write("/opt/pass", PASSPHRASE + "\n")
            done = self.lock("authority", "init", "--passphrase-file", "/opt/pass")
        else:
            done = self.lock("authority", "init", "--no-passphrase")
        assert done.rc == 0, done

    def set(self, *words, recovery="/opt/recovery"):
        """A lock with one credential, unless the words say otherwise."""
        self.write("/opt/secret", b"the credential\n")
        words = words or ("--credential", "one=/opt/secret", "--passphrase-file", "/opt/pass")
        return self.lock("set", "--require-enforcement", "--profile", "grub", "--recovery-key-out",
                         recovery, *words)

    def unseals(self):
        """What the C side says: (0 or 1, the reason)."""
        done = self.inside.run("unseal", "/var/lib/assay/lock/blob",
                               where=self.build / "interop")
        return done

    def blob(self):
        """The bytes of the lock's file."""
        return (self.root / "var/lib/assay/lock/blob").read_bytes()

    def put_blob(self, data):
        """Puts them back."""
        (self.root / "var/lib/assay/lock/blob").write_bytes(data)

    def luks(self, name="/opt/volume", passphrase="old"):
        """A LUKS2 image in a file, which opens by the passphrase."""
        self.write("/opt/luks.key", passphrase)
        path = self.root / name.lstrip("/")
        with open(path, "wb") as to:
            to.truncate(20 << 20)
        subprocess.run(["cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--pbkdf", "pbkdf2",
                        "--pbkdf-force-iterations", "1000", path, self.root / "opt/luks.key"], check=True)
        return name

    def get_index(self):
        """The counter's NV index."""
        return self.get()["counter_index"]

    def dump(self, name="/opt/volume"):
        """The LUKS2 header's JSON."""
        done = subprocess.run(["cryptsetup", "luksDump", "--dump-json-metadata", self.root / name.lstrip("/")],
                              capture_output=True, text=True, check=True)
        return done.stdout

    def keyslots(self):
        """How many it has."""
        return len(json.loads(self.dump())["keyslots"])

    def token(self):
        """The blob in the volume's token."""
        tokens = [t for t in json.loads(self.dump())["tokens"].values() if t["type"] == "assay"]
        assert len(tokens) == 1, tokens
        return base64.b64decode(tokens[0]["blob"])

    def opens_by(self, key_file, name="/opt/volume"):
        """Does the volume open by what is in the file?"""
        done = subprocess.run(["cryptsetup", "open", "--test-passphrase", "--key-file",
                               self.root / key_file.lstrip("/"), self.root / name.lstrip("/")],
                              capture_output=True, check=False)
        return done.returncode == 0

    def close(self):
        """Ends the TPMs and removes everything."""
        self.tpm.stop()
        shutil.rmtree(self.top, ignore_errors=True)
