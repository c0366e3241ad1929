# SPDX-License-Identifier: GPL-2.0-or-later
"""What `assay check` finds in the next boot's way beside files: boot loaders, modules, TPM, packages."""

import json
import os
import shutil
import subprocess
import tempfile

import pytest

from frame.operator import KCONFIG, SCRIPT, findings

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")

GRUB = """set default="0"
menuentry 'Debian GNU/Linux' --class gnu-linux $menuentry_id_option 'gnulinux-simple-1' {{
\tlinux\t/boot/vmlinuz-6.1.0-1-amd64 root=/dev/vda1 ro {0}
\tinitrd\t/boot/initrd.img-6.1.0-1-amd64
}}
submenu 'Advanced options' {{
\tmenuentry 'Debian (Wiederherstellung)' $menuentry_id_option 'gnulinux-6.1-recovery-1' {{
\t\tlinux\t/boot/vmlinuz-6.1.0-1-amd64 root=/dev/vda1 ro {1}
\t}}
}}
menuentry 'Other Linux' $menuentry_id_option 'osprober-gnulinux-simple-2' {{
\tlinux /boot/vmlinuz init=/other
}}
menuentry 'Memory test' {{
\tlinux16 /boot/memtest86+.bin init=/test
}}
"""


@pytest.fixture
def put(signed):
    """put(path, text) writes a file below the signed root."""
    def write(path, text=""):
        where = signed / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text)
    return write


def test_the_next_boots_command_line_counts(assay, put):
    """GRUB's entries are judged, each parameter once, with what changes them; others' are not."""
    put("proc/cmdline", "root=/dev/vda1 quiet\n")
    put("boot/grub/grub.cfg", GRUB.format("quiet init=/bin/bash", "ro"))
    done = assay("check")
    assert done.rc == 1 and done.out.count("kernel parameter") == 1, done
    assert "'init=/bin/bash' (/boot/grub/grub.cfg)" in done.out
    assert "mend: edit /etc/default/grub, run update-grub, reboot" in done.out
    assert assay("enable").rc == 1 and assay("enable", "--log").rc == 0


def test_recovery_entries_are_told_of(assay, put):
    """They will stop, which is advice; entries without such parameters are no matter."""
    put("boot/grub/grub.cfg", GRUB.format("quiet", "single"))
    done = assay("check", "--json")
    assert done.rc == 0 and "recovery will stop" in findings(done, "advice")["cmdline.recovery"]
    put("boot/grub/grub.cfg", GRUB.format("quiet", "quiet"))
    assert "cmdline.recovery" not in findings(assay("check", "--json"), "advice")


@pytest.mark.parametrize("path, text", [
    ("boot/loader/entries/debian.conf", "title Debian\noptions root=/dev/vda1 ro\noptions  rescue\n"),
    ("boot/efi/loader/entries/debian.conf", "options\trescue"),
    ("etc/kernel/cmdline", "# break=top\nroot=/dev/vda1 rescue\n")])
def test_other_boot_loaders_count_too(assay, put, path, text):
    """systemd-boot's entries, and what kernel-install writes them from."""
    put(path, text)
    done = assay("check")
    assert done.rc == 1 and f"'rescue' (/{path})" in done.out and "'break=top'" not in done.out, done
    assert "edit /etc/kernel/cmdline" in done.out


@pytest.mark.parametrize("config, cmdline, what", [
    ("", "", "6.1.0-1-amd64: built without Yama"),
    ('CONFIG_SECURITY_YAMA=y\nCONFIG_LSM="lockdown,integrity"\n', "", "(CONFIG_LSM) leaves out yama"),
    ('CONFIG_SECURITY_YAMA=y\nCONFIG_LSM="yama,integrity"\n', "", "(CONFIG_LSM) leaves out lockdown"),
    ('CONFIG_SECURITY_YAMA=y\nCONFIG_LSM="yama,lockdown"\n', "quiet lsm=yama,integrity",
     "'lsm=' on the command line leaves out lockdown"),
    ("CONFIG_SECURITY_YAMA=y\n", "lsm=yama,lockdown lsm=integrity", "leaves out yama")])
