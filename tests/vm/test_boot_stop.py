# SPDX-License-Identifier: GPL-2.0-or-later
"""Every reason for which a boot is stopped, provoked on a real machine: one line, no shell, no init.

By default each code once, and each part of the bundle that may be missing; with ASSAY_LONG every
attempt, on each kernel."""

import os
import re
from pathlib import Path

import pytest

from vm.boot.bundle import Bundle, new_key
from vm.boot.cpio import appended
from vm.lab.prepare import Setup

pytestmark = pytest.mark.vm

MAN_PAGE = Path(__file__).resolve().parents[2] / "man" / "assay-boot.8"
STOPPED = re.compile(r"assay: boot stopped: ([A-Z-]+): (.*?)\r?$", re.M)
SHELL_OR_INIT = re.compile(r"\(initramfs\)|systemd\[1\]|login:")
SECONDS = 480
LONG = bool(os.environ.get("ASSAY_LONG"))
SETUPS = {"6.12": Setup("6.12", "verity", "portable"), "6.1": Setup("6.1", "signature", "portable")}

# Codes that no initramfs or command line brings about: ROOT is for what tests/attacks does to the disk, EXEC
# for an init that vanishes in between, LOCK and VOLUME take a lock (test_lock).
NOT_PROVOKED = {"ROOT", "EXEC", "LOCK", "VOLUME"}

EARLY = "conf/conf.d/000"   # read before assay's own snippet
LATE = "conf/conf.d/zz"     # and after it


class Attempt:
    """What is changed before a boot: files put over the initramfs, words added to the command line."""

    def __init__(self, code, change=None, append="", say="", kernels=("6.1", "6.12")):
        self.code, self.change, self.append, self.say, self.kernels = code, change, append, say, kernels

    def files(self, bundle):
        """The files over the initramfs."""
        if not self.change:
            return {}
        made = self.change(bundle.copy())
        return made.overlay() if isinstance(made, Bundle) else made


def damaged(name, alter):
    """The bundle with one file's bytes altered."""
    def change(bundle):
        bundle.files[name] = alter(bundle.files[name])
        return bundle
    return change


def last_bit(data):
    """One bit of the last byte flipped."""
    return data[:-1] + bytes([data[-1] ^ 1])


def certificate_swapped(bundle):
    """Another certificate under the recorded one's name."""
    name = next(n for n in bundle.files if n.startswith("certs/"))
    bundle.files[name] = new_key("rsa:2048")[1]
    return bundle


def certificate_missing(bundle):
    """No certificate under the recorded name."""
    return {f"etc/assay/{name}": None for name in bundle.files if name.startswith("certs/")}


def script(path, text):
    """A script of the initramfs itself put into it."""
    return lambda bundle: {path: text.encode()}


ATTEMPTS = {
    "record-missing": Attempt("RECORD", lambda b: {"etc/assay/record": None}),
    "record-cut": Attempt("RECORD", damaged("record", lambda d: d[:-5])),
    "record-empty": Attempt("RECORD", damaged("record", lambda d: b"")),
    "record-too-long": Attempt("RECORD", damaged("record", lambda d: d + b"x" * 20000)),
    "record-changed": Attempt("SIGNATURE", lambda b: b.edit("ptrace-scope", "ptrace-scope 0")),
    "record-other-mode": Attempt("SIGNATURE", lambda b: b.edit("mode", "mode log")),
    "signature-damaged": Attempt("SIGNATURE", damaged("record.sig", last_bit)),
    "signature-missing": Attempt("SIGNATURE", lambda b: {"etc/assay/record.sig": None}),
    "signature-cut": Attempt("SIGNATURE", damaged("record.sig", lambda d: d[:9])),
    "certificate-swapped": Attempt("CERTIFICATE", certificate_swapped),
    "certificate-missing": Attempt("CERTIFICATE", certificate_missing),
    "policy-changed": Attempt("POLICY", damaged("policy", lambda d: b"dont_appraise fsmagic=0x1021994\n" + d)),
    "policy-missing": Attempt("POLICY", lambda b: {"etc/assay/policy": None}),
    "policy-rejected": Attempt("KERNEL-POLICY",
                               lambda b: b.with_policy(b.files["policy"].decode() + "appraise func=NONE\n"),
                               say="policy line .*appraise func=NONE"),
    "policy-empty": Attempt("KERNEL-POLICY", lambda b: b.with_policy("# nothing\n")),
    "policy-only-measures": Attempt("PROOF", lambda b: b.with_policy("measure func=BPRM_CHECK\n")),
    "policy-exempts-tmpfs": Attempt(
        "PROOF", lambda b: b.with_policy("dont_appraise fsmagic=0x1021994\n" + b.files["policy"].decode())),
    "policy-without-mmap": Attempt(
        "PROOF", lambda b: b.with_policy("".join(
            line for line in b.files["policy"].decode().splitlines(True)
            if not re.match(r"appraise .*MMAP_CHECK", line)))),
    "init-by-another-key": Attempt("INIT-DENIED", lambda b: b.with_key(*new_key("rsa:2048"))),
    "key-kind-unknown-to-kernel": Attempt(
        "KEYRING", lambda b: b.with_key(*new_key("ec", "-pkeyopt", "ec_paramgen_curve:P-256")),
        say="no such signature algorithm", kernels=("6.1",)),
    "evm-closed-before": Attempt("EVM", script(
        EARLY, "mount -t securityfs x /sys/kernel/security; echo 0x80000000 >/sys/kernel/security/evm\n")),
    "tpm-mute": Attempt("TPM", script(EARLY, "mv /dev/tpmrm0 /dev/gone; : >/dev/tpmrm0\n")),
    "switch-can-not-be-written": Attempt("SWITCH", script(
        "scripts/init-bottom/ORDER",
        "/scripts/init-bottom/udev \"$@\"\nmount -t sysfs -o remount,ro sysfs /sys\n"), say="module-signatures"),
    "no-sysfs": Attempt("ENVIRONMENT", script(EARLY, "umount /sys\n")),
    "called-wrongly": Attempt("USAGE", script(LATE, "drop_caps=-x\n")),
    "root-missing": Attempt("SHELL", append="root=/dev/nosuch rootdelay=1 panic="),
    "init-not-recorded": Attempt("INIT", script(LATE, "init=/bin/bash\n"), say="/bin/bash"),
}

