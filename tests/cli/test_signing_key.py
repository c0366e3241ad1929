# SPDX-License-Identifier: GPL-2.0-or-later
"""A signing key that can't be used: check and enable say so, and what to do, before anything is signed by it."""

import json
import os
import shutil

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


@pytest.fixture
def configure(signed):
    """configure(text) adds lines to the root's assay.conf."""
    conf = signed / "etc/assay/assay.conf"

    def add(text):
        conf.write_text(conf.read_text() + text)
    return add


def reason(assay, plain_bin_dir):
    """The finding on the key, the same of check and enable; neither says a word on stderr."""
    found = []
    for command in ("check", "enable"):
        done = assay(command, "--json", where=plain_bin_dir)
        assert done.rc == 1 and done.err == "", done
        found += [f for f in json.loads(done.out)["findings"] if f["id"] == "key.signing"]
    assert len(found) == 2 and found[0] == found[1] and found[0]["level"] == "reason", found
    assert "[" not in found[0]["text"] and found[0]["remedy"], found
    return found[0]


@pytest.fixture
def assay(run, root):
    """assay(command, option...) on the root; where: the programs' directory."""
    return lambda command, *args, **named: run("assay", command, "--root", root.path, *args, **named)


@pytest.mark.parametrize("content, says", [
    (b"", "the file is empty"), (b"junk\n", "no private key was found in it (PEM or DER)"),
    (b"-----BEGIN PRIVATE KEY-----\nAAAA\n", "no private key was found in it"),
    (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "a certificate, where a private key is meant"),
    (None, "not a regular file")])
def test_what_is_no_key(assay, signed, plain_bin_dir, content, says):
    """Empty, junk, cut off, a directory: a reason in plain words, and the way out."""
    key = signed / "etc/assay/keys/signing.key"
    key.unlink()
    if content is None:
        key.mkdir()
    else:
        key.touch(0o600)
        key.write_bytes(content)
    found = reason(assay, plain_bin_dir)
    assert found["text"] == f"the signing key /etc/assay/keys/signing.key can't be used: {says}" or \
        says in found["text"], found
    assert found["text"].count("signing.key") == 1 and f"assay keygen --root {signed.path}" in found["remedy"]
    assert not (signed / "var/lib/assay/boot").exists()


def test_a_certificate_is_told_whatever_its_mode(trouble, tmp_path):
    """It is not to be made 0600, but is the wrong file."""
    cert = tmp_path / "signing.pem"
    cert.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
    cert.chmod(0o644)
    done = trouble("assay-sign", "sign", "--key", cert, "--cert", cert, cert)
    assert f"{cert}: a certificate, where a private key is meant" in done.err and "mode" not in done.err, done


def test_a_key_of_somebody_else(assay, signed, plain_bin_dir):
    """Whose it is may use it: refused, and chown mends it."""
    key = signed / "etc/assay/keys/signing.key"
    os.chown(key, 1000, 1000)
    found = reason(assay, plain_bin_dir)
    assert "owned by user 1000" in found["text"] and found["remedy"] == f"chown root {key}", found


@pytest.mark.parametrize("uri, says", [
    ("handel:0x81000001", "OpenSSL has no store for 'handel:'"),
    ("handle:0x81000001", "a key there needs tpm2-openssl, and a TPM"),
    ("pkcs11:object=none", "a key there needs pkcs11-provider, and the token"),
    ("file:///nowhere", "No such file or directory")])
def test_a_uri_that_leads_to_no_key(assay, configure, plain_bin_dir, uri, says):
    """Known before anything asks for a passphrase, and the TPM's libraries keep quiet."""
    configure(f"[keys]\nsigning = {uri}\n")
    found = reason(assay, plain_bin_dir)
    assert found["text"] == f"the signing key {uri} can't be used: {says}" or says in found["text"], found
    assert "'signing' in assay.conf" in found["remedy"]


def test_a_key_with_a_passphrase_is_no_reason(assay, run, signed):
    """Whether the passphrase opens it is not known yet."""
    for name in ("keys/signing.key", "certs/signing.der"):
        (signed / "etc/assay" / name).unlink()
    secret = signed / "secret"
    secret.write_text("open sesame\n")
    secret.chmod(0o600)
    done = run("assay", "keygen", "--root", signed.path, "--passphrase-file", secret)
    assert done.rc == 0, done
    found = [f for f in json.loads(assay("check", "--verbose", "--json").out)["findings"] if f["id"] == "key.signing"]
    assert [f["level"] for f in found] == ["ok"], found


def test_the_commands_that_sign_say_the_same(run, plain_bin_dir, signed, tmp_path):
    """One line in plain words, no number of OpenSSL's."""
    tool = tmp_path / "tool"
    shutil.copy(signed / "usr/bin/tool", tool)
    for uri, says in {"handel:1": "OpenSSL has no store for 'handel:'",
                      "handle:0x81000001": "a key there needs tpm2-openssl, and a TPM"}.items():
        done = run("assay", "sign", "--key", uri, tool, where=plain_bin_dir)
        assert (done.rc, done.err) == (2, f"assay sign: sign: key: {uri}: {says}\n") or \
            (done.rc, done.err) == (2, f"assay: sign: key: {uri}: {says}\n"), done


def test_a_certificate_that_is_not_there(assay, signed):
    """Where it was looked for, and what makes it."""
    (signed / "etc/assay/certs/signing.der").unlink()
    for command in ("check", "enable"):
        done = assay(command)
        assert done.rc == 1 and "there is no certificate at /etc/assay/certs/signing.der\n" in done.out, done
        assert f"mend: assay keygen --root {signed.path}\n" in done.out


@pytest.mark.parametrize("line", ["signing = x.key", "signing = file:x.key", "certificate = signing.der",
                                  "certificates = certs"])
def test_paths_are_absolute(assay, signed, configure, line):
    """A relative one would depend on where the command is run; the line is named."""
    configure(f"[keys]\n{line}\n")
    number = len((signed / "etc/assay/assay.conf").read_text().splitlines())
    for command in ("check", "enable"):
        done = assay(command)
        assert done.rc == 2 and f"assay.conf:{number}: {line.split()[0]}: '{line.split()[2]}' is n" in done.err, done
