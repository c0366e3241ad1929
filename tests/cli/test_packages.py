# SPDX-License-Identifier: GPL-2.0-or-later
"""sign and verify over what dpkg installed."""

import json
import os
import subprocess

import pytest

from frame.deb import ELF
from frame.dpkg_root import DpkgRoot, has_ima
from frame.terminal import on_terminal

SCRIPT = b"#!/bin/sh\nexit 0\n"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


@pytest.fixture(scope="session")
def key(tmp_path_factory, bin_dir):
    """(key, certificate) of a P-256 key."""
    top = tmp_path_factory.mktemp("key")
    pair = (top / "signing.key", top / "signing.der")
    subprocess.run([bin_dir / "assay-sign", "keygen", "--type", "p256", "--no-passphrase",
                    "--key", pair[0], "--cert", pair[1]], check=True)
    return pair


@pytest.fixture
def root(tmp_path):
    """A root with one package: a program, a library, data, a conffile script, a postrm."""
    made = DpkgRoot(tmp_path / "root")
    made.install("one", {
        "/bin/tool": (SCRIPT, 0o755),
        "/usr/lib/libone.so.1": (ELF, 0o644),
        "/usr/share/one/data": (b"data", 0o644),
        "/etc/cron.daily/one": (SCRIPT, 0o755),
    }, conffiles=["/etc/cron.daily/one"], scripts={"postrm": SCRIPT.decode()})
    return made


@pytest.fixture
def sign(run, key, root):
    """sign(option...) on the root."""
    return lambda *args: run("assay-sign", "sign", "--key", key[0], "--cert", key[1],
                             "--root", root.path, "--profile", "signature", *args)


@pytest.fixture
def verify(run, key, root):
    """verify(option...) on the root."""
    return lambda *args: run("assay-sign", "verify", "--cert", key[1], "--root", root.path,
                             "--profile", "signature", *args)


SIGNED = ("usr/bin/tool", "usr/lib/libone.so.1", "etc/cron.daily/one",
          "var/lib/dpkg/info/one.postrm")


def test_what_the_kernel_appraises_is_signed_and_nothing_else(root, sign, verify):
    """Programs, libraries, conffile scripts and maintainer scripts; verify agrees; quietly."""
    done = sign("--installed")
    assert (done.rc, done.out, done.err) == (0, "", ""), done
    for name in SIGNED:
        assert has_ima(root / name), name
    assert not has_ima(root / "usr/share/one/data")
    done = verify("--installed")
    assert (done.rc, done.out, done.err) == (0, "", ""), done


def test_verify_before_signing_says_no(verify):
    """Each unsigned file is a line on stdout, exit 1."""
    done = verify("--installed")
    assert done.rc == 1 and done.out.count("\n") == len(SIGNED), done


def test_a_second_run_changes_nothing(root, sign):
    """What carries a valid signature keeps it, its times too."""
    sign("--installed")
    before = {name: os.stat(root / name).st_ctime_ns for name in SIGNED}
    done = sign("--installed", "--verbose")
    assert done.rc == 0 and f"0 signed, {len(SIGNED)} signed before, 0 left" in done.err, done
    assert before == {name: os.stat(root / name).st_ctime_ns for name in SIGNED}


def test_a_changed_program_is_not_signed(root, sign):
    """The line names the package and the way out; the rest is signed; exit 1."""
    with (root / "usr/bin/tool").open("ab") as out:
        out.write(b"evil\n")
    done = sign("--installed")
    assert done.rc == 1 and done.err.count("\n") == 1, done
    assert "usr/bin/tool: differs from what one delivered: reinstall one" in done.err
    assert not has_ima(root / "usr/bin/tool") and has_ima(root / "usr/lib/libone.so.1")