def test_security_modules_must_be_there_and_on(assay, put, config, cmdline, what):
    """What assay-boot insists on: Yama and lockdown in the kernel, and in its list."""
    put("boot/config-6.1.0-1-amd64", KCONFIG.replace("CONFIG_SECURITY_YAMA=y\n", "") + config)
    put("boot/grub/grub.cfg", GRUB.format(cmdline, ""))
    done = assay("check")
    assert done.rc == 1 and what in done.out, done


DEBIANS = 'CONFIG_CC_VERSION_TEXT="gcc-12 (Debian 12.2.0-14) 12.2.0"\n'
MTD = "CONFIG_MTD_SLRAM=m\nCONFIG_MTD_PHRAM=m\n"


@pytest.mark.parametrize("config, cmdline, told", [
    (MTD, "quiet", "slram,phram"),
    (DEBIANS + MTD, "quiet", ""),
    (DEBIANS.replace("(Debian", "(Other") + MTD, "quiet", "slram,phram"),
    (DEBIANS.replace("(Debian", "Debian") + '# (Debian \n' + MTD, "quiet", "slram,phram"),
    (DEBIANS + MTD + "CONFIG_UIO=m\nCONFIG_RDMA_RXE=m\n", "", "uio,rdma_rxe"),
    ("CONFIG_COMEDI=m\nCONFIG_DCDBAS=m\nCONFIG_FB_UVESA=m\n", "", "comedi,dcdbas,uvesafb"),
    ("CONFIG_MTD_PHRAM=y\n", "module_blacklist=slram", "phram"),
    (MTD, "module_blacklist=x,slram,phram quiet", ""),
    ("CONFIG_MTD_SLRAM=m\n", "module_blacklist=slram module_blacklist=phram", "slram"),
    ("CONFIG_MTD_SLRAM=m\n", "module_blacklist=slramx,slra", "slram"),
    ("# CONFIG_UIO is not set\n", "quiet", "")])
def test_modules_that_give_root_the_memory(assay, put, config, cmdline, told):
    """Advice, with the parameter that keeps them out; Debian's lockdown looks at two of them."""
    put("boot/config-6.1.0-1-amd64", KCONFIG + config)
    put("proc/cmdline", f"root=/dev/vda1 {cmdline}\n")
    found = [f for f in json.loads(assay("check", "--json").out)["findings"] if f["id"] == "kernel.memory"]
    assert [f["text"].split(" its modules ")[1].split(", which")[0] for f in found] == ([told] if told else [])
    assert all(f"module_blacklist={told} " in f["remedy"] and f["level"] == "advice" for f in found)


@pytest.mark.parametrize("release, debians", [
    ("6.12.117+deb12-cloud-amd64", True), ("6.1.0-1-rt-amd64", True), ("6.1.0-own", False), ("6.1.0--x", False),
    ("6.1.0", False)])
def test_which_kernels_are_debians(assay, put, signed, release, debians):
    """By their release, too: who builds one on Debian has its compiler."""
    (signed / "boot/config-6.1.0-1-amd64").unlink()
    put(f"boot/config-{release}", KCONFIG + DEBIANS + MTD)
    assert ("slram" not in assay("check").out) == debians


def test_without_lockdown_debians_kernels_are_as_others(assay, put, signed):
    """What looks at the parameters is switched off."""
    put("boot/config-6.1.0-1-amd64", KCONFIG + DEBIANS + MTD)
    config = signed / "etc/assay/assay.conf"
    config.write_text(config.read_text() + "lockdown = off\n")
    assert "slram,phram" in assay("check").out


def test_security_modules_that_nothing_needs(assay, put, signed):
    """Early lockdown needs no list; what assay.conf switches off need not be there."""
    put("boot/config-6.1.0-1-amd64", KCONFIG + "CONFIG_SECURITY_LOCKDOWN_LSM_EARLY=y\n"
        'CONFIG_LSM="landlock,yama,integrity"\n')
    assert assay("check").rc == 0
    put("boot/config-6.1.0-1-amd64", KCONFIG.replace("CONFIG_SECURITY_YAMA=y\n", "") +
        'CONFIG_LSM="lockdown"\n')
    config = signed / "etc/assay/assay.conf"
    config.write_text(config.read_text() + "ptrace-scope = 0\n")
    assert assay("check").rc == 0


def test_the_running_kernel_shows_what_it_lacks(assay, put, signed):
    """No ptrace_scope in /proc, no lockdown in securityfs: the modules did not start."""
    put("proc/sys/kernel/osrelease", "6.1.0-1-amd64\n")
    (signed / "sys/kernel/security/ima").mkdir(parents=True)
    done = assay("check")
    assert done.rc == 1 and done.out.count("started without the security module") == 2, done


