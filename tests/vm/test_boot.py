# SPDX-License-Identifier: GPL-2.0-or-later
"""What a boot by assay-boot leaves behind: a report that is true, locked keyrings, switches that hold."""

import hashlib
import os

import pytest

from vm.boot.bundle import new_key
from vm.boot.cpio import appended
from vm.lab.cache import REPO
from vm.lab.prepare import Setup

pytestmark = pytest.mark.vm

RECORD = "/var/lib/assay/boot/record"
ATTACKS = REPO / "tests/attacks/guest"
LONG = bool(os.environ.get("ASSAY_LONG"))
SETUPS = [Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable")]


@pytest.fixture(scope="module", params=SETUPS if LONG else SETUPS[:1], ids=str)
def setup(request):
    """The newer kernel by default, both with ASSAY_LONG."""
    return request.param


@pytest.fixture(scope="module")
def enforcing(preparer, setup):
    """A machine that enforces with EVM on, up; the tests only fail to change it."""
    with preparer.resumed(setup, "enforcing") as machine:
        yield machine


def report(machine):
    """The lines of /run/assay/boot: a dict of name to the list of its values."""
    lines = {}
    for line in machine.sh("cat /run/assay/boot").splitlines():
        name, _, value = line.partition(" ")
        lines.setdefault(name, []).append(value)
    return lines


def test_report_is_true(enforcing):
    """Every line of the report agrees with what the running kernel and the disk say."""
    lines, record = report(enforcing), enforcing.get(RECORD)
    assert lines["state"] == ["enforce"]
    assert lines["record"] == [f"sha256:{hashlib.sha256(record).hexdigest()}"]
    assert lines["kernel"] == [enforcing.sh("uname -r").strip()]
    assert lines["policy-node"] == ["gone"]
    assert lines["proof"] == ["unsigned exec and mmap denied"]
    assert lines["pcr"] == ["13 extended"]
    assert "would-refuse" not in lines
    keys = enforcing.sh("cat /proc/keys")
    for line in lines["keyring"]:
        name, _, serial, _, count = line.split()
        assert f"{serial} " in keys and f"{name}: {count}" in keys


def test_record_is_measured_and_the_pcr_capped(enforcing):
    """PCR 13 holds the record, the cap and nothing else, in the SHA-256 bank."""
    value = bytes(32)
    for event in (enforcing.get(RECORD), b"assay-record end\n"):
        value = hashlib.sha256(value + hashlib.sha256(event).digest()).digest()
    assert enforcing.pcr(13) == value.hex()
    assert report(enforcing)["cap"] == ["pcr 13"]


def test_switches_hold(enforcing):
    """Root can't turn back what the record turned on."""
    for path, value in (("/sys/kernel/security/lockdown", "none"),
                        ("/sys/module/module/parameters/sig_enforce", "N"),
                        ("/proc/sys/kernel/yama/ptrace_scope", "0"),
                        ("/proc/sys/kernel/kexec_load_disabled", "0"),
                        ("/proc/sys/kernel/unprivileged_bpf_disabled", "0"),
                        ("/sys/kernel/security/evm", "0x80000007")):
        before = enforcing.run(f"cat {path}").stdout
        enforcing.run(f"echo {value} > {path}")
        assert enforcing.run(f"cat {path}").stdout == before, path
    assert "[integrity]" in enforcing.sh("cat /sys/kernel/security/lockdown")
    assert enforcing.sh("cat /sys/module/module/parameters/sig_enforce").strip() == "Y"
    assert enforcing.sh("cat /proc/sys/kernel/yama/ptrace_scope").strip() == "3"


def test_unsigned_is_denied_and_signed_runs(enforcing):
    """A copy of a program without its signature is refused, the program is not."""
    assert enforcing.run("cp --no-preserve=all /bin/true /root/copy && chmod +x /root/copy && /root/copy").rc == 126
    assert enforcing.run("/bin/true").rc == 0


# Each is one way to get a key of root's own to count, or the trusted ones out of the way. $R is the ring's
# serial, $K that of a trusted key in it, /run/evil.der a certificate of the attacker's.
ROUTES = {
    "add": "keyctl padd asymmetric '' $R </run/evil.der",
    "clear": "keyctl clear $R",
    "revoke": "keyctl revoke $R",
    "invalidate": "keyctl invalidate $R",
    "expire": "keyctl timeout $R 1",
    "set-permissions": "keyctl setperm $R 0x3f3f3f3f",
    "take-over": "keyctl chown $R 0",
    "restrict-anew": "keyctl restrict_keyring $R asymmetric builtin_trusted",
    "link-own-key": "keyctl link $(keyctl padd asymmetric '' @s </run/evil.der) $R",
    "move-own-key": "keyctl move $(keyctl padd asymmetric '' @s </run/evil.der) @s $R",
    "link-into-session": "keyctl link $R @s",
    "unlink-from-user": "keyctl unlink $R @u",
    "user-namespace": "unshare -Ur keyctl padd asymmetric '' $R </run/evil.der",
    "revoke-trusted-key": "keyctl revoke $K",
    "update-trusted-key": "keyctl pupdate $K </run/evil.der",
    "drop-trusted-key": "keyctl unlink $K $R",
}

SHADOWS = {
    "in-session": "n=$(keyctl newring {ring} @s)",
    "in-user": "n=$(keyctl newring {ring} @u)",
    "in-user-session": "n=$(keyctl newring {ring} @us)",
}


@pytest.fixture(scope="module")
def attacker(enforcing):
    """The machine with the attacker's certificate, and a program signed by the attacker's key, on it."""
    key, certificate = new_key("rsa:2048")
    enforcing.put("/run/evil.der", certificate)
    enforcing.put("/root/evil.key", key, mode=0o600)
    enforcing.put("/root/evil.der", certificate)
    enforcing.sh("cp --no-preserve=all /bin/true /root/evil && chmod 755 /root/evil")
    enforcing.sh("assay sign --key /root/evil.key --cert /root/evil.der --evm /root/evil")
    return enforcing


@pytest.mark.parametrize("ring", ["_ima", "_evm"] if LONG else ["_ima"])
@pytest.mark.parametrize("route", ROUTES)
def test_keyring_can_not_be_changed(attacker, ring, route):
    """Root fails to change a keyring, the attacker's program stays refused, the host's own run."""
    keys = attacker.sh("cat /proc/keys")
    serial = next(line.split()[0] for line in keys.splitlines() if f" {ring}: " in line)
    key = next(line.split()[0] for line in keys.splitlines()
               if " asymmetri " in line and "--Q---" in line and " 0b030000 " in line)
    assert attacker.run(f"R=0x{serial}; K=0x{key}; {ROUTES[route]}").rc != 0
    assert f"{serial} " in attacker.sh("cat /proc/keys")
    assert attacker.run("/root/evil").rc == 126
    assert attacker.run("/bin/true").rc == 0


@pytest.mark.parametrize("place", SHADOWS)
def test_keyring_can_not_be_shadowed(attacker, place):
    """Keyrings of the same names elsewhere, with the attacker's key, are not what the kernel asks."""
    words = "; ".join(f"{SHADOWS[place].format(ring=ring)}; keyctl padd asymmetric '' $n </run/evil.der"
                      for ring in ("_ima", "_evm"))
    assert attacker.run(f"{words}; /root/evil").rc == 126


def test_an_unlocked_keyring_is_roots(preparer):
    """What locking prevents: the same route, on a policy that somebody loaded by hand over a keyring that
    nobody locked, lets the attacker's program run."""
    with preparer.resumed(Setup("6.1", "signature", "portable"), "signed") as machine:
        key, certificate = new_key("rsa:2048")
        machine.put("/root/evil.key", key, mode=0o600)
        machine.put("/root/evil.der", certificate)
        machine.sh("cp --no-preserve=all /bin/true /root/evil && chmod 755 /root/evil &&"
                   " assay sign --key /root/evil.key --cert /root/evil.der --evm /root/evil")
        ring = machine.sh("r=$(keyctl newring _ima @s) && keyctl padd asymmetric '' $r"
                          " </etc/assay/certs/signing.der >/dev/null && echo 'appraise func=BPRM_CHECK"
                          " appraise_type=imasig' >/sys/kernel/security/ima/policy && echo $r").strip()
        assert machine.run("/bin/true").rc == 0 and machine.run("/root/evil").rc == 126
        machine.sh(f"keyctl padd asymmetric '' {ring} </root/evil.der")
        assert machine.run("/root/evil").rc == 0


OTHER_VALUES = """[enforcement]
profile = verity
evm = immutable
[boot]
lockdown = confidentiality
module-signatures = no
ptrace-scope = 2
kexec-load = yes
unprivileged-bpf = yes
memory-deny-write-execute = yes
pcr = 12
"""
# Of a service of its own, of a user: both are init's children.
CHILDREN = ("systemd-run --wait --quiet --pipe ", "runuser -u user -- ")
WRITE_EXECUTE = "python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'"
MAKE_LIBRARY = "import relocations; open('/opt/lib.so', 'wb').write(relocations.library(relocations.SHELLCODE))"
PRELOAD = "env LD_PRELOAD=/opt/lib.so /bin/true"
# What root can't do to a signed file where evm = immutable.
METADATA = ("chmod u+s", "chown user", "chgrp user", "setcap cap_net_raw+ep", "setfattr -x security.evm",
            "setfattr -n security.evm -v 0x00")


@pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
def test_every_switch_can_be_configured(preparer):
    """Other values than the defaults, all at once: the kernel has them, status agrees, signed programs
    run, and under evm = immutable their owner, mode and attributes stay."""
    with preparer.resumed(Setup("6.12", "verity", "portable"), "signed") as machine:
        for name in ("arena.py", "relocations.py"):
            machine.put(f"/root/{name}", (ATTACKS / name).read_bytes())
        machine.sh(f"cd /root && python3 -c \"{MAKE_LIBRARY}\" && chmod 644 /opt/lib.so")
        for words in CHILDREN:
            assert machine.run(words + PRELOAD).stdout.strip() == "PWNED"
        machine.put("/etc/assay/assay.conf", OTHER_VALUES)
        machine.sh("assay enable", timeout=600)
        machine.reboot()
        assert machine.failed_units() == [] and machine.denials() == []
        assert machine.run("assay status").rc == 0
        assert "[confidentiality]" in machine.sh("cat /sys/kernel/security/lockdown")
        for path, value in (("/sys/module/module/parameters/sig_enforce", "N"),
                            ("/proc/sys/kernel/yama/ptrace_scope", "2"),
                            ("/proc/sys/kernel/kexec_load_disabled", "0"),
                            ("/sys/kernel/security/evm", "2")):
            assert machine.sh(f"cat {path}").strip() == value, path
        for words in CHILDREN:
            refused = machine.run(words + WRITE_EXECUTE)
            assert refused.rc != 0 and "Permission denied" in refused.stderr, refused
            assert "PWNED" not in machine.run(words + PRELOAD).stdout, words
        assert report(machine)["pcr"] == ["12 extended"] and machine.pcr(13) == 64 * "0"
        before = machine.sh("stat -c '%u %g %a' /usr/bin/hello; getfattr -m - -d -e hex /usr/bin/hello; hello")
        for words in METADATA:
            assert machine.run(f"{words} /usr/bin/hello").rc != 0, words
        assert machine.sh("stat -c '%u %g %a' /usr/bin/hello; getfattr -m - -d -e hex /usr/bin/hello; hello") == before


OPTIONS = "/sys/firmware/efi/efivars/SystemdOptions-8cf2644b-4b0b-428f-9387-6d876050dc67"
SHELL = "systemd.debug_shell=1"


def debug_shell_after_a_reboot(machine):
    """Whether root's shell without a login is up."""
    machine.stop_guest("reboot")
    machine.start()
    assert len(machine.get(OPTIONS)) == 4 + 2 * len(SHELL)
    return machine.run("systemctl is-active debug-shell.service").rc == 0


@pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
def test_an_efi_variable_is_no_command_line(preparer):
    """systemd obeys SystemdOptions, which nothing measures: not where Assay starts it."""
    setup = Setup("6.12", "verity", "portable")
    with preparer.lab.machine(preparer.image(setup, "enforcing"), kernel=setup.kernel, efi=True) as machine:
        machine.start()
        text = "".join(f"\\x{byte:02x}" for byte in b"\7\0\0\0" + SHELL.encode("utf-16-le"))
        machine.sh(["python3", "-c", f'open("{OPTIONS}", "wb", 0).write(b"{text}")'])
        assert not debug_shell_after_a_reboot(machine)
        machine.sh("assay disable", timeout=600)
        assert debug_shell_after_a_reboot(machine)


def test_log_mode_denies_nothing(preparer, setup):
    """In log mode unsigned files run, switches are left, and what enforcement would refuse is only named."""
    with preparer.machine(setup, "log") as machine:
        machine.start(append="systemd.setenv=A=b")
        lines = report(machine)
        assert lines["state"] == ["log"]
        assert [r.split(": ")[:2] for r in lines["would-refuse"]] == [["CMDLINE", "systemd.setenv=A=b"]]
        assert all(value.endswith(" left") for value in lines["switch"])
        assert machine.run("cp --no-preserve=all /bin/true /root/copy && chmod +x /root/copy && /root/copy").rc == 0
        assert "[none]" in machine.sh("cat /sys/kernel/security/lockdown")


def test_log_mode_tells_what_would_stop_the_boot(preparer, setup):
    """What stops a boot that enforces is only told in log mode, and then keeps enable from it: here a TPM
    that fails, and a link in the place of /usr."""
    with preparer.machine(setup, "log") as machine:
        with machine.offline(writable=True) as disk:
            for command in ("ln /usr /moved", "unlink /usr", "symlink /usr moved"):
                disk.debugfs(command, write=True)
            for name in disk.listdir("/boot"):
                if name.startswith("initrd.img-"):
                    mute = {"conf/conf.d/000": b"mv /dev/tpmrm0 /dev/gone; : >/dev/tpmrm0\n"}
                    disk.write(f"/boot/{name}", appended(disk.read(f"/boot/{name}"), mute))
        machine.start()
        assert sorted(line.split(":")[0] for line in report(machine)["would-refuse"]) == ["ROOT", "TPM"]
        enable = machine.run("assay enable", timeout=600)
        assert enable.rc == 1 and "ROOT: the root file system's /usr is not a directory" in enable.stdout + enable.stderr


HELPER = b"#!/bin/sh\necho $@ >>/run/helped\n"
STORE = "/var/lib/assay/packages"


def test_the_kernel_runs_no_helper_that_nobody_judged(preparer, setup):
    """Opening a device that has no driver makes the kernel run the root's modprobe: assay-boot opens none, and the policy
    is in force before the root is."""
    with preparer.machine(setup, "enforcing") as machine:
        with machine.offline(writable=True) as disk:
            disk.write("/usr/sbin/modprobe", HELPER)
            for command in ("sif /usr/sbin/modprobe mode 0100755", f"mkdir {STORE}", "mknod device c 240 7",
                            f"ln /device {STORE}/device", "unlink /device"):
                disk.debugfs(command, write=True)
            assert "device" in disk.listdir(STORE)
        machine.start()
        assert machine.run("ls /run/helped").rc != 0


def test_without_tpm_it_boots_and_says_so(preparer, setup):
    """No TPM is no reason to stop; the report tells."""
    with preparer.machine(setup, "enforcing", tpm=False) as machine:
        machine.start()
        assert report(machine)["pcr"] == ["13 tpm absent"]


def appraised_ahead(machine):
    """How many of init's libraries were let through before it ran, and how many are listed."""
    return [int(word) for word in report(machine)["ahead"][0].split(" of ")]


@pytest.mark.parametrize("setup", SETUPS, ids=str)
def test_all_processors_appraise_what_init_maps(preparer, setup):
    """Each of its libraries was let through before it ran; nothing was denied meanwhile."""
    with preparer.machine(setup, "enforcing", cpus=2) as machine:
        machine.start()
        libraries = machine.sh("ldd /sbin/init").count(" => /")
        assert libraries > 10 and appraised_ahead(machine) == [libraries, libraries]
        assert machine.failed_units() == [] and machine.denials() == []


@pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
def test_a_list_of_anything_stops_no_boot(preparer, setup):
    """What is no file, is not there, is refused or is far too long is passed over."""
    paths = ["/run/none", "/dev/console", "/dev/zero", "/etc", "/etc/passwd", "relative", "/x" * 2000, "/usr/bin/hello"]
    listed = {"etc/assay/ahead": ("\n".join(paths) + "\n" + "/etc/fstab\n" * 100).encode()}
    with preparer.machine(setup, "enforcing", cpus=2) as machine:
        machine.start(tamper=lambda bootable: bootable.initrd.write_bytes(appended(bootable.initrd.read_bytes(), listed)))
        assert appraised_ahead(machine) == [1, 64]
        assert machine.failed_units() == []
        assert machine.run("/bin/true").rc == 0


DAMAGES = [
    ("rm /var/lib/assay/boot/policy", "boot/policy: missing"),
    ("echo 'dont_appraise fsmagic=1' >> /var/lib/assay/boot/policy", "is not the file that the record names"),
    ("rm /var/lib/assay/boot/certs/*", "missing"),
    ("rm /var/lib/assay/boot/record.sig", "record.sig: missing"),
    ("echo x > /var/lib/assay/boot/record", "names no mode"),
]


@pytest.mark.parametrize("damage, say", DAMAGES if LONG else DAMAGES[:1])
def test_incomplete_bundle_keeps_the_old_initramfs(preparer, setup, damage, say):
    """update-initramfs fails with one line of ours and leaves the initramfs that boots in its place."""
    with preparer.resumed(setup, "enforcing") as machine:
        before = machine.sh("sha256sum /boot/initrd.img-$(uname -r)")
        machine.sh(damage)
        result = machine.run("update-initramfs -u", timeout=600)
        assert result.rc != 0
        ours = [line for line in result.stderr.splitlines() if line.startswith("E: assay:")]
        assert len(ours) == 1 and say in ours[0]
        assert machine.sh("sha256sum /boot/initrd.img-$(uname -r)") == before