def test_what_was_signed_by_name_is_left_in_peace(root, run, key, sign):
    """The operator's word stands: the changed file keeps its signature, exit 0."""
    (root / "usr/bin/tool").write_bytes(SCRIPT + b"# mine\n")
    run("assay-sign", "sign", "--key", key[0], "--cert", key[1], "--profile", "signature",
        root / "usr/bin/tool")
    assert sign("--installed").rc == 0
    (root / "usr/bin/tool").write_bytes(SCRIPT + b"# changed again\n")
    assert sign("--installed").rc == 1


def test_changed_data_is_no_matter(root, sign):
    """What is not appraised is not compared."""
    (root / "usr/share/one/data").write_bytes(b"other")
    assert sign("--installed").rc == 0


def test_a_changed_conffile_wants_a_word(root, sign):
    """Reported without --changed-conffiles, signed with it."""
    (root / "etc/cron.daily/one").write_bytes(SCRIPT + b"# local\n")
    done = sign("--installed")
    assert done.rc == 1 and "conffile of one, changed on this host" in done.err, done
    assert not has_ima(root / "etc/cron.daily/one")
    assert sign("--installed", "--changed-conffiles").rc == 0
    assert has_ima(root / "etc/cron.daily/one")


def test_a_file_without_a_digest_is_not_signed(root, sign):
    """A package whose md5sums are lost is not believed."""
    (root / "var/lib/dpkg/info/one.md5sums").unlink()
    done = sign("--installed")
    assert done.rc == 1 and "usr/bin/tool: one recorded no digest of it" in done.err, done


def test_a_damaged_digest_file_concerns_one_package(root, sign):
    """One line that names file and line; other packages are signed; exit 2."""
    root.install("two", {"/usr/bin/two": (SCRIPT, 0o755)})
    (root / "var/lib/dpkg/info/one.md5sums").write_text("nonsense\n")
    done = sign("--installed")
    assert done.rc == 2 and "one.md5sums: line 1: not a digest and a name" in done.err, done
    assert has_ima(root / "usr/bin/two")


def test_a_diverted_file_is_compared_where_it_lies(root, sign, verify):
    """one's tool was moved away for two's: both are signed, each against its own package."""
    root.divert("two", "/bin/tool", "/bin/tool.one")
    root.install("two", {"/bin/tool": (SCRIPT + b"# two\n", 0o755)})
    assert (root / "usr/bin/tool.one").read_bytes() == SCRIPT
    assert sign("--installed").rc == 0
    assert has_ima(root / "usr/bin/tool.one") and has_ima(root / "usr/bin/tool")
    assert verify("--installed").rc == 0
    (root / "usr/bin/tool.one").write_bytes(SCRIPT + b"# two\n")
    done = sign("--package", "one")
    assert done.rc == 1 and "tool.one: differs from what one delivered" in done.err, done


def test_one_package(root, sign, verify):
    """--package signs that package only; repeated, several; with its architecture too."""
    root.install("two", {"/usr/bin/two": (SCRIPT, 0o755)})
    root.install("three", {"/usr/bin/three": (SCRIPT, 0o755)})
    assert sign("--package", "two").rc == 0
    assert has_ima(root / "usr/bin/two") and not has_ima(root / "usr/bin/tool")
    assert verify("--package", "two").rc == 0 and verify("--package", "one").rc == 1
    assert sign("--package", "one", "--package", "three").rc == 0
    assert verify("--installed").rc == 0


@pytest.mark.parametrize("name, reason", [("none", "dpkg knows none of that name"),
                                          ("one:weird", "dpkg knows none of that name")])
def test_an_unknown_package_is_trouble(root, sign, name, reason):
    """Nothing is signed then."""
    done = sign("--package", "one", "--package", name)
    assert done.rc == 2 and done.err == f"assay-sign: sign: package {name}: {reason}\n", done
    assert not has_ima(root / "usr/bin/tool")


