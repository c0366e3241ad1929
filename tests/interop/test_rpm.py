# SPDX-License-Identifier: GPL-2.0-or-later
"""rpm with Assay's plugin: what is signed, with what, and what is refused."""

import json
import os
import shutil
import subprocess

import pytest

from frame.deb import ELF
from frame.rpm import RpmHost, Vendor, attributes, put_file_signatures, query

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")

SCRIPT = b"#!/bin/sh\nexit 0\n"
X, DATA = "%attr(0755,root,root)", "%attr(0644,root,root)"
FILES = {"/opt/tool": (SCRIPT, X), "/opt/link": (None, X), "/opt/lib.so": (ELF, DATA), "/opt/data": (b"data\n", DATA),
         "/opt/setuid": (SCRIPT + b"# setuid\n", "%attr(4755,root,root)"),
         "/opt/caps": (SCRIPT + b"# caps\n", X + " %caps(cap_net_raw=ep)"), "/opt/empty": (b"", X)}
SIGNED = ("caps", "lib.so", "link", "setuid", "tool")
TOOL = {"/opt/tool": (SCRIPT, X)}


@pytest.fixture(scope="module")
def vendor(tmp_path_factory):
    """Whose key is in rpm's keyring."""
    made = Vendor(tmp_path_factory.mktemp("vendor"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """Whose key is not."""
    made = Vendor(tmp_path_factory.mktemp("stranger"), "stranger")
    yield made
    made.close()


@pytest.fixture(scope="module")
def packages(vendor):
    """name -> a package that the vendor signed."""
    return {"files": vendor.build("files", FILES), "tool": vendor.build("tool", TOOL)}


@pytest.fixture
def make_host(tmp_path, build_dir, plain_bin_dir, vendor):
    """make_host() -> a host that trusts the vendor's packages and has no key; own: with Debian's rpm."""
    hosts = []

    def make(own=False):
        hosts.append(RpmHost(tmp_path / "host", plain_bin_dir.parent if own else build_dir, own))
        hosts[-1].configure()
        hosts[-1].trust(vendor)
        return hosts[-1]
    yield make
    for host in hosts:
        host.close()


@pytest.fixture
def host(make_host):
    """One without a key."""
    return make_host()


@pytest.fixture
def signing(host, our_keys):
    """One with a key that can be used."""
    host.put_key(*our_keys["rsa2048"])
    return host


@pytest.fixture
def own(make_host, our_keys):
    """The same with Debian's rpm."""
    made = make_host(own=True)
    made.put_key(*our_keys["rsa2048"])
    return made


@pytest.fixture
def carrying(packages, tmp_path, evmctl, our_keys):
    """carrying(package, key kind) -> a copy with file signatures, as rpmsign writes them, by evmctl."""
    def make(name, kind="rsa2048", only=None):
        package = shutil.copy(packages[name], tmp_path / f"{name}-signed.rpm")
        signatures = []
        for path in query(package, "FILENAMES"):
            content = next(c for p, (c, _) in FILES.items() if p == path.replace("link", "tool"))
            copy = tmp_path / "content"
            copy.write_bytes(content)
            evmctl("ima_sign", "--hashalgo", "sha256", "--key", our_keys[kind][0], "--sigfile", copy)
            wanted = only is None or path in only
            signatures.append(copy.with_suffix(".sig").read_bytes().hex() if wanted else "")
        put_file_signatures(package, signatures)
        assert query(package, "FILESIGNATURES") == signatures
        return package
    return make


def refused(done, *words):
    """rpm installed nothing, and one line of ours says why."""
    lines = [line for line in done.err.splitlines() if "assay: refused: " in line]
    assert done.rc != 0 and len(lines) == 1, done
    for word in words:
        assert word in lines[0], done


def verify(run, evmctl, cert, path, evm):
    """Ours and theirs."""
    done = run("assay-sign", "verify", "--cert", cert, *([] if evm else ["--no-evm"]), path)
    assert done.rc == 0, done
    evmctl("ima_verify", "--key", cert, path)
    if evm:
        evmctl("verify", "-a", "sha256", "--key", cert, path)
    assert ("evm" in attributes(path)) == evm


@pytest.mark.parametrize("evm", ("off", "portable"))
def test_a_verified_package_is_signed_by_the_host(signing, packages, run, evmctl, our_keys, evm):
    """What the kernel would appraise, whatever its links, mode and capabilities; nothing else."""
    signing.configure(evm=evm)
    done = signing.rpm("-i", packages["files"])
    assert done.rc == 0, done
    for name in SIGNED:
        verify(run, evmctl, our_keys["rsa2048"][1], signing / f"opt/{name}", evm != "off")
    assert not attributes(signing / "opt/data") and not attributes(signing / "opt/empty")
    assert os.stat(signing / "opt/setuid").st_mode & 0o7777 == 0o4755
    assert "capability" in attributes(signing / "opt/caps")
    assert os.stat(signing / "opt/tool").st_ino == os.stat(signing / "opt/link").st_ino


def test_debian_s_rpm_does_so(own, packages, vendor, run, evmctl, our_keys):
    """And refuses, which the stand-in for it does in the tests below."""
    own.configure(evm="portable")
    own.enforce(certs=[our_keys["rsa2048"][1]], evm="portable")
    refused(own.rpm("-i", vendor.build(f"own-{evmctl.release}", TOOL, sign=False)), "it is not signed")
    done = own.rpm("-i", packages["files"])
    assert done.rc == 0, done
    for name in SIGNED:
        verify(run, evmctl, our_keys["rsa2048"][1], own / f"opt/{name}", True)
    assert not attributes(own / "opt/data")


def test_a_verified_package_is_what_the_log_says(signing, packages):
    """By whose word, and which header."""
    assert signing.rpm("-i", packages["tool"]).rc == 0
    entry = json.loads((signing / "var/lib/assay/log").read_text())
    assert (entry["package"], entry["by"], entry["files"]) == ("tool", "rpm", 1)
    assert [entry["header-sha256"]] == query(packages["tool"], "SHA256HEADER")


def test_a_package_brings_its_signatures(host, carrying, run, evmctl, our_keys):
    """Without a key on the host; the very ones, and the log names their certificate."""
    package = carrying("files")
    host.put_key(None, our_keys["rsa2048"][1])
    host.enforce(certs=[our_keys["rsa2048"][1]])
    done = host.rpm("-i", package)
    assert done.rc == 0, done
    brought = dict(zip(query(package, "FILENAMES"), query(package, "FILESIGNATURES")))
    for name in SIGNED:
        verify(run, evmctl, our_keys["rsa2048"][1], host / f"opt/{name}", False)
        assert os.getxattr(host / f"opt/{name}", "security.ima").hex() == brought[f"/opt/{name}"]
    assert not attributes(host / "opt/data")
    assert json.loads((host / "var/lib/assay/log").read_text())["by"] == "signature"


def test_what_a_package_brings_comes_before_the_key(signing, carrying, our_keys, run, evmctl):
    """security.ima is the vendor's, security.evm the host's, who alone knows what owner it is."""
    for kind in ("rsa2048", "p256"):
        shutil.copy(our_keys[kind][1], signing / f"etc/assay/certs/{kind}.der")
    signing.configure(evm="portable")
    assert signing.rpm("-i", carrying("tool", "p256")).rc == 0
    evmctl("ima_verify", "--key", our_keys["p256"][1], signing / "opt/tool")
    evmctl("verify", "-a", "sha256", "--key", our_keys["rsa2048"][1], signing / "opt/tool")


def test_signatures_that_the_host_does_not_trust_are_replaced(signing, carrying, run, evmctl, our_keys):
    """Of a package that is verified."""
    assert signing.rpm("-i", carrying("tool", "p256")).rc == 0
    verify(run, evmctl, our_keys["rsa2048"][1], signing / "opt/tool", False)


def nothing_there(host):
    """Nothing was unpacked."""
    assert not (host / "opt").exists() and "package" not in host.rpm("-q", "-a").out


def test_without_a_key_a_package_without_signatures_is_refused(host, packages, our_keys):
    """However well its header is signed."""
    host.put_key(None, our_keys["rsa2048"][1])
    host.enforce(certs=[our_keys["rsa2048"][1]])
    refused(host.rpm("-i", packages["tool"]), "tool-1-1", "/opt/tool carries no signature",
            "no key signs here without asking")
    nothing_there(host)


@pytest.mark.parametrize("words", ((), ("--nosignature", "--nodigest", "--nofiledigest")))
def test_a_package_that_nobody_signed_is_refused(signing, vendor, our_keys, words):
    """Whatever rpm is told."""
    signing.enforce(certs=[our_keys["rsa2048"][1]])
    package = vendor.build("nobody" + str(len(words)), TOOL, sign=False)
    refused(signing.rpm("-i", *words, package), "nobody", "it is not signed")
    nothing_there(signing)


def test_a_stranger_s_package_is_refused(signing, stranger, our_keys):
    """Its key is not in rpm's keyring."""
    signing.enforce(certs=[our_keys["rsa2048"][1]])
    refused(signing.rpm("-i", stranger.build("tool", TOOL)), "which rpm's keyring does not have")
    nothing_there(signing)


def test_one_refused_refuses_the_transaction(signing, vendor, packages, our_keys):
    """Before the other one is unpacked."""
    signing.enforce(certs=[our_keys["rsa2048"][1]])
    bad = vendor.build("bad", {"/opt/bad": (SCRIPT, X)}, sign=False)
    refused(signing.rpm("-i", packages["tool"], bad), "bad-1-1")
    nothing_there(signing)


def test_a_changed_header_is_refused(signing, packages, our_keys, tmp_path):
    """Which rpm was told not to look at."""
    signing.enforce(certs=[our_keys["rsa2048"][1]])
    changed = tmp_path / "changed.rpm"
    changed.write_bytes(packages["tool"].read_bytes().replace(b"\0test\0", b"\0tess\0"))
    refused(signing.rpm("-i", "--nosignature", "--nodigest", changed), "is bad")


def test_a_changed_payload_is_refused(signing, vendor, packages, tmp_path):
    """The file fails, and nothing of the package stays."""
    other = vendor.build("tool", {"/opt/tool": (SCRIPT.replace(b"0", b"1"), X)}, version="2")
    changed = tmp_path / "changed.rpm"
    parts = [data.partition(b"\x1f\x8b\x08") for data in (packages["tool"].read_bytes(), other.read_bytes())]
    changed.write_bytes(parts[0][0] + parts[1][1] + parts[1][2])
    done = signing.rpm("-i", "--nosignature", "--nodigest", "--nofiledigest", changed)
    assert done.rc != 0 and "assay: /opt/tool: its content is not what" in done.err, done
    assert not os.listdir(signing / "opt")


@pytest.mark.parametrize("mode", ("off", "log"))
def test_where_nothing_is_enforced_packages_are_installed(signing, vendor, mode):
    """Unsigned, and who has Assay on is told."""
    signing.configure(mode=mode)
    done = signing.rpm("-i", vendor.build(f"unsigned-{mode}", TOOL, sign=False))
    assert done.rc == 0 and not attributes(signing / "opt/tool"), done
    assert ("assay: not signed: unsigned-log-1-1" in done.err) == (mode == "log"), done


def test_the_operator_s_word_is_taken(signing, vendor, our_keys):
    """As with dpkg."""
    signing.enforce(certs=[our_keys["rsa2048"][1]])
    signing.inside.env["ASSAY_UNSIGNED"] = "accept"
    done = signing.rpm("-i", vendor.build("accepted", TOOL, sign=False))
    assert done.rc == 0 and not attributes(signing / "opt/tool"), done


def test_a_signature_of_another_content_is_none(host, carrying, our_keys):
    """A copied one does not count."""
    host.put_key(None, our_keys["rsa2048"][1])
    host.enforce(certs=[our_keys["rsa2048"][1]])
    package = carrying("files")
    signatures = query(package, "FILESIGNATURES")
    put_file_signatures(package, [signatures[0]] * len(signatures))
    refused(host.rpm("-i", package), "the signature does not match")


def test_every_executable_must_have_one(host, carrying, our_keys):
    """One that lacks it is a program that does not run."""
    host.put_key(None, our_keys["rsa2048"][1])
    host.enforce(certs=[our_keys["rsa2048"][1]])
    refused(host.rpm("-i", carrying("files", only=["/opt/tool", "/opt/link", "/opt/data"])), "/opt/caps carries no")


def test_a_library_without_a_signature_fails(host, carrying, our_keys):
    """Its mode did not say what it is."""
    host.put_key(None, our_keys["rsa2048"][1])
    host.enforce(certs=[our_keys["rsa2048"][1]])
    done = host.rpm("-i", carrying("files", only=[p for p in FILES if p != "/opt/lib.so"]))
    assert done.rc != 0 and "assay: /opt/lib.so: " in done.err and not os.listdir(host / "opt"), done


def test_portable_signatures_take_a_key(host, carrying, our_keys):
    """rpm packages bring none."""
    host.put_key(None, our_keys["rsa2048"][1])
    host.enforce(certs=[our_keys["rsa2048"][1]], evm="portable")
    refused(host.rpm("-i", carrying("tool")), "no portable EVM signatures", "no key signs here")


def test_the_verity_profile_takes_a_key(host, carrying, our_keys):
    """rpm packages bring no v3 signatures."""
    host.put_key(None, our_keys["rsa2048"][1])
    host.configure(profile="verity")
    host.enforce(certs=[our_keys["rsa2048"][1]], profile="verity")
    refused(host.rpm("-i", carrying("tool")), "no fs-verity signatures")


def test_levels_hold(host, carrying, our_keys):
    """By the certificate's level, as for Debian packages."""
    for kind in ("rsa2048", "p256"):
        shutil.copy(our_keys[kind][1], host / f"etc/assay/certs/{kind}.der")
    levels = "[levels]\nlocal = /etc/assay/certs/p256.der\n"
    host.configure(more=f"[keys]\ncertificate = /etc/assay/certs/rsa2048.der\n{levels}")
    host.enforce(certs=[our_keys["rsa2048"][1], our_keys["p256"][1]])
    refused(host.rpm("-i", carrying("tool", "rsa2048")), "of no level that this host takes")
    assert host.rpm("-i", carrying("tool", "p256")).rc == 0


def test_a_key_with_a_passphrase_is_none(host, packages, run, our_keys, tmp_path):
    """rpm asks nobody, and the line says it."""
    key = tmp_path / "locked.key"
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", our_keys["rsa2048"][0], "-out", key, "-passout", "pass:x"],
                   check=True)
    os.chmod(key, 0o600)
    host.put_key(key, our_keys["rsa2048"][1])
    host.enforce(certs=[our_keys["rsa2048"][1]])
    refused(host.rpm("-i", packages["tool"]), "no key signs here without asking", "passphrase")


def test_missing_certificates_are_trouble(signing, packages, our_keys):
    """The record names them, and they are gone: one line, and nothing is unpacked."""
    signing.enforce(certs=[our_keys["rsa2048"][1]])
    for kept in (signing / "var/lib/assay/trust").iterdir():
        kept.unlink()
    refused(signing.rpm("-i", packages["tool"]), "No such file or directory")
    nothing_there(signing)
    signing.inside.env["ASSAY_UNSIGNED"] = "accept"
    assert signing.rpm("-i", packages["tool"]).rc == 0 and not attributes(signing / "opt/tool")


def test_a_broken_configuration_keeps_nobody_from_installing(signing, packages, our_keys):
    """Until it enforces; and never from erasing."""
    (signing / "etc/assay/assay.conf").write_text("nonsense")
    done = signing.rpm("-i", packages["tool"])
    assert done.rc == 0 and "assay: nothing is signed: " in done.err, done
    signing.enforce(certs=[our_keys["rsa2048"][1]])
    assert signing.rpm("-e", "tool").rc == 0
    refused(signing.rpm("-i", packages["tool"]), "assay.conf")


def test_a_key_that_is_newer_than_the_record_is_none(signing, packages, our_keys):
    """What it signs would be denied until the next boot."""
    signing.enforce(certs=[our_keys["p256"][1]])
    refused(signing.rpm("-i", packages["tool"]), "this boot's kernel does not know this key: reboot")


def test_another_key_in_the_certificate_is_trouble(signing, packages, our_keys):
    """The kernel would know no such key."""
    shutil.copy(our_keys["p256"][1], signing / "etc/assay/certs/signing.der")
    signing.enforce(certs=[our_keys["p256"][1]])
    refused(signing.rpm("-i", packages["tool"]), "certificate: ")


def test_what_scripts_change_is_signed_again(signing, vendor, run, evmctl, our_keys):
    """Owner, mode and capabilities, of more files than are held open."""
    files = {f"/opt/{i}": (SCRIPT + b"#%d\n" % i, X) for i in range(80)}
    signing.configure(evm="portable")
    done = signing.rpm("-i", vendor.build("post", files, scripts="%post\nchmod 4711 /opt/*\nchown 0:1 /opt/70\n"))
    assert done.rc == 0, done
    for i in (0, 63, 64, 70, 79):
        verify(run, evmctl, our_keys["rsa2048"][1], signing / f"opt/{i}", True)
    assert os.stat(signing / "opt/0").st_mode & 0o7777 == 0o4711


def test_what_can_t_be_signed_again_is_named(signing, vendor):
    """A script took its signature away."""
    signing.configure(evm="portable")
    shutil.copy("/usr/bin/setfattr", signing / "tmp")
    done = signing.rpm("-i", vendor.build("again", TOOL, scripts="%post\n/tmp/setfattr -x security.ima /opt/tool\n"))
    assert done.rc == 0 and "assay: not signed again: /opt/tool: read security.ima" in done.err, done


def test_upgrades_and_removal(signing, vendor, run, evmctl, our_keys):
    """A configured script that was changed gets its new version beside it, signed."""
    conf = "%config(noreplace) " + X
    files = {"/opt/tool": (SCRIPT, X), "/opt/hook": (SCRIPT, conf)}
    signing.configure(evm="portable")
    assert signing.rpm("-i", vendor.build("upgraded", files)).rc == 0
    with open(signing / "opt/hook", "ab") as to:
        to.write(b"# mine\n")
    files = {path: (SCRIPT + b"# 2\n", words) for path, (_, words) in files.items()}
    done = signing.rpm("-U", vendor.build("upgraded", files, version="2"))
    assert done.rc == 0, done
    for name in ("tool", "hook.rpmnew"):
        verify(run, evmctl, our_keys["rsa2048"][1], signing / f"opt/{name}", True)
    assert signing.rpm("-e", "upgraded").rc == 0 and sorted(os.listdir(signing / "opt")) == ["hook.rpmnew", "hook.rpmsave"]


def test_what_is_left_as_it_is_is_signed_too(signing, packages, run, evmctl, our_keys):
    """rpm writes no file whose content is there already."""
    again = ("-U", "--replacepkgs", "--define", "_minimize_writes 1", packages["tool"])
    assert signing.rpm("-i", packages["tool"]).rc == 0
    before = os.stat(signing / "opt/tool").st_ino
    os.removexattr(signing / "opt/tool", "security.ima")
    done = signing.rpm(*again)
    assert done.rc == 0 and os.stat(signing / "opt/tool").st_ino == before, done
    verify(run, evmctl, our_keys["rsa2048"][1], signing / "opt/tool", False)


def test_digests_that_are_too_weak_are_refused(signing, vendor, our_keys):
    """MD5 in the header says nothing of the content."""
    signing.enforce(certs=[our_keys["rsa2048"][1]])
    refused(signing.rpm("-i", vendor.build("weak", TOOL, algo=1)), "neither SHA-256 nor longer")


@pytest.mark.parametrize("algo", (9, 10))
def test_longer_digests_are_signed_as_they_are(signing, vendor, run, evmctl, our_keys, algo):
    """SHA-384 and SHA-512."""
    assert signing.rpm("-i", vendor.build(f"long{algo}", TOOL, algo=algo)).rc == 0
    verify(run, evmctl, our_keys["rsa2048"][1], signing / "opt/tool", False)


def test_a_record_is_not_signed_as_a_file(signing, vendor):
    """The same key signs both."""
    done = signing.rpm("-i", vendor.build("forged", {"/opt/record": (b"assay-record 1\n", X)}))
    assert done.rc != 0 and "an enforcement record, which is not signed as a file" in done.err, done
    assert not os.listdir(signing / "opt")


def test_another_root_has_no_keyring(signing, vendor, stranger, packages, our_keys):
    """The running system's counts: whoever owns the directory could have put any key into the other."""
    (signing / "other/var/lib/rpm").mkdir(parents=True)
    signing.enforce(certs=[our_keys["rsa2048"][1]])
    assert signing.rpm("--root", "/other", "--import", stranger.armored).rc == 0
    refused(signing.rpm("--root", "/other", "-i", stranger.build("other", TOOL)), "rpm's keyring does not have")
    done = signing.rpm("--root", "/other", "-i", packages["tool"])
    assert done.rc == 0 and attributes(signing / "other/opt/tool") == ["ima"], done


def test_a_file_system_without_attributes_is_told_of(signing, packages):
    """As /boot/efi is: the kernel runs nothing there, and the package is installed."""
    signing.inside.script = signing.inside.script.replace(
        "exec chroot", f"mkdir -p '{signing.path}/opt' && mount -t ramfs ramfs '{signing.path}/opt'\nexec chroot")
    done = signing.rpm("-i", "--ignoresize", packages["tool"])
    assert done.rc == 0 and done.err.count("its file system keeps no signatures") == 1, done


@pytest.fixture
def verity(own, root_dir, plain_bin_dir):
    """The host with Debian's rpm, whose file systems have fs-verity: played, few machines have the feature."""
    build = plain_bin_dir.parent
    made = own / "tmp/verity.so"
    subprocess.run(["gcc", "-std=c17", "-D_GNU_SOURCE", "-shared", "-fPIC", "-Wl,--exclude-libs,ALL", "-I",
                    root_dir / "lib", "-I", root_dir / "tests", "--coverage", "-o", made,
                    root_dir / "tests/frame/rpm_verity.c", build / "libassay.a", "-lcrypto"], check=True, cwd=made.parent)
    own.inside.script = own.inside.script.replace('"$@"', '/usr/bin/env LD_PRELOAD=/tmp/verity.so "$@"')
    own.configure(profile="auto", evm="portable")
    return own


def test_in_the_verity_profile_rpm_lets_go_of_the_file(verity, packages, run, build_dir, our_keys):
    """fs-verity takes a file that nobody can write to; its signature is v3."""
    done = verity.rpm("-i", packages["tool"])
    assert done.rc == 0, done
    done = run("v3", "verify", our_keys["rsa2048"][1], verity / "opt/tool", where=build_dir / "interop")
    assert done.rc == 0 and "evm" in attributes(verity / "opt/tool"), done


def test_in_the_verity_profile_a_changed_file_fails(verity, vendor):
    """What rpm writes is no longer what was vouched for."""
    done = verity.rpm("-i", "--nofiledigest", vendor.build("record", {"/opt/record": (b"assay-record 1\n", X)}))
    assert done.rc != 0 and not os.listdir(verity / "opt"), done