def test_an_unknown_bank_of_the_tpm_is_a_reason(assay, signed):
    """assay-boot can't extend it, so that no enforcing boot would go on."""
    for bank in ("sha1", "sha256", "sm3"):
        (signed / f"sys/class/tpm/tpm0/pcr-{bank}").mkdir(parents=True)
    done = assay("check")
    assert done.rc == 1 and done.out.count("bank of PCRs") == 1 and "hash sm3" in done.out, done


@pytest.mark.parametrize("settings, refused", [
    ("", True), ("module-signatures = no\n", True), ("lockdown = off\n", True),
    ("module-signatures = no\nlockdown = off\n", False)])
def test_unsigned_modules_take_both_settings(assay, put, signed, settings, refused):
    """Lockdown refuses them as module.sig_enforce does; the remedy names both."""
    put("sys/module/nvidia/taint", "OE\n")
    config = signed / "etc/assay/assay.conf"
    config.write_text(config.read_text() + settings)
    done = assay("check")
    assert (done.rc == 1) == refused, done
    assert ("both 'module-signatures = no' and 'lockdown = off'" in done.out) == refused


def test_without_dpkgs_database_nothing_is_known(assay, signed):
    """A reason, for check and enable alike."""
    shutil.rmtree(signed / "var/lib/dpkg")
    for command in ("check", "enable"):
        done = assay(command, "--json")
        assert done.rc == 1 and "packages.database" in findings(done, "reason"), done


KEYRING = "usr/share/keyrings/debian-archive-keyring.gpg"


def test_unattended_upgrades_are_advised_against(assay, put, signed):
    """Only where they are installed, their timer is on, and nothing would be signed."""
    put("usr/bin/unattended-upgrade")
    assert "packages.unattended" not in findings(assay("check", "--json"), "advice")
    wants = signed / "etc/systemd/system/timers.target.wants"
    wants.mkdir(parents=True)
    (wants / "apt-daily-upgrade.timer").symlink_to("/lib/systemd/system/apt-daily-upgrade.timer")
    done = assay("check", "--json")
    assert done.rc == 0 and "packages.unattended" in findings(done, "advice"), done
    assert "upgrades is on" in assay("enable").out
    put(KEYRING)
    assert not {"packages.archive", "packages.unattended"} & set(findings(assay("check", "--json"), "advice"))


@pytest.mark.parametrize("lines, say", [("[packages]\nkeyrings = none\n", "trusts no archive"),
                                        ("[packages]\nkeyrings = /nowhere.gpg\n", "the keyring /nowhere.gpg is not there"),
                                        ("[keys]\nsigning = handle:0x81000001\n", "a passphrase, or is not")])
def test_an_archives_packages_that_would_be_refused(assay, put, signed, lines, say):
    """Told of before it happens, with what to do."""
    put(KEYRING)
    assert "packages.archive" not in findings(assay("check", "--json"), "advice")
    put("etc/assay/assay.conf", (signed / "etc/assay/assay.conf").read_text() + lines)
    assert say in findings(assay("check", "--json"), "advice")["packages.archive"]
    assert ("mend: correct 'keyrings ='" if "nowhere" in lines else "assay pkg sign") in assay("check").out


def test_what_belongs_to_other_systems_is_told_once(assay, signed):
    """Images of containers, snaps: a line each, and not among the programs that nobody owns."""
    for name in ("var/lib/docker/overlay2/1/diff/bin/sh", "var/lib/docker/overlay2/2/diff/bin/sh",
                 "snap/core/1/bin/sh", "home/a/.local/share/containers/storage/sh", "home/a/own"):
        where = signed / name
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(SCRIPT)
        where.chmod(0o755)
    done = assay("check")
    assert done.rc == 0 and "Docker: no container image runs: 2 executable files" in done.out, done
    assert "snap: no snap runs: 1 exe" in done.out and "Podman of users: no" in done.out
    assert "1 more executable file that no package owns" in done.out
    assert "/var/lib/docker/overlay2/1/diff/bin/sh" in assay("check", "--verbose").out


