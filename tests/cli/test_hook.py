# SPDX-License-Identifier: GPL-2.0-or-later
"""The initramfs-tools hook on a host that lies in a directory: what it makes, and what it refuses."""

import os
import re
import shutil
import subprocess

import pytest

from frame.record import record_text
from vm.boot.bundle import Bundle, new_key

# What the hook and its changes need of initramfs-tools, as 0.142 and 0.148 have it.
FUNCTIONS = r"""
copy_exec()
{
	mkdir -p "$DESTDIR${2%/*}" && cp "$1" "$DESTDIR$2"
	[ -z "$SILENT" ] || return 0
	for each in $(ldd "$1" | sed -n 's/.* => \(.*\) (.*/\1/p'); do
		mkdir -p "$DESTDIR${each%/*}" && cp "$each" "$DESTDIR$each"
	done
	cp /lib64/ld-linux-x86-64.so.2 "$DESTDIR/usr/bin"
}
manual_add_modules()
{
	echo "$1" >>"$DESTDIR/modules"
}
"""
INIT = """#!/bin/sh
if read_fstab_entry /usr; then
	mountfs /usr
fi
validate_init() {
	run-init -n "${rootmnt}" "${1}"
}
exec run-init ${drop_caps} "${rootmnt}" "${init}" "$@" <"${rootmnt}/dev/console"
"""
READ_FSTAB = """
read_fstab_entry() {
	found=1
	for file in ${rootmnt?}/etc/fstab; do
		if [ -f "$file" ]; then
			while read -r MNT_FSNAME MNT_DIR MNT_TYPE MNT_OPTS MNT_FREQ MNT_PASS MNT_JUNK; do
				case "$MNT_FSNAME" in
				  ""|\\#*)
					continue;
					;;
				esac
				if [ "$MNT_DIR" = "$1" ]; then
					found=0
					break 2
				fi
			done < "$file"
		fi
	done
	return $found
}
"""
VERSION = "6.1.0-1-amd64"
OPTIONS = ("SECURITYFS", "IMA", "IMA_APPRAISE", "INTEGRITY_SIGNATURE", "INTEGRITY_ASYMMETRIC_KEYS",
           "SYSTEM_TRUSTED_KEYRING", "EVM", "FS_VERITY", "MODULE_SIG", "SECURITY_LOCKDOWN_LSM", "SECURITY_YAMA")


class Hook:
    """The hook and its files on a host that lies in a directory; run() makes an initramfs of it."""

    def __init__(self, top, source, programs):
        self.top, self.text = top, (source / "hooks/assay").read_text()
        self.dest = top / "dest"
        for path in ("/var/lib/assay", "/etc/assay/assay.conf", "/usr/lib/assay", "/usr/share/initramfs-tools",
                     "/lib/modules", "/boot/config-"):
            self.text = self.text.replace(path, f"{top}{path}")
        tools = top / "usr/share/initramfs-tools"
        tools.mkdir(parents=True)
        for name in ("assay-guard", "assay-root"):
            shutil.copy(source / name, tools)
        (tools / "hook-functions").write_text(FUNCTIONS)
        for path, text in {"dest/init": INIT, "dest/scripts/functions": READ_FSTAB, "etc/assay/assay.conf": ""}.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(text)
        (top / "usr/lib/assay").mkdir(parents=True)
        for name in ("assay-boot", "assay-guard", "assay-unlock"):
            shutil.copy(programs / name, top / "usr/lib/assay")
        self.bundle = object.__new__(Bundle)
        self.bundle.files = {"record": record_text("x", "x").replace("/sbin", f"{top}/sbin").encode()}
        self.bundle.with_key(*new_key("rsa:2048")).with_policy("appraise func=BPRM_CHECK appraise_type=imasig\n")
        self.store()

    def store(self):
        """The bundle as it is now, on the host."""
        for name, data in self.bundle.files.items():
            path = self.top / "var/lib/assay/boot" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def run(self, **env):
        """The hook's answer."""
        return subprocess.run(["sh", "-c", self.text, "assay"], capture_output=True, text=True, check=False,
                              env=os.environ | {"DESTDIR": str(self.dest), "version": VERSION, "SILENT": ""} | env)

    def fails(self, say, **env):
        """It must fail, with one line of its own that says so."""
        done = self.run(**env)
        assert done.returncode == 1, done
        ours = [line for line in done.stderr.splitlines() if line.startswith("E: assay:")]
        assert len(ours) == 1 and say in done.stderr, done

    def kernel(self, without=None):
        """The configuration of the kernel that the initramfs is for."""
        path = self.top / f"boot/config-{VERSION}"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"CONFIG_{name}=y\n" for name in OPTIONS if name != without))