@pytest.mark.parametrize("how", [["--installed"], ["--package", "one"]])
def test_the_scripts_of_a_removed_package_are_signed(root, sign, verify, how):
    """dpkg runs its postrm when it is purged; of what it left behind no other file is touched."""
    root_status(root, "install ok installed", "deinstall ok config-files")
    info = root / "var/lib/dpkg/info"
    (info / "one.list").write_text("/etc\n/etc/cron.daily\n/etc/cron.daily/one\n")
    (info / "one.md5sums").unlink()
    for name in ("usr/bin/tool", "usr/lib/libone.so.1", "usr/share/one/data"):
        (root / name).unlink()
    done = verify(*how)
    assert done.rc == 1 and done.out.count("\n") == 1 and "info/one.postrm: no sig" in done.out, done
    done = sign(*how)
    assert (done.rc, done.out, done.err) == (0, "", ""), done
    assert has_ima(root / "var/lib/dpkg/info/one.postrm")
    assert not has_ima(root / "etc/cron.daily/one")
    assert verify(*how).rc == 0
    done = verify("--unowned")
    assert done.rc == 1 and "cron.daily/one: belongs to no package" in done.out, done


def test_a_purged_package_is_trouble(root, sign):
    """Nothing of it is there."""
    root_status(root, "install ok installed", "purge ok not-installed")
    done = sign("--package", "one")
    assert done.rc == 2 and "package one: not installed" in done.err, done


def root_status(root, old, new):
    """Rewrites the states in status."""
    status = root / "var/lib/dpkg/status"
    status.write_text(status.read_text().replace(old, new))


@pytest.mark.parametrize("state, reason", [
    ("install ok half-installed", "one: half-installed: reinstall it"),
    ("install reinstreq half-installed", "one: its installation broke off: reinstall it"),
])
def test_a_half_installed_package_is_reported(root, sign, verify, state, reason):
    """Its files may be of two versions: nothing of it is signed, exit 1."""
    root.install("two", {"/usr/bin/two": (SCRIPT, 0o755)})
    root_status(root, "Package: one\nStatus: install ok installed",
                f"Package: one\nStatus: {state}")
    done = sign("--installed")
    assert done.rc == 1 and reason in done.err, done
    assert not has_ima(root / "usr/bin/tool") and has_ima(root / "usr/bin/two")
    assert verify("--installed").rc == 1


def test_an_unpacked_package_is_signed(root, sign):
    """It is what dpkg runs next: its postinst."""
    root_status(root, "install ok installed", "install ok unpacked")
    assert sign("--installed").rc == 0 and has_ima(root / "var/lib/dpkg/info/one.postrm")


def test_hard_links_and_odd_names(root, sign, verify):
    """Links of one inode are done once; names with spaces and bytes that are no UTF-8 too."""
    odd = os.fsdecode(b"/usr/lib/\xff\xfe odd")
    root.install("two", {"/usr/bin/two": (SCRIPT, 0o755), odd: (ELF, 0o644)})
    os.link(root / "usr/bin/two", root / "usr/bin/two-again")
    assert sign("--installed").rc == 0
    assert has_ima(os.fsencode(root.path) + os.fsencode(odd))
    assert verify("--installed").rc == 0


def test_unowned_executables_are_found(root, sign, verify):
    """A program that no package brought and nobody signed is a line, in both spellings of /bin."""
    sign("--installed")
    assert verify("--unowned").rc == 0
    (root / "usr/bin/dropped").write_bytes(SCRIPT)
    (root / "usr/bin/dropped").chmod(0o755)
    done = verify("--installed", "--unowned")
    assert done.rc == 1 and done.out.count("\n") == 1, done
    assert "usr/bin/dropped: belongs to no package: no signature" in done.out


def test_generated_scripts_of_a_package_are_signed(root, sign):
    """console-setup writes programs that udev runs; no list has them."""
    root.install("console-setup", {"/usr/share/x": (b"", 0o644)})
    made = root / "etc/console-setup/cached_setup_font.sh"
    made.parent.mkdir(parents=True)
    made.write_bytes(SCRIPT)
    made.chmod(0o755)
    assert sign("--installed").rc == 0 and has_ima(made)