def test_what_is_meant_to_run_is_listed_first(assay, signed):
    """The list is cut: /usr/local and /opt come before /etc."""
    for name in [f"etc/x{i:02}/run" for i in range(20)] + ["usr/local/bin/mine", "opt/x/run"]:
        where = signed / name
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(SCRIPT)
        where.chmod(0o755)
    done = assay("check")
    assert "/usr/local/bin/mine: no" in done.out and "/opt/x/run: no" in done.out, done
    assert done.out.count("/run: no package owns") == 11 and "10 more executable files" in done.out


def test_enable_counts_what_it_does_not_need(assay, signed):
    """Advice: how many files more would be denied; nothing when there are none."""
    assert "files.others" not in findings(assay("enable", "--json"), "advice")
    where = signed / "opt/run"
    where.parent.mkdir()
    where.write_bytes(SCRIPT)
    where.chmod(0o755)
    done = assay("enable")
    assert done.rc == 0 and "1 more file would be denied, which neither booting" in done.out, done
    assert f"mend: 'assay check --root {signed.path}' names them" in done.out


@pytest.mark.parametrize("kind", ["nfs4", "cifs"])
def test_nothing_runs_from_shares(assay, signed, mounts, put, kind):
    """NFS and CIFS keep no signature: advice that says so."""
    point = mounts.mount("-t", "tmpfs", "none")
    (signed / "srv").mkdir()
    subprocess.run(["mount", "--bind", point, signed / "srv"], check=True)
    mounts.points.append(signed / "srv")
    put("proc/self/mounts", f"server:/x /srv {kind} rw,nosuid 0 0\n")
    done = assay("check")
    assert f"/srv ({kind}) keeps no security.ima: nothing there will run" in done.out, done


def test_owners_that_may_run_nothing(assay, signed, run):
    """The signature profile lets files of system users run: a reason with what mends it."""
    os.chown(signed / "usr/lib/systemd/systemd", 1000, 1000)
    done = assay("check")
    assert done.rc == 1 and "init: 1 file would be denied: of an owner" in done.out, done
    assert f"mend: chown root the files that 'assay check --verbose --root {signed.path}' lists" in done.out
    assert "owned by user 1000" in assay("check", "--verbose").out
    assert assay("enable").rc == 1
    mine = signed / "opt/mine"
    mine.parent.mkdir()
    mine.write_bytes(SCRIPT)
    mine.chmod(0o755)
    run("assay", "sign", "--key", signed / "etc/assay/keys/signing.key", "--cert",
        signed / "etc/assay/certs/signing.der", "--profile", "signature", "--no-evm", mine)
    os.chown(mine, 1000, 1000)
    done = assay("check")
    assert "/opt/mine: no package owns it, and it would be denied: owned by user 1000" in done.out
    assert "have root own a copy ('install -o root -g root') where only root writes, and sign that" in done.out


def test_users_programs_in_one_directory(assay, signed, run):
    """Told of in one line, which does not say to sign them where they lie; what it says works."""
    for name in ("a", "b", "c"):
        where = signed / "srv/app" / name
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(SCRIPT)
        where.chmod(0o755)
        os.chown(where, 1000, 1000)
    done = assay("check")
    assert "/srv/app/: no package owns 3 executable files there, and they would be denied: of owners" in done.out
    assert "have root own a copy ('install -o root -g root')" in done.out and "FILE'" not in done.out, done
    subprocess.run(["install", "-D", "-o", "root", "-g", "root", where, signed / "usr/local/bin/c"], check=True)
    done = run("assay", "sign", "--root", signed.path, "/usr/local/bin/c")
    assert done.rc == 0 and "/usr/local/bin/c" not in assay("check", "--verbose").out, done


def test_the_one_file_of_a_package_is_named(assay, signed):
    """As enable does; what enable counts is what booting and logging in need."""
    os.removexattr(signed / "usr/bin/tool", "security.ima")
    assert "tool: 1 file would be denied: not signed\n          /usr/bin/tool: " in assay("check").out
    for i in range(14):
        signed.install(f"p{i}", {f"/usr/bin/p{i}-{j}": (SCRIPT, 0o755) for j in range(3)}, fields="Essential: yes\n")
    assert "43 files of 15 packages would be denied, among them what booting" in assay("check").out
    assert "42 files of 14 packages, which booting and logging in need, would be denied (" in assay("enable").out


