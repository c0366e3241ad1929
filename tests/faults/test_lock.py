# SPDX-License-Identifier: GPL-2.0-or-later
"""Power cut at every write of assay-lock: what hangs on the lock opens by itself or by a recovery key."""

import os
import shutil
import struct

import pytest

from frame.lock import GRUB, LockHost

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace takes root")

POINTS = 14  # of each kind of call
EVERY = 64  # more than there are: between two volumes' tokens there are few
NEW = GRUB | {9: b"new initramfs"}
RECOVERY = ["/opt/recovery", "/opt/recovery2"]
COMMANDS = {
    "set": ["set", "--require-enforcement", "--profile", "grub", "--recovery-key-out", "/opt/recovery", "--luks",
            "/opt/volume", "--luks", "/opt/data", "--luks-key-file", "/opt/luks.key", "--passphrase-file", "/opt/pass",
            "--credential", "one=/opt/luks.key"],
    "approve": ["approve", "--passphrase-file", "/opt/pass"],
    "revoke": ["revoke", "--passphrase-file", "/opt/pass", "1"],
    "rotate": ["recovery", "rotate", "--recovery-key-file", "/opt/recovery", "--recovery-key-out", "/opt/recovery2"],
    "reseal": ["reseal", "--recovery-key-file", "/opt/recovery", "--passphrase-file", "/opt/pass"],
    "another": ["reseal", "--recovery-key-file", "/opt/recovery", "--authority", "/opt/own.pem"],
    "remove": ["remove", "--passphrase-file", "/opt/pass"],
}

VOLUMES = ["/opt/volume", "/opt/data"]
LAST = ["revoke", "--force", "1"]


class Bench:
    """A host in the state before a command, which can be had again."""

    def __init__(self, host, command):
        self.host = host
        self.words = COMMANDS.get(command) or LAST
        self.measures = GRUB
        host.authority()
        for name in VOLUMES:
            host.luks(name)
        if command == "another":
            assert host.lock("authority", "init", "--key", "/opt/own.pem", "--no-passphrase").rc == 0
        if command != "set":
            done = host.lock(*COMMANDS["set"])
            assert done.rc == 0, done
        if command in ("approve", "revoke", "reseal", "another"):
            self.measures = NEW
            host.boot(NEW)
        if command == "revoke":
            assert host.lock(*COMMANDS["approve"]).rc == 0
        host.tpm.stop()
        self.saved = host.top / "saved"
        shutil.copytree(host.root, self.saved, symlinks=True, ignore=self.others)
        self.log = host.root / "tmp/tally"

    @staticmethod
    def others(top, names):
        """What is lent or empty is not copied."""
        return {n for n in names if n in ("usr", "dev", "proc", "root", "sys", "bin", "lib", "lib64", "lib32", "libx32")
                and top.endswith("/r")} | {n for n in names if n.startswith("s") and top.endswith("/t")}

    def restore(self):
        """As before the command, booted, capped."""
        self.host.tpm.stop()
        for name in ("var", "opt", "t"):
            shutil.rmtree(self.host.root / name)
            shutil.copytree(self.saved / name, self.host.root / name, symlinks=True)
        self.host.boot(self.measures)

    def run(self, call, at):
        """The command, killed at that call; how often the call was seen, and whether it was killed."""
        self.log.write_bytes(b"")
        env = dict(self.host.inside.env)
        self.host.inside.env |= {"LD_PRELOAD": f"{self.host.build}/faults.so {self.host.build}/tcti.so",
                                 "FAULT_CALL": call, "FAULT_AT": str(at), "FAULT_DO": "kill", "FAULT_ERRNO": "5",
                                 "FAULT_LOG": "/tmp/tally"}
        try:
            done = self.host.lock(*self.words)
        finally:
            self.host.inside.env = env
        seen, made = struct.unpack("QQ", self.log.read_bytes())
        assert done.rc == (-9 if made else 0), done
        return seen, made

    def opens(self):
        """How the volumes open at the next boot, all of them by one secret."""
        self.host.boot(self.measures, capped=False)
        keys = [k for k in RECOVERY if (self.host.root / k.lstrip("/")).exists()]
        done = self.host.inside.run("lock_volume", *VOLUMES, "--", *keys, where=self.host.build / "interop")
        return done.out.split("\n")


@pytest.mark.parametrize("call", ["write", "rename", "fsync"])
@pytest.mark.parametrize("command", COMMANDS)
def test_power_is_cut(plain_bin_dir, faults, command, call):
    """Neither never; and the command, run again, ends well."""
    host = LockHost(plain_bin_dir.parent)
    try:
        bench = Bench(host, command)
        bench.restore()
        total, _ = bench.run(call, 0)
        for at in faults.points(total, EVERY if command == "rotate" or (command, call) == ("another", "fsync") else POINTS):
            bench.restore()
            bench.run(call, at)
            how = bench.opens()
            assert all(host.opens_by("/opt/luks.key", name) for name in VOLUMES), (command, call, at)
            if command not in ("set", "remove"):
                assert any(word.startswith("recovery") for word in how), (command, call, at, how)
            if command in ("revoke", "rotate"):
                assert "self" in how, (command, call, at, how)
            check_again(host, bench, command, (call, at))
    finally:
        host.close()


@pytest.mark.parametrize("call", ["write", "rename", "fsync"])
def test_the_last_approval_is_revoked_or_still_there(plain_bin_dir, faults, call):
    """Once the lock's file has it no more, no copy of the file opens anything."""
    host = LockHost(plain_bin_dir.parent)
    try:
        bench = Bench(host, "the last")
        old = (bench.saved / "var/lib/assay/lock/blob").read_bytes()
        bench.restore()
        total, _ = bench.run(call, 0)
        for at in faults.points(total, POINTS):
            bench.restore()
            bench.run(call, at)
            if host.get()["approvals"]:
                continue
            host.put_blob(old)
            host.boot(GRUB, capped=False)
            assert host.unseals().rc == 1, (call, at)
    finally:
        host.close()


def check_again(host, bench, command, where):
    """What was cut off can be done again."""
    for name in ("recovery2", *(["recovery"] if command == "set" else [])):
        if (host.root / "opt" / name).exists():
            (host.root / "opt" / name).rename(host.root / "opt" / ("cut-" + name))
    host.cap()
    done = host.lock(*bench.words)
    if command == "remove":
        assert done.rc == 0 or "no lock" in done.err, (where, done)
    elif command == "set":
        assert done.rc == 0 or "this host has a lock" in done.err, (where, done)
    elif command == "rotate":
        assert done.rc == 0 or "recovery key" in done.err, (where, done)
    else:
        assert done.rc == 0, (where, done)
    if command not in ("remove", "rotate"):
        assert "self" in bench.opens(), where