# What no other word of the command line could do for the attacker; tests/attacks has the plain ones.
COMMAND_LINES = [
    "blacklist=x\\ninstall\\tvirtio_blk\\t/bin/sh", "boot=../dev/console", "PS4=$(sh)",
    '"ima_appraise=off"', "ima-appraise=off", "LD_PRELOAD=/root/evil.so", "LD_TRACE_LOADED_OBJECTS=1",
    "resume=/dev/vdb", "lsm=lockdown,integrity", "-- --unit=rescue.target", "rdinit=/bin/sh rdinit=/init", "cryptopts=keyscript=/bin/sh",
]


def chosen():
    """The boots of this run: pairs of kernel and name."""
    wanted = {}
    for name, attempt in ATTEMPTS.items():
        wanted.setdefault(attempt.code, name)
    wanted = {*wanted.values(), *(name for name in ATTEMPTS if name.endswith("-missing"))}
    return [(kernel, name) for kernel in SETUPS for name, attempt in ATTEMPTS.items()
            if kernel in attempt.kernels and (LONG or kernel == attempt.kernels[-1] and name in wanted)]


def documented():
    """The codes that the man page lists."""
    section = MAN_PAGE.read_text(encoding="utf-8").split(".Sh DIAGNOSTICS")[1].split(".Sh ")[0]
    return set(re.findall(r"^\.It Li ([A-Z-]+)$", section, re.M))


def test_every_documented_code_is_provoked():
    """No code stands in the man page that was never seen, and none is seen that does not stand there."""
    assert {a.code for a in ATTEMPTS.values()} | {"CMDLINE"} | NOT_PROVOKED == documented()


class Target:
    """A machine that would enforce, off; its bundle; its initramfs as it was made."""

    def __init__(self, machine, kernel):
        self.machine = machine
        with machine.offline() as disk:
            name = next(n for n in disk.listdir("/boot") if n.startswith(f"initrd.img-{kernel}."))
            self.path, self.bundle = f"/boot/{name}", Bundle(disk)
            self.initrd = disk.read(self.path)

    def boot(self, attempt):
        """The code, the rest of the line and the whole console of a boot that must not succeed."""
        with self.machine.offline(writable=True) as disk:
            files = attempt.files(self.bundle)
            disk.write(self.path, appended(self.initrd, files) if files else self.initrd)
        self.machine.start(append=attempt.append, wait=False)
        try:
            match = self.machine.wait_console(f"{STOPPED.pattern}|{SHELL_OR_INIT.pattern}", SECONDS)
            return match.group(1), match.group(2), self.machine.console_text()
        finally:
            self.machine.kill()


@pytest.fixture(scope="module")
def target(preparer):
    """A function from a kernel to its Target, made once."""
    made = {}

    def get(kernel):
        if kernel not in made:
            made[kernel] = Target(preparer.machine(SETUPS[kernel], "enforcing"), kernel)
        return made[kernel]
    yield get
    for each in made.values():
        each.machine.close()


@pytest.mark.parametrize("kernel, name", chosen())
def test_stops_with_its_code(target, kernel, name):
    """The boot ends with the one line and its code; neither a shell nor init was there."""
    attempt = ATTEMPTS[name]
    code, line, console = target(kernel).boot(attempt)
    assert code == attempt.code, console[-2000:]
    assert re.search(attempt.say, line)
    assert not SHELL_OR_INIT.search(console)
    assert len(STOPPED.findall(console)) == 1


@pytest.mark.parametrize("words", COMMAND_LINES if LONG else COMMAND_LINES[:3])
def test_refuses_the_command_line(target, words):
    """A kernel parameter that would give a shell or disable enforcement stops the boot, and is named."""
    code, line, console = target("6.12").boot(Attempt("CMDLINE", append=words))
    assert code == "CMDLINE", console[-2000:]
    assert any(word.strip('"').split("=")[0] in line for word in words.split() if word != "--")
    assert not SHELL_OR_INIT.search(console)