@pytest.fixture
def hook(root_dir, plain_bin_dir, tmp_path):
    """The hook, with a bundle that is whole."""
    return Hook(tmp_path, root_dir / "initramfs/initramfs-tools", plain_bin_dir)


def test_init_ends_in_assay_boot(hook):
    """/init calls it by its path, so that no shell's own run-init comes first; libraries are there."""
    hook.kernel()
    done = hook.run()
    assert done.returncode == 0, done
    init = (hook.dest / "init").read_text()
    assert init.count("exec /usr/bin/run-init ${drop_caps}") == 1
    assert init.count('\t/usr/bin/assay-guard init "${rootmnt}" "${1}"\n') == 1 and "exec run-init" not in init
    assert (hook.dest / "usr/bin/run-init").exists() and list(hook.dest.rglob("libcrypto.so*"))
    assert (hook.dest / "etc/assay/record").read_bytes() == hook.bundle.files["record"]


def test_what_init_maps_is_listed(hook, tmp_path):
    """Its libraries as the loader finds them at boot, largest first, whatever the caller's environment is."""
    (hook.top / "sbin").mkdir()
    shutil.copy(hook.top / "usr/lib/assay/assay-boot", hook.top / "sbin/init")
    libc = re.search(r"=> (/\S+/libc\.so\.6)", subprocess.check_output(["ldd", hook.top / "sbin/init"], text=True))[1]
    (tmp_path / "mine").mkdir()
    shutil.copy(libc, tmp_path / "mine")
    assert hook.run(LD_LIBRARY_PATH=str(tmp_path / "mine")).returncode == 0
    paths = (hook.dest / "etc/assay/ahead").read_text().splitlines()
    assert libc in paths and any("/libcrypto.so" in path for path in paths), paths
    sizes = [os.stat(path).st_size for path in paths]
    assert sizes == sorted(sizes, reverse=True) and not any("ld-linux" in path for path in paths), paths


@pytest.mark.parametrize("init", [None, "#!/bin/sh\n"])
def test_an_init_that_maps_nothing(hook, init):
    """A list without a name, and the initramfs is made."""
    if init:
        (hook.top / "sbin").mkdir()
        (hook.top / "sbin/init").write_text(init)
        (hook.top / "sbin/init").chmod(0o755)
    assert hook.run().returncode == 0
    assert (hook.dest / "etc/assay/ahead").read_text() == ""


def test_the_first_init_that_is_there(hook):
    """Of those that the record names."""
    hook.bundle.edit("init ", f"init {hook.top}/none\ninit /bin/true").sign()
    hook.store()
    assert hook.run().returncode == 0
    assert "/libc.so" in (hook.dest / "etc/assay/ahead").read_text()


def test_the_guard_has_no_loader(hook):
    """No variable of the loader's, set on the kernel's command line, is obeyed before it answers."""
    assert hook.run().returncode == 0
    told = subprocess.run(["readelf", "--dynamic", "--program-headers", "--wide", hook.dest / "usr/bin/assay-guard"],
                          capture_output=True, text=True, check=True).stdout
    assert "NEEDED" not in told and "INTERP" not in told, told
    assert "/usr/bin/assay-guard cmdline || exit 1" in (hook.dest / "conf/conf.d/00assay").read_text()