@pytest.mark.parametrize("place", ["var/lib/dpkg/info/one.config", "etc/console-setup/cached_setup_x.sh"])
def test_no_program_is_signed_in_a_scripts_place(root, sign, place):
    """What no digest tells is signed only as the script that it has to be, and under one name."""
    root.install("console-setup", {"/usr/share/x": (b"", 0o644)})
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(ELF)
    path.chmod(0o755)
    done = sign("--installed")
    assert done.rc == 1 and "is no script" in done.err and not has_ima(path), done
    kernel = bytearray(b"#!/bin/sh\n".ljust(0x210, b"#"))
    kernel[0x1fe:0x200], kernel[0x202:0x206] = b"\x55\xaa", b"HdrS"    # kexec would take it
    path.write_bytes(kernel)
    done = sign("--installed")
    assert done.rc == 1 and "is no script" in done.err and not has_ima(path), done
    path.write_bytes(SCRIPT)
    os.link(path, root / "usr/bin/other")
    done = sign("--installed")
    assert done.rc == 1 and "has 2 names" in done.err and not has_ima(path), done


def test_a_kernel_on_a_boot_partition_without_attributes_is_left_out(root, sign, verify):
    """VFAT keeps none; only kexec would want a signature.  A program there is said."""
    kernel = bytearray(0x210)
    kernel[0x1FE:0x206] = b"\x55\xaa\x00\x00HdrS"
    (root / "boot").mkdir()
    subprocess.run(["mount", "-t", "ramfs", "none", root / "boot"], check=True)
    try:
        root.install("linux-image", {"/boot/vmlinuz": (bytes(kernel), 0o644)})
        assert sign("--installed").rc == 0 and verify("--installed").rc == 0
        root.install("two", {"/boot/tool": (SCRIPT, 0o755)})
        done = sign("--installed")
        assert done.rc == 2 and "boot/tool: its file system keeps no security" in done.err, done
    finally:
        subprocess.run(["umount", root / "boot"], check=True)


def test_dry_run_writes_nothing(root, sign):
    """It finds the same faults."""
    (root / "etc/cron.daily/one").write_bytes(SCRIPT + b"# local\n")
    done = sign("--installed", "--dry-run")
    assert done.rc == 1 and "conffile of one" in done.err, done
    assert not has_ima(root / "usr/bin/tool") and not (root / "var/lib/assay").exists()
    assert f"{len(SIGNED) - 1} would be signed, 0 signed before, 1 left" in sign(
        "--installed", "--dry-run", "--verbose").err


