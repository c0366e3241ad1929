# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks on the boot: command lines, the initramfs' bundle, init and the root file system.

A boot that is configured to enforce ends with one line that says why, or enforces: there is no
shell on the way, and no multi-user system without appraisal."""

import os
import re

import pytest

from attacks import army, forge
from attacks.initramfs import Initramfs
from vm.lab.prepare import Setup

pytestmark = pytest.mark.vm
SETUP = Setup("6.12", "verity", "portable")
OTHER = Setup("6.1", "signature", "portable")
STOPPED = r"assay: boot stopped: ([A-Z-]+): "
SHELL = r"Spawning shell within the initramfs|\(initramfs\) |root@[^:]*:.*# |# $|sh-5\.2#|login: "
PLACE = "etc/assay/"

LONG = bool(os.environ.get("ASSAY_LONG"))
# tests/vm/test_boot_stop.py has each reason once; here is what an attacker would try, by default a few.
only_long = pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")

REFUSED = [
    "ima_appraise=off", "ima_appraise=log", "ima_appraise=fix", "ima-appraise=off", 'ima_appraise="off"',
    "evm=fix", "ima_policy=appraise_tcb", "ima_policy=secure_boot",
    "init=/bin/sh", "init=/bin/bash", "init=/bin/busybox", "systemd.unit=rescue.target",
    "systemd.unit=emergency.target", "single", "1", "S", "rescue", "emergency", "systemd.debug-shell=1",
    "systemd.debug_shell", "break=top", "break=bottom", "break=premount", "break",
    "module.sig_enforce=0", "lsm=yama", "ima_hash=md5", "ima_template=ima-ng", "evm=", "initcall_blacklist=init_ima",
    "systemd.run=/tmp/x", "systemd.setenv=LD_PRELOAD=/tmp/x", "LD_PRELOAD=/tmp/x",
]
if not LONG:
    REFUSED = ["ima_appraise=off", "init=/bin/bash", "break=bottom"]
ELSEWHERE = ["ima_appraise=off", "init=/bin/bash", "break=bottom", "systemd.debug-shell=1", "evm=fix"]


def reason(machine):
    """Why a boot stopped, from its console; a shell on the way is a failure."""
    try:
        match = machine.wait_console(STOPPED, 400)
        machine.wait_off(120)
    finally:
        text = machine.console_text()
    shells = re.findall(SHELL, text.split("assay: boot stopped")[0], re.MULTILINE)
    assert not shells, f"the console shows a shell or a login: {shells}\n{text[-2000:]}"
    assert text.count("assay: boot stopped") == 1, text[-2000:]
    return match.group(1)


@pytest.fixture(scope="module")
def target(preparer):
    """One machine that enforces, off; what stops before init leaves no trace on its disk."""
    machine = preparer.machine(SETUP, "enforcing")
    yield machine
    machine.close()


@pytest.fixture(scope="module")
def other_target(preparer):
    """The same of the older kernel."""
    machine = preparer.machine(OTHER, "enforcing")
    yield machine
    machine.close()


@pytest.mark.parametrize("word", REFUSED)
def test_command_line(target, word):
    """A kernel parameter that takes enforcement away stops the boot."""
    target.start(append=word, wait=False)
    assert reason(target) in ("CMDLINE", "INIT")


@only_long
@pytest.mark.parametrize("word", ELSEWHERE)
def test_command_line_of_the_older_kernel(other_target, word):
    """The same with 6.1."""
    other_target.start(append=word, wait=False)
    assert reason(other_target) in ("CMDLINE", "INIT")


@only_long
def test_command_line_that_does_no_harm(preparer):
    """Parameters that sound as if they took something away, and do not: enforcement is what it was."""
    with preparer.machine(SETUP, "enforcing") as machine:
        machine.start(append="ima_policy=tcb lockdown=none security=none rd.break nokaslr", seconds=600)
        assert "[integrity]" in machine.sh("cat /sys/kernel/security/lockdown")
        machine.put("/root/script", "#!/bin/sh\n", mode=0o755)
        assert machine.run("/root/script").rc == 126


@pytest.mark.parametrize("word", ["init=/bin/bash", "break=bottom"] if LONG else ["init=/bin/bash"])
def test_command_line_without_assay(preparer, word):
    """Where Assay is installed and not enabled, the same parameters give a shell."""
    with preparer.machine(SETUP, "installed") as machine:
        machine.start(append=word, wait=False)
        machine.wait_console(SHELL, 400)


@only_long
def test_first_program_of_the_initramfs(target):
    """What remains: rdinit= starts another program before Assay; the record is then not measured."""
    target.start(append="rdinit=/bin/sh", wait=False)
    try:
        target.wait_console(r"can't access tty|# $", 400)
    finally:
        target.kill()


def drop(name):
    """Take a file out of the bundle."""
    return lambda files: files.remove(PLACE + name)


def change(name, how):
    """Change a file of the bundle."""
    return lambda files: files.put(PLACE + name, how(files.get(PLACE + name)))


def certificate(files):
    """The name of the bundle's certificate, below the bundle."""
    return next(n for n in files.names(PLACE + "certs/") if n.endswith(".der")).removeprefix(PLACE)


