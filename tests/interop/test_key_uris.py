# SPDX-License-Identifier: GPL-2.0-or-later
"""Signing keys named by a URI instead of a path."""

import os
import shutil

import pytest


@pytest.fixture
def place(our_keys, tmp_path):
    """(folder with a space in its name, key in it, certificate, program)."""
    folder = tmp_path / "the keys"
    folder.mkdir()
    key = folder / "signing.key"
    shutil.copy(our_keys["p256"][0], key)
    key.chmod(0o600)
    program = tmp_path / "program"
    program.write_bytes(b"#!/bin/sh\n")
    return key, our_keys["p256"][1], program


@pytest.mark.parametrize("form", ["file:{}", "file://{}", "file://localhost{}", "{}"])
def test_a_file_by_its_uri_signs(run, evmctl, place, form):
    """Every way to write it is the file, and evmctl believes what it signed."""
    key, cert, program = place
    done = run("assay-sign", "sign", "--no-evm", "--profile", "signature", "--key",
               form.format(key), "--cert", cert, program)
    assert (done.rc, done.err) == (0, ""), done
    evmctl("ima_verify", "-k", cert, program)


def test_a_file_by_its_uri_must_be_private(trouble, place):
    """The scheme is no way around the check of the mode."""
    key, cert, program = place
    key.chmod(0o644)
    done = trouble("assay-sign", "sign", "--no-evm", "--profile", "signature", "--key",
                   f"file:{key}", "--cert", cert, program)
    assert "mode 0644 lets others at the private key" in done.err
    assert "security.ima" not in os.listxattr(program)


@pytest.mark.parametrize("uri, part", [
    ("file:/nonexistent/key", "No such file"),
    ("pkcs11:token=none;object=none", "a key there needs pkcs11-provider, and the token"),
    ("nonsense:key", "OpenSSL has no store for 'nonsense:'"),
])
def test_a_uri_that_leads_nowhere(trouble, plain_bin_dir, place, uri, part):
    """One line that names it and says what is missing; nothing is signed."""
    _, cert, program = place
    done = trouble("assay-sign", "sign", "--no-evm", "--profile", "signature", "--key", uri, "--cert",
                   cert, program, where=plain_bin_dir)
    assert part in done.err and uri.removeprefix("file:") in done.err
    assert "security.ima" not in os.listxattr(program)
