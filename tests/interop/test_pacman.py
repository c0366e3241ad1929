# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's pacman with Assay's hooks: what is signed, with what, and what is refused."""

import json
import os
import shutil
import subprocess

import pytest

from frame.deb import ELF
from frame.pacman import PacmanHost, Vendor, attributes

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("pacman"),
                                reason="security.* attributes take root, and the tests pacman")

SCRIPT = b"#!/bin/sh\nexit 0\n"
FILES = {"/opt/tool": (SCRIPT, 0o755), "/opt/lib.so": (ELF, 0o644), "/opt/data": (b"data\n", 0o644),
         "/opt/setuid": (SCRIPT + b"# setuid\n", 0o4755), "/opt/other": (SCRIPT + b"# other\n", 0o750, 1, 2),
         "/opt/empty": (b"", 0o755)}
SIGNED = ("lib.so", "other", "setuid", "tool")
TOOL = {"/opt/tool": (SCRIPT, 0o755)}
LOG = "var/lib/assay/log"


@pytest.fixture(scope="module")
def vendor(tmp_path_factory):
    """Whose keyring is trusted."""
    made = Vendor(tmp_path_factory.mktemp("vendor"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """Whose is not."""
    made = Vendor(tmp_path_factory.mktemp("stranger"), "stranger")
    yield made
    made.close()


@pytest.fixture(scope="module")
def packages(vendor):
    """name -> a package that the vendor signed."""
    return {"files": vendor.build("files", FILES), "tool": vendor.build("tool", TOOL)}


@pytest.fixture
def host(tmp_path, plain_bin_dir, vendor):
    """One without a key, whose record is not in force."""
    (tmp_path / "host").mkdir()
    made = PacmanHost(tmp_path / "host", plain_bin_dir.parent)
    shutil.copy(vendor.keyring, made / "etc/assay/vendor.gpg")
    made.configure(keyrings="/etc/assay/vendor.gpg")
    yield made
    made.close()


@pytest.fixture
def signing(host, our_keys):
    """One with a key that can be used."""
    host.put_key(*our_keys["rsa2048"])
    return host


@pytest.fixture
def enforcing(signing, our_keys, vendor):
    """The same, whose record is in force."""
    signing.enforce(certs=[our_keys["rsa2048"][1]], keyrings=[vendor.keyring])
    return signing


@pytest.fixture
def keyless(host, our_keys, vendor):
    """One without a key that enforces."""
    host.put_key(None, our_keys["rsa2048"][1])
    host.enforce(certs=[our_keys["rsa2048"][1]], keyrings=[vendor.keyring])
    return host


def refused(done, host, *words):
    """pacman unpacked nothing, and one line of ours says why."""
    said = done.out + done.err
    lines = [line for line in said.splitlines() if "assay: refused: " in line]
    assert done.rc != 0 and len(lines) == 1, done
    assert "assay: nothing was unpacked" in said, done
    for word in words:
        assert word in lines[0], done
    assert not (host / "opt").exists() and not (host / LOG).exists()


def verify(run, evmctl, cert, path, evm):
    """Ours and theirs, which asks of an EVM's file what tmpfs does not know."""
    done = run("assay-sign", "verify", "--cert", cert, *([] if evm else ["--no-evm"]), path)
    assert done.rc == 0, done
    evmctl("ima_verify", "--key", cert, path)
    assert ("evm" in attributes(path)) == evm


@pytest.mark.parametrize("evm", ("off", "portable"))
def test_a_signed_package_is_signed_by_the_host(signing, packages, run, evmctl, our_keys, evm):
    """What the kernel would appraise, whatever its owner and mode; nothing else."""
    signing.configure(evm=evm, keyrings="/etc/assay/vendor.gpg")
    done = signing.pacman("-U", packages["files"])
    assert done.rc == 0 and "assay: " not in done.out + done.err, done
    for name in SIGNED:
        verify(run, evmctl, our_keys["rsa2048"][1], signing / f"opt/{name}", evm != "off")
    assert not attributes(signing / "opt/data") and not attributes(signing / "opt/empty")
    assert os.stat(signing / "opt/setuid").st_mode & 0o7777 == 0o4755
    assert not os.listdir(signing / "var/lib/assay/packages")


def test_it_is_what_the_log_says(enforcing, packages):
    """By whose word, and which file."""
    assert enforcing.pacman("-U", packages["tool"]).rc == 0
    entry = json.loads((enforcing / LOG).read_text())
    digest = subprocess.run(["sha256sum", packages["tool"]], check=True, capture_output=True, text=True).stdout[:64]
    assert (entry["package"], entry["version"], entry["architecture"], entry["by"], entry["files"],
            entry["sha256"]) == ("tool", "1-1", "x86_64", "pacman", 1, digest)


def test_from_a_repository(enforcing, packages, run, evmctl, our_keys):
    """What pacman downloads to its cache is found there by its lists."""
    enforcing.publish(packages["tool"])
    done = enforcing.pacman("-Sy", "tool")
    # Its levels ask for no signature, so that it is not downloaded.
    refused(done, enforcing, "tool-1-1", "no .sig lies beside it")
    shutil.copy(f"{packages['tool']}.sig", enforcing / "var/cache/pacman/pkg")
    done = enforcing.pacman("-S", "tool")
    assert done.rc == 0, done
    verify(run, evmctl, our_keys["rsa2048"][1], enforcing / "opt/tool", False)


def test_before_anything_executes_it(enforcing, vendor):
    """The package's own script runs what it brought: once that goes on, the signature is there."""
    script = "post_install() { /opt/tool; getfattr -n security.ima --only-values /opt/tool >/var/tmp/seen; }\n"
    package = vendor.build("early", {"/opt/tool": (b"#!/bin/sh\necho it runs\n", 0o755)}, install=script)
    done = enforcing.pacman("-U", package)
    assert done.rc == 0 and "it runs" in done.out, done
    assert (enforcing / "var/tmp/seen").read_bytes() == os.getxattr(enforcing / "opt/tool", "security.ima")


@pytest.mark.parametrize("files", (TOOL, {f"/opt/{n}": (SCRIPT + b"# %d\n" % n, 0o755) for n in range(40)}),
                         ids=("one", "many"))
def test_fs_verity_comes_when_the_writer_is_gone(signing, vendor, files):
    """Without an execution that would wait for it: a program that runs may load what was just installed."""
    signing.configure(profile="verity", evm="portable", keyrings="/etc/assay/vendor.gpg")
    signing.play_verity()
    script = ("post_install() { for n in $(seq 400); do sleep 0.01; set -- $(getfattr -d -m security.ima /opt/* | grep -c =);"
              f" [ $1 -ge {len(files)} ] && echo all of them && break; done; }}\n")
    package = vendor.build("verity" + str(len(files)), files, install=script)
    done = signing.pacman("-U", package)
    assert done.rc == 0 and "all of them" in done.out, done
    for path in files:
        assert os.getxattr(signing / path, "security.ima")[:2] == b"\x06\x03" and "evm" in attributes(signing / path)


@pytest.mark.parametrize("verb", ("-U", "-S"))
def test_upgrade_and_removal(enforcing, vendor, run, evmctl, our_keys, verb):
    """The new content has a new signature; a removal asks for nothing."""
    old = vendor.build("tool", TOOL)
    new = vendor.build("tool", {"/opt/tool": (SCRIPT + b"# new\n", 0o755)}, version="2-1")
    assert enforcing.pacman("-U", old).rc == 0
    was = os.getxattr(enforcing / "opt/tool", "security.ima")
    if verb == "-S":
        enforcing.publish(new)
        shutil.copy(f"{new}.sig", enforcing / "var/cache/pacman/pkg")
        done = enforcing.pacman("-Syu")
    else:
        done = enforcing.pacman("-U", new)
    assert done.rc == 0, done
    verify(run, evmctl, our_keys["rsa2048"][1], enforcing / "opt/tool", False)
    assert os.getxattr(enforcing / "opt/tool", "security.ima") != was
    done = enforcing.pacman("-R", "tool")
    assert done.rc == 0 and "assay" not in done.out + done.err and not (enforcing / "opt/tool").exists(), done


def test_scripts_change_owners(signing, vendor, run, evmctl, our_keys):
    """What a package's script does to it is signed once more."""
    signing.configure(evm="portable", keyrings="/etc/assay/vendor.gpg")
    package = vendor.build("owner", TOOL, install="post_install() { chown 1:4 /opt/tool; chmod 4711 /opt/tool; }\n")
    done = signing.pacman("-U", package)
    assert done.rc == 0 and os.stat(signing / "opt/tool").st_uid == 1, done
    verify(run, evmctl, our_keys["rsa2048"][1], signing / "opt/tool", True)


def test_many_at_once(enforcing, vendor, run, our_keys):
    """All of them are judged, all are signed."""
    made = [vendor.build(f"many{n}", {f"/opt/{n}": (SCRIPT + b"# %d\n" % n, 0o755)}) for n in range(12)]
    done = enforcing.pacman("-U", *made)
    assert done.rc == 0, done
    for n in range(12):
        assert run("assay-sign", "verify", "--cert", our_keys["rsa2048"][1], "--no-evm", enforcing / f"opt/{n}").rc == 0


def test_an_unsigned_package_is_refused(enforcing, vendor):
    """However little pacman itself asks for."""
    refused(enforcing.pacman("-U", vendor.build("bare", TOOL, sign=False)), enforcing, "bare-1-1",
            "carries no signatures, and no .sig lies beside it")


def test_a_byte_changed_is_refused(enforcing, vendor):
    """After it was signed."""
    package = vendor.build("byte", TOOL)
    other = vendor.build("byte", TOOL | {"/opt/more": (SCRIPT, 0o755)})
    vendor.sign(package)
    signature = package.with_name(package.name + ".sig").read_bytes()
    vendor.build("byte", TOOL)
    package.with_name(package.name + ".sig").write_bytes(signature)
    assert other == package
    refused(enforcing.pacman("-U", package), enforcing, "byte-1-1", "it is not what key ")


def test_a_stranger_s_package_is_refused(enforcing, stranger):
    """Its key is in no keyring that counts, whatever pacman's own has."""
    refused(enforcing.pacman("-U", stranger.build("strange", TOOL)), enforcing, "strange-1-1",
            "which no trusted keyring has")


def test_a_keyring_that_came_after_the_record_does_not_count(enforcing, stranger):
    """Root edits the configuration, and nothing changes but at the next boot."""
    shutil.copy(stranger.keyring, enforcing / "etc/assay/stranger.gpg")
    (enforcing / "etc/assay/assay.conf").write_text("[packages]\nkeyrings = /etc/assay/stranger.gpg\n")
    refused(enforcing.pacman("-U", stranger.build("late", TOOL)), enforcing, "which no trusted keyring has")


def test_another_package_s_signature_is_none(enforcing, vendor, packages):
    """A good one, beside the wrong package."""
    package = vendor.build("moved", TOOL, sign=False)
    shutil.copy(f"{packages['tool']}.sig", f"{package}.sig")
    refused(enforcing.pacman("-U", package), enforcing, "it is not what key ")


def test_a_signed_message_is_no_signature(enforcing, vendor):
    """One that holds what it is over, for which the package does not count."""
    package = vendor.build("inline", TOOL, sign=False)
    message = vendor.top / "message"
    message.write_text("anything\n")
    for words in (("--sign",), ("--clearsign",)):
        vendor.gpg(*words, "--output", f"{package}.sig", message)
        refused(enforcing.pacman("-U", package), enforcing, "inline-1-1")


@pytest.mark.parametrize("content", (b"", b"x", b"\x89\x02" + bytes(600)))
def test_a_signature_that_is_none(enforcing, vendor, content):
    """Empty, short, nonsense."""
    package = vendor.build(f"none{len(content)}", TOOL, sign=False)
    package.with_name(package.name + ".sig").write_bytes(content)
    refused(enforcing.pacman("-U", package), enforcing, "holds no signature over it that counts")


def test_one_refused_refuses_the_transaction(enforcing, vendor, packages):
    """Before the other one is unpacked."""
    refused(enforcing.pacman("-U", packages["tool"], vendor.build("bad", {"/opt/bad": (SCRIPT, 0o755)}, sign=False)),
            enforcing, "bad-1-1")


def test_what_is_not_found_is_refused(enforcing, packages):
    """A cache that nobody is told of."""
    enforcing.publish(packages["tool"])
    (enforcing / "usr/share/libalpm/hooks/00-a.hook").write_text(
        "[Trigger]\nOperation = Install\nType = Package\nTarget = *\n[Action]\nWhen = PreTransaction\n"
        "Exec = /usr/bin/rm -f /var/cache/pacman/pkg/tool-1-1-x86_64.pkg.tar.zst\n")
    refused(enforcing.pacman("-Sy", "tool"), enforcing, "tool: its package was not found")


def test_without_a_key_packages_are_refused(keyless, packages):
    """However well they are signed."""
    refused(keyless.pacman("-U", packages["tool"]), keyless, "no key signs here without asking")


def test_without_a_key_a_package_brings_its_signatures(keyless, packages, run, evmctl, our_keys, tmp_path):
    """Made elsewhere, by assay pkg sign, and beside the package."""
    package = shutil.copy(packages["files"], tmp_path)
    package = type(tmp_path)(package)
    key, cert = our_keys["rsa2048"]
    done = run("assay-pkg", "sign", "--detached", "--no-evm", "--key", key, "--cert", cert, package)
    assert done.rc == 0, done
    assert run("assay-pkg", "verify", "--cert", cert, package).rc == 0
    done = keyless.pacman("-U", package)
    assert done.rc == 0, done
    for name in SIGNED:
        verify(run, evmctl, cert, keyless / f"opt/{name}", False)
    assert json.loads((keyless / LOG).read_text())["by"] == "signature"


def test_signatures_lie_beside_a_package(run, packages, our_keys, tmp_path):
    """There is no place for them within."""
    package = shutil.copy(packages["tool"], tmp_path)
    done = run("assay-pkg", "sign", "--key", our_keys["rsa2048"][0], "--cert", our_keys["rsa2048"][1], package)
    assert done.rc == 2 and done.err.count("\n") == 1 and "--detached" in done.err, done


def test_brought_signatures_of_another_package_are_refused(keyless, vendor, packages, run, our_keys, tmp_path):
    """As with Debian's packages."""
    other = vendor.build("tool", {"/opt/tool": (SCRIPT + b"# else\n", 0o755)}, version="3-1")
    package = shutil.copy(packages["tool"], tmp_path)
    assert run("assay-pkg", "sign", "--detached", "--no-evm", "--key", our_keys["rsa2048"][0], "--cert",
               our_keys["rsa2048"][1], package).rc == 0
    shutil.copy(f"{package}.assay", f"{other}.assay")
    refused(keyless.pacman("-U", other), keyless, "tool-3-1")


@pytest.mark.parametrize("mode", ("off", "log"))
def test_where_nothing_is_enforced_packages_are_installed(signing, vendor, mode):
    """Unsigned."""
    signing.configure(mode=mode, keyrings="/etc/assay/vendor.gpg")
    done = signing.pacman("-U", vendor.build(f"free-{mode}", TOOL, sign=False))
    assert done.rc == 0 and not attributes(signing / "opt/tool"), done


def test_before_it_is_enabled_nothing_is_looked_at(signing, packages):
    """No record, no business of Assay's."""
    (signing / "var/lib/assay/boot/record").unlink()
    done = signing.pacman("-U", packages["tool"])
    assert done.rc == 0 and not attributes(signing / "opt/tool") and not (signing / LOG).exists(), done


def test_the_operator_s_word_is_taken(enforcing, vendor):
    """As with dpkg."""
    enforcing.inside.env["ASSAY_UNSIGNED"] = "accept"
    done = enforcing.pacman("-U", vendor.build("accepted", TOOL, sign=False))
    assert done.rc == 0 and not attributes(enforcing / "opt/tool"), done


def test_another_root_is_none_of_ours(enforcing, vendor):
    """Its own hooks are what pacman runs there."""
    for name in ("usr/bin", "usr/lib", "usr/lib64", "proc", "var/lib/pacman", "tmp"):
        (enforcing / f"var/tmp/other/{name}").mkdir(parents=True)
    shutil.copytree(enforcing / "usr/share/libalpm", enforcing / "var/tmp/other/usr/share/libalpm")
    for name in ("tmp/assay-dpkg", "tmp/transaction", "run/assay/boot"):
        (enforcing / f"var/tmp/other/{name}").parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(enforcing / name, enforcing / f"var/tmp/other/{name}")
    done = enforcing.pacman("--root", "/var/tmp/other", "-U", vendor.build("root", TOOL, sign=False))
    assert "assay: refused" not in done.out + done.err, done


def test_a_broken_record_is_trouble(enforcing, packages):
    """Fails closed, in one line."""
    (enforcing / "run/assay/record").write_text("assay-record 1\n")
    done = enforcing.pacman("-U", packages["tool"])
    assert done.rc != 0 and not (enforcing / "opt").exists(), done
    assert "what pacman installs could not be signed" in done.out + done.err, done


def test_a_configuration_that_pacman_can_t_read(enforcing, packages):
    """Where it keeps its packages is not guessed."""
    lines = (enforcing / "tmp/transaction").read_text()
    (enforcing / "tmp/transaction").write_text(lines.replace("exec ", "exec unshare -m sh -c 'mount --bind /usr/bin/false "
                                                             "/usr/bin/pacman-conf; exec \"$@\"' sh "))
    done = enforcing.pacman("-U", packages["tool"])
    assert done.rc != 0 and not (enforcing / "opt").exists() and "pacman-conf" in done.out + done.err, done


def test_the_process_has_to_be_told(run):
    """What the hooks do not say is nobody's pacman."""
    for words in (("begin", "--pacman", "1"), ("begin", "--pacman", "x"), ("end", "--pacman", "0")):
        done = run("assay-transaction", *words)
        assert done.rc == 2 and done.err.count("\n") == 1, done


@pytest.mark.parametrize("names, why", ((b"", "names no package"), (b"\n\n", "names no package"),
                                        (b"".join(b"p%d\n" % n for n in range(16385)), "more than 16384 packages"),
                                        (b"x" * (4 << 20) + b"y", "the names of packages")),
                         ids=("none", "empty lines", "too many", "too much"))
def test_names_that_are_none_or_too_many(run, tmp_path, names, why):
    """Before anything is looked at."""
    path = tmp_path / "names"
    path.write_bytes(names)
    with open(path, "rb") as stdin:
        done = run("assay-transaction", "begin", "--pacman", str(os.getpid()), stdin=stdin)
    assert done.rc == 2 and done.err.count("\n") == 1 and why in done.err, done