def flip(data):
    """One bit in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:]


def half(data):
    """The first half."""
    return data[:len(data) // 2]


def on_certificate(how):
    """Do something to the certificate; how takes and returns bytes, or is None to remove it."""
    def tamper(files):
        name = PLACE + certificate(files)
        if how is None:
            files.remove(name)
        else:
            files.put(name, how(files.get(name)))
    return tamper


BUNDLES = {
    "record missing": (drop("record"), "RECORD"),
    "record empty": (change("record", lambda d: b""), "RECORD"),
    "record truncated": (change("record", half), "RECORD|CERTIFICATE|SIGNATURE"),
    "record of log mode": (change("record", lambda d: d.replace(b"mode enforce", b"mode log")), "SIGNATURE"),
    "record of mode off": (change("record", lambda d: d.replace(b"mode enforce", b"mode off")), "RECORD|SIGNATURE"),
    "record without lockdown": (change("record", lambda d: d.replace(b"lockdown integrity", b"lockdown off")),
                                "SIGNATURE"),
    "record with a line more": (change("record", lambda d: d + b"init /bin/bash\n"), "RECORD|SIGNATURE"),
    "signature missing": (drop("record.sig"), "SIGNATURE"),
    "signature empty": (change("record.sig", lambda d: b""), "SIGNATURE"),
    "signature truncated": (change("record.sig", half), "SIGNATURE"),
    "signature changed": (change("record.sig", flip), "SIGNATURE"),
    "policy missing": (drop("policy"), "POLICY"),
    "policy empty": (change("policy", lambda d: b""), "POLICY"),
    "policy truncated": (change("policy", half), "POLICY"),
    "policy changed": (change("policy", lambda d: b"dont_appraise\n" + d), "POLICY"),
    "certificate missing": (on_certificate(None), "CERTIFICATE"),
    "certificate empty": (on_certificate(lambda d: b""), "CERTIFICATE"),
    "certificate truncated": (on_certificate(half), "CERTIFICATE"),
    "certificate changed": (on_certificate(flip), "CERTIFICATE"),
    "endless record": (change("record", lambda d: d + b"#" * (1 << 20)), "RECORD"),
    "endless policy": (change("policy", lambda d: d * 4000), "POLICY"),
}


def changed(tamper):
    """A function for Machine.start that changes the initramfs."""
    def apply(bootable):
        files = Initramfs(bootable.initrd)
        tamper(files)
        files.save()
    return apply


@pytest.mark.parametrize("case", BUNDLES if LONG else ["record of log mode", "policy changed"])
def test_bundle(target, case):
    """A bundle with something missing, damaged or swapped stops the boot with its reason."""
    tamper, expected = BUNDLES[case]
    target.start(wait=False, tamper=changed(tamper))
    assert re.fullmatch(expected, reason(target))


@pytest.fixture(scope="module")
def attackers(tmp_path_factory):
    """The attacker's key and certificate."""
    place = tmp_path_factory.mktemp("keys")
    army.keys(place)
    return (place / "attacker.pem").read_bytes(), (place / "attacker.der").read_bytes()


@only_long
def test_certificate_of_the_attacker(target, attackers):
    """Another certificate under the name that the record names."""
    target.start(wait=False, tamper=changed(on_certificate(lambda d: attackers[1])))
    assert reason(target) == "CERTIFICATE"


def test_record_signed_by_another_key(target, attackers):
    """A record that asks for less, signed by a key whose certificate the record does not name."""
    def tamper(files):
        record = files.get(PLACE + "record").replace(b"lockdown integrity", b"lockdown off")
        files.put(PLACE + "record", record)
        files.put(PLACE + "record.sig", forge.sign(record, *attackers))
    target.start(wait=False, tamper=changed(tamper))
    assert reason(target) == "SIGNATURE"


@only_long
def test_bundle_all_of_the_attacker(target, attackers):
    """A whole bundle of the attacker's: it is believed, and then nothing of the host runs."""
    def tamper(files):
        name = PLACE + certificate(files)
        record = forge.with_cert(files.get(PLACE + "record"), attackers[1])
        files.put(name, attackers[1])
        files.put(PLACE + "record", record)
        files.put(PLACE + "record.sig", forge.sign(record, *attackers))
    target.start(wait=False, tamper=changed(tamper))
    assert reason(target) in ("INIT-DENIED", "SIGNATURE")