def test_the_guard_looks_for_init(plain_bin_dir):
    """As run-init -n: one line where there is none, and /init looks for another."""
    done = subprocess.run([plain_bin_dir / "assay-guard", "init", "/none", "/sbin/init"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "assay-guard: /none: No such file or directory\n")
    assert subprocess.run([plain_bin_dir / "assay-guard", "init", "/none"], capture_output=True).returncode == 2


@pytest.mark.parametrize("name", ["assay-boot", "assay-guard"])
def test_a_missing_program_is_missed(hook, name):
    """An initramfs without one of the two would not boot."""
    (hook.top / "usr/lib/assay" / name).unlink()
    hook.fails(f"{name}: missing; reinstall assay")


def test_without_a_lock_nothing_of_it_is_there(hook):
    """Neither the program nor what it is linked with."""
    assert hook.run().returncode == 0
    assert not list(hook.dest.rglob("assay-unlock")) and not list(hook.dest.rglob("libcryptsetup*"))
    assert not (hook.dest / "etc/assay/lock").exists()


@pytest.mark.parametrize("program, say", [
    (True, "does not say which volumes hang on it"), (False, "assay-unlock: missing; reinstall assay")])
def test_a_lock_that_can_not_be_read_keeps_the_old_initramfs(hook, program, say):
    """One without the lock's volumes would ask for the recovery key by surprise."""
    blob = hook.top / "var/lib/assay/lock/blob"
    blob.parent.mkdir()
    blob.write_bytes(b"assay-lock blob 1\n")
    if not program:
        (hook.top / "usr/lib/assay/assay-unlock").unlink()
    hook.fails(say)


@pytest.mark.parametrize("change", [
    ("init", "exec run-init", "exec switch_root"), ("init", "exec run-init", "# exec run-init"),
    ("init", INIT, INIT + INIT), ("init", "if read_fstab_entry /usr", "if read_entry /usr"),
    ("scripts/functions", "read_fstab_entry()", "read_entry()")])
def test_another_init_is_refused(hook, change):
    """An initramfs-tools that hands over, or reads the root's fstab, in another way."""
    name, old, new = change
    path = hook.dest / name
    path.write_text(path.read_text().replace(old, new))
    hook.fails("/init: does not")


def test_no_init_is_refused(hook):
    """A hook that runs before /init is there can't know what it does."""
    (hook.dest / "init").unlink()
    hook.fails("/init: is not in the initramfs")


def test_libraries_that_were_not_copied_are_missed(hook):
    """copy_exec that takes a failing ldd for a program without libraries."""
    hook.fails("could not be put into the initramfs", SILENT="1")


def test_a_program_whose_libraries_are_not_known(hook):
    """What ldd can't read is not put into an initramfs."""
    (hook.top / "ldd").mkdir()
    (hook.top / "ldd/ldd").write_text("#!/bin/sh\nexit 1\n")
    (hook.top / "ldd/ldd").chmod(0o755)
    hook.fails("assay-boot: ldd", PATH=f"{hook.top}/ldd:{os.environ['PATH']}")


@pytest.mark.parametrize("option", OPTIONS[:7] + OPTIONS[8:])
def test_a_kernel_that_could_only_stop(hook, option):
    """Each option that the record needs is missed; fs-verity is not one of this profile's."""
    hook.kernel(without=option)
    hook.fails(f"(CONFIG_{option})")


def test_a_kernel_that_the_record_asks_less_of(hook):
    """What the record does not want need not be built in, and in log mode nothing need be."""
    hook.kernel(without="SECURITY_YAMA")
    hook.bundle.edit("ptrace-scope", "ptrace-scope 0").sign()
    hook.store()
    assert hook.run().returncode == 0
    hook.kernel(without="IMA")
    hook.bundle.edit("mode", "mode log").sign()
    hook.store()
    assert hook.run(DESTDIR=str(fresh(hook))).returncode == 0


def fresh(hook):
    """Another initramfs to fill."""
    other = hook.top / "other"
    (other / "scripts").mkdir(parents=True)
    (other / "init").write_text(INIT)
    (other / "scripts/functions").write_text(READ_FSTAB)
    return other


def test_a_signature_that_does_not_verify(hook):
    """The record's digests are right, its signature is not."""
    hook.bundle.edit("ptrace-scope", "ptrace-scope 0")
    hook.store()
    hook.fails("record.sig")


@pytest.mark.parametrize("config, old, code", [
    ("mode = enforce ; x\n", True, 1), ("[e]\n mode=log\n", True, 1), ("mode = off\n", True, 0),
    ("mode = enforce\n", False, 0), ("#mode = enforce\n", True, 0)])
def test_without_a_record(hook, config, old, code):
    """Nothing to do; but a disable that was cut off in the middle is not a host without enforcement."""
    (hook.top / "etc/assay/assay.conf").write_text(config)
    boot = hook.top / "var/lib/assay/boot"
    boot.rename(hook.top / "var/lib/assay/boot.old")
    if not old:
        shutil.rmtree(hook.top / "var/lib/assay/boot.old")
    if code:
        hook.fails("was cut off")
    else:
        assert hook.run().returncode == 0
        assert (hook.dest / "init").read_text() == INIT


def test_tpm_drivers(hook):
    """Those that the kernel has, whatever bus they sit on."""
    drivers = hook.top / f"lib/modules/{VERSION}/kernel/drivers/char/tpm"
    drivers.mkdir(parents=True)
    for name in ("tpm_tis_spi.ko.xz", "tpm_crb.ko", "tpm_i2c_infineon.ko.zst", "tpm_ftpm_tee.ko", "tpm_vtpm_proxy.ko"):
        (drivers / name).write_text("")
    assert hook.run().returncode == 0
    assert sorted((hook.dest / "modules").read_text().split()) == [
        "tpm_crb", "tpm_ftpm_tee", "tpm_i2c_infineon", "tpm_tis_spi"]


@pytest.fixture
def read_usr(hook):
    """read_usr(fstab) lets the changed /init read the line for /usr of a root: exit code, what was refused."""
    assert hook.run().returncode == 0
    root = hook.top / "newroot"
    for name in ("dev", "proc", "run", "sys", "usr", "etc"):
        (root / name).mkdir(parents=True)
    told = hook.top / "told"
    judge = hook.top / "judge"
    judge.write_text(f"#!/bin/sh\necho \"$2\" >>'{told}'\nexit 1\n")
    judge.chmod(0o755)
    functions = (hook.dest / "scripts/functions").read_text().replace("/usr/bin/assay-guard", str(judge))

    def read(fstab, shell):
        (root / "etc/fstab").write_text(fstab)
        told.unlink(missing_ok=True)
        done = subprocess.run([*shell, "-c", f"{functions}\nread_fstab_entry /usr"], capture_output=True, text=True,
                              check=False, env={"rootmnt": str(root), "PATH": "/usr/bin:/bin"})
        assert not done.stderr, done
        return done.returncode, told.read_text() if told.exists() else ""
    read.root = root
    return read


PLAIN = [
    "UUID=0a-1b /usr ext4 defaults,errors=remount-ro 0 2", "/dev/mapper/vg-usr\t/usr\text4\tro",
    "LABEL=usr /usr btrfs subvol=/@usr,compress=zstd:3 0 0", "/dev/disk/by-id/ata-A+B:1-part2 /usr xfs defaults",
]
NOT_PLAIN = [
    "/root/evil /usr none bind 0 0", "/dev/sda1 /usr none BIND", "/dev/sda1 /usr ext4 ro,Loop=x",
    "/dev/sda1 /usr fuseblk ro", "/dev/../root/evil /usr ext4 ro", "/dev/sda1 /usr none rbind", "/dev/sda1 /usr",
    "/dev/mapper/x';sh;' /usr ext4 ro", "host:/usr /usr nfs ro", "/dev/sda1 /usr ../../root/evil ro",
    "-x=1 /usr ext4 ro", "/dev/sda1 /usr nfs ro", "/dev/sda1 /usr ext4 ro,loop", "/dev/sda1 /usr ext4 ro,loop=/dev/x",
    "/dev/sda1 /usr ext4 -obind", "/dev/sda1 /usr ext4 ro 0 $(sh)", "UUID=$(sh) /usr ext4 ro", "LABEL=a`sh` /usr ext4 ro",
]
SHELLS = [["dash"]] + ([["busybox", "sh"]] if shutil.which("busybox") else [])


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_plain_line_for_usr_is_read(read_usr, shell):
    """Devices, types and options as they are written for a /usr of its own; and none at all."""
    for line in PLAIN:
        assert read_usr(f"# /usr\nUUID=1 / ext4 ro 0 1\n{line}\n", shell) == (0, ""), line
    assert read_usr("UUID=1 / ext4 ro 0 1\n/x /usr/x none bind\n", shell) == (1, "")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_line_for_usr_that_could_do_more_is_refused(read_usr, shell):
    """Its words become arguments of mount, fsck and the scripts of the initramfs."""
    for line in NOT_PLAIN:
        code, told = read_usr(f"{line}\n", shell)
        assert code == 1 and "line for /usr is not a plain device" in told, line


@pytest.mark.parametrize("name", ["dev", "proc", "run", "sys", "usr"])
def test_a_root_whose_directories_are_links_is_refused(read_usr, name):
    """A link, even to a directory, and a directory that is not there."""
    path = read_usr.root / name
    path.rmdir()
    for _ in range(2):
        code, told = read_usr("", ["dash"])
        assert code == 1 and told == f"the root file system's /{name} is not a directory\n"
        if not path.is_symlink():
            path.symlink_to("etc")


def test_assay_boot_needs_few_libraries(plain_bin_dir):
    """Each more is code in process 1 of the initramfs, and one more file that a boot hangs on."""
    shown = subprocess.run(["readelf", "--dynamic", plain_bin_dir / "assay-boot"], capture_output=True, text=True,
                           check=True).stdout
    needed = re.findall(r"\(NEEDED\).*\[(lib[a-z0-9-]+)\.so", shown)
    assert sorted(needed) == ["libc", "libcrypto", "libkeyutils", "libtss2-esys", "libtss2-tcti-device"], shown