def test_json(root, sign):
    """One object per file that was left unsigned, the totals last."""
    (root / "usr/bin/tool").write_bytes(b"other")
    done = sign("--installed", "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.rc == 1 and lines[0]["outcome"] == "denied", done
    assert lines[0]["path"].endswith("/usr/bin/tool") and "reinstall one" in lines[0]["reason"]
    assert lines[-1]["summary"]["signed"] == len(SIGNED) - 1


def test_a_root_has_its_own_configuration(root, run, tmp_path):
    """From a rescue system: key, certificates and settings are those of the system below."""
    etc = root / "etc/assay"
    for name in ("keys", "certs"):
        (etc / name).mkdir(parents=True)
    assert run("assay-sign", "keygen", "--type", "p256", "--no-passphrase", "--key",
               etc / "keys/signing.key", "--cert", etc / "certs/signing.der").rc == 0
    (etc / "assay.conf").write_text("[enforcement]\nprofile = signature\n[keys]\n"
                                    "signing = /etc/assay/keys/signing.key\n")
    for words in (["sign", "--installed"], ["verify", "--installed", "--evm"]):
        done = run("assay-sign", *words, "--root", root.path)
        assert (done.rc, done.out, done.err) == (0, "", ""), done
    os.removexattr(root / "usr/bin/tool", "security.ima")
    done = run("assay-sign", "repair", "--root", root.path)
    assert (done.rc, done.err) == (0, "") and has_ima(root / "usr/bin/tool"), done
    (etc / "assay.conf").write_text("nonsense\n")
    done = run("assay-sign", "repair", "--root", root.path)
    assert done.rc == 2 and f"{etc}/assay.conf" in done.err, done


def test_a_file_that_is_named_lies_below_the_root(root, run):
    """Links in its name lead where they lead there; key, certificate and manifest are its own."""
    assert run("assay-sign", "keygen", "--type", "p256", "--no-passphrase", "--root",
               root.path).rc == 0
    (root / "usr/bin/link").symlink_to("/usr/bin/tool")
    (root / "out").symlink_to("/../../../../usr/lib")
    more = ["--root", root.path, "--profile", "signature"]
    manifest = root / "manifest"
    for name in ("/bin/link", "bin/../../../bin/tool"):
        done = run("assay-sign", "sign", "--manifest", manifest, *more, name)
        assert (done.rc, done.out, done.err) == (0, "", "") and has_ima(root / "usr/bin/tool"), done
        assert "/usr/bin/tool" in manifest.read_text() and str(root) not in manifest.read_text()
        done = run("assay-sign", "verify", *more, "--evm", name)
        assert (done.rc, done.out, done.err) == (0, "", ""), done
        os.removexattr(root / "usr/bin/tool", "security.ima")
        done = run("assay-sign", "repair", "--root", root.path, "--manifest", manifest, name)
        assert (done.rc, done.err) == (0, "") and has_ima(root / "usr/bin/tool"), done
        os.removexattr(root / "usr/bin/tool", "security.ima")
    assert run("assay-sign", "sign", "-r", *more, "/out", "/bin").rc == 0
    assert has_ima(root / "usr/lib/libone.so.1") and has_ima(root / "usr/bin/tool")
    assert not (root / "var/lib/assay").exists()


@pytest.mark.parametrize("command", ["sign", "verify", "repair"])
def test_a_file_that_the_root_has_not(root, run, command):
    """That the running system has one of its name is no matter."""
    assert run("assay-sign", "keygen", "--type", "p256", "--no-passphrase", "--root",
               root.path).rc == 0
    (root / "var/lib/assay").mkdir(parents=True)
    assert run("assay-sign", "sign", "--installed", "--root", root.path).rc == 0
    done = run("assay-sign", command, "--root", root.path, "/bin/sh")
    assert done.rc == 2 and "/bin/sh: open: No such file" in done.err, done


def test_no_database_is_trouble(run, key, tmp_path):
    """The line names what is missing."""
    done = run("assay-sign", "sign", "--key", key[0], "--cert", key[1], "--installed",
               "--root", tmp_path)
    assert done.rc == 2 and f"{tmp_path}/var/lib/dpkg: No such file" in done.err, done


@pytest.mark.parametrize("args, words", [
    (["--installed", "/bin/sh"], "take no file names"),
    (["--package", "x", "/bin/sh"], "take no file names"),
    (["--installed", "--package", "x"], "already has every package"),
    (["--changed-conffiles", "/bin/sh"], "wants --installed or --package"),
    (["--root", "", "--installed"], "--root: not a directory"),
    ([], "no file is named"),
])
def test_misuse(trouble, args, words):
    """One line that says what is wrong, exit 2."""
    assert words in trouble("assay-sign", "sign", *args).err


def test_progress_counts_packages(root, key, plain_bin_dir):
    """On a terminal, after a second: which package of how many.  The file is large, and not as dpkg knows it."""
    os.truncate(root / "usr/bin/tool", 2 << 30)
    code, shown = on_terminal([plain_bin_dir / "assay-sign", "sign", "--installed", "--root", root.path, "--key",
                               key[0], "--cert", key[1], "--profile", "signature", "--no-evm"])
    assert code == 1 and "\rsigning packages: 1 of 1" in shown, shown