@only_long
@pytest.mark.parametrize("rule", ["appraise func=NO_SUCH_CHECK appraise_type=imasig",
                                  "appraise func=MODULE_CHECK digest_type=verity appraise_type=sigv3"])
def test_policy_that_the_kernel_rejects(target, rule):
    """A rightly signed record whose policy holds one rule that the kernel does not know."""
    with target.offline() as disk:
        key, cert = disk.read("/etc/assay/keys/signing.key"), disk.read("/etc/assay/certs/signing.der")

    def tamper(files):
        policy = files.get(PLACE + "policy") + rule.encode() + b"\n"
        record = forge.with_policy(files.get(PLACE + "record"), policy)
        files.put(PLACE + "policy", policy)
        files.put(PLACE + "record", record)
        files.put(PLACE + "record.sig", forge.sign(record, key, cert))
    target.start(wait=False, tamper=changed(tamper))
    assert reason(target) == "KERNEL-POLICY"


@only_long
def test_policy_that_denies_nothing(target):
    """A rightly signed record whose policy the kernel takes, and which appraises nothing."""
    with target.offline() as disk:
        key, cert = disk.read("/etc/assay/keys/signing.key"), disk.read("/etc/assay/certs/signing.der")

    def tamper(files):
        policy = b"measure func=MODULE_CHECK\n"
        record = forge.with_policy(files.get(PLACE + "record"), policy)
        files.put(PLACE + "policy", policy)
        files.put(PLACE + "record", record)
        files.put(PLACE + "record.sig", forge.sign(record, key, cert))
    target.start(wait=False, tamper=changed(tamper))
    assert reason(target) == "PROOF"


def test_init_replaced(preparer):
    """The first program of the system replaced on the disk while the machine was off."""
    with preparer.machine(SETUP, "enforcing") as machine:
        with machine.offline(writable=True) as disk:
            disk.write("/usr/lib/systemd/systemd", disk.read("/bin/bash"))
            disk.debugfs("set_inode_field /usr/lib/systemd/systemd mode 0100755", write=True)
        machine.start(wait=False)
        assert reason(machine) == "INIT-DENIED"


@only_long
def test_loader_a_fifo(preparer):
    """Init's loader is nothing that could be read: the boot says so, and does not wait for it."""
    loader = "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
    with preparer.machine(SETUP, "enforcing") as machine:
        with machine.offline(writable=True) as disk:
            for command in (f"rm {loader}", "mknod fifo p", f"ln /fifo {loader}", "unlink /fifo"):
                disk.debugfs(command, write=True)
        machine.start(wait=False)
        assert reason(machine) == "INIT-DENIED"


# What root does to the disk so that the initramfs, before assay-boot, covers itself with the disk's files.
TRICKS = {
    "usr a link": (["ln /usr /moved", "unlink /usr", "symlink /usr /usr"], "/root/evil /usr none bind 0 0\n"),
    "usr bound": ([], "/root/evil /usr none bind 0 0\n"),
    "usr by a shell's words": ([], "/dev/mapper/x';sh;' /usr ext4 ro 0 0\n"),
    "run a link": (["ln /run /moved", "unlink /run", "symlink /run /etc/assay"], ""),
    "proc gone": (["rmdir /proc"], ""),
}


@pytest.mark.parametrize("trick", TRICKS if LONG else ["usr a link"])
def test_initramfs_covered_by_the_disk(preparer, trick):
    """The initramfs follows the unverified disk's links and fstab: none of it comes before assay-boot."""
    commands, line = TRICKS[trick]
    with preparer.machine(SETUP, "enforcing") as machine:
        with machine.offline(writable=True) as disk:
            disk.write("/etc/fstab", disk.read("/etc/fstab") + line.encode())
            for command in commands:
                disk.debugfs(command, write=True)
        machine.start(wait=False)
        assert reason(machine) == "ROOT"


@only_long
def test_root_file_system_swapped(preparer):
    """The enforcing initramfs finds the attacker's root file system: a whole, unsigned Debian."""
    with preparer.machine(SETUP, "enforcing") as good:
        good.start(append="ima_appraise=off", wait=False)
        reason(good)
        initrd = good.bootable.initrd.read_bytes()
        with preparer.machine(SETUP, "installed") as evil:
            evil.start(wait=False, tamper=lambda bootable: bootable.initrd.write_bytes(initrd))
            assert reason(evil) == "INIT-DENIED"