@pytest.mark.parametrize("command", ["check", "enable"])
def test_only_root_sees_all(run, command):
    """Below --root, too: what can't be read is not told of as denied."""
    with tempfile.TemporaryDirectory(dir="/tmp") as top:
        os.chmod(top, 0o755)
        done = run("assay", command, "--root", top, user=65534, group=65534, extra_groups=[])
    assert (done.rc, done.out) == (2, "") and done.err.endswith(f": {command}: only root can see all that counts\n"), done


@pytest.mark.parametrize("words", [["--installed"], ["--package", "dpkg"]])
def test_only_root_signs_the_host(run, words):
    """It is said before a key is asked for, and before anything is made."""
    done = run("assay-sign", "sign", *words, user=65534, group=65534, extra_groups=[], cwd="/")
    said = "assay-sign: sign: only root can sign what is installed on this host\n"
    assert (done.rc, done.out, done.err) == (2, "", said), done


def test_one_old_kernel_weakens_all(assay, put):
    """The signature profile's rules on owners and FUSE are not in a policy that 5.10 reads."""
    put("boot/vmlinuz-5.10.0-30-amd64")
    done = assay("check", "--json")
    assert done.rc == 1 and "5.10.0-30-amd64: one policy" in findings(done, "reason")["kernel.old"], done
    assert assay("enable").rc == 1 and assay("enable", "--log").rc == 0


def test_memory_is_denied_by_newer_kernels(assay, put, signed):
    """PR_SET_MDWE is of 6.3; a kernel without it would stop at the switch."""
    config = signed / "etc/assay/assay.conf"
    config.write_text(config.read_text() + "memory-deny-write-execute = yes\n")
    done = assay("check", "--json")
    assert done.rc == 1 and "no PR_SET_MDWE" in findings(done, "reason")["kernel.mdwe"], done
    (signed / "boot/config-6.1.0-1-amd64").rename(signed / "boot/config-6.12.0-1-amd64")
    assert "kernel.mdwe" not in findings(assay("check", "--json"), "reason")


@pytest.mark.parametrize(("line", "level"), [("TPM: it does not answer", "reason"), ("ROOT: /usr is a link", "reason"),
                                             ("CMDLINE: systemd.setenv=A=b: runs what it likes", "advice")])
def test_what_log_mode_went_on_from_stops_enable(assay, put, line, level):
    """A step that failed is a reason; the next boot's command line is looked at by itself."""
    put("sys/kernel/security/ima/ascii_runtime_measurements")
    put("run/assay/boot", f"state log\nrecord sha256:00\nwould-refuse {line}\nprofile signature\n")
    text = f"an enforcing boot would have stopped where this one went on: {line}"
    assert findings(assay("enable", "--json"), level)["boot.refused"] == text
    assert text in assay("status").out
    assert "boot.refused" not in assay("enable", "--log", "--json").out


def test_check_and_enable_agree_below_a_root(assay, signed):
    """Who makes the initramfs later may install first what makes it."""
    (signed / "usr/sbin/update-initramfs").unlink()
    done = assay("check", "--json")
    assert done.rc == 0 and "initramfs" in findings(done, "advice"), done


def test_overlays_are_told_of(assay, mounts, put, signed):
    """Containers do not run: one line for all of them."""
    point = mounts.mount("-t", "tmpfs", "none")
    (signed / "srv").mkdir()
    subprocess.run(["mount", "--bind", point, signed / "srv"], check=True)
    mounts.points.append(signed / "srv")
    put("proc/self/mounts", "overlay /srv overlay rw,lowerdir=/a 0 0\n")
    assert "1 overlay file system: nothing there will run" in assay("check").out


@pytest.mark.parametrize("conf", ["[keys]\ncertificates = /etc/nope\n",
                                  "[levels]\na = /etc/nope.der /etc/assay/certs/signing.der\n", ""])
def test_certificates_that_cannot_be_read(assay, signed, conf):
    """Files are not said to be unsigned where it is not known which keys there will be."""
    if conf:
        with open(signed / "etc/assay/assay.conf", "a", encoding="utf-8") as out:
            out.write(f"\n{conf}")
    else:
        (signed / "etc/assay/certs/readme.der").write_text("junk")
    for command in ("check", "enable"):
        done = assay(command, "--json")
        found = findings(done, "reason")
        assert done.rc == 1 and "key.certificates" in found and "sign --installed" not in done.out, done
