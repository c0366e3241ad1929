# SPDX-License-Identifier: GPL-2.0-or-later
"""A signing key that never leaves a TPM, through OpenSSL's provider for it."""

import json
import os
import pathlib
import subprocess
import time

import pytest

HANDLE = "0x81000001"
COMMANDS = ("createprimary -C o -G rsa2048 -c p.ctx",
            "create -C p.ctx -G rsa2048 -u k.pub -r k.priv"
            " -a fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|decrypt",
            "flushcontext -t", "load -C p.ctx -u k.pub -r k.priv -c k.ctx",
            f"evictcontrol -C o -c k.ctx {HANDLE}", "flushcontext -t")


# OpenSSL 3.0 and its provider leak what they knew of keys and stores when they end.
LEAKY = {"ASAN_OPTIONS": "exitcode=99:detect_leaks=0"}


@pytest.fixture
def tpm(tmp_path):
    """The environment in which OpenSSL finds a software TPM with a key at HANDLE."""
    if not list(pathlib.Path("/usr/lib").glob("*/ossl-modules/tpm2.so")):
        pytest.skip("tpm2-openssl is not installed")
    state = tmp_path / "tpm"
    state.mkdir()
    socket = state / "sock"
    words = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--server",
             f"type=unixio,path={socket}", "--ctrl", f"type=unixio,path={socket}.ctrl", "--flags",
             "not-need-init,startup-clear"]
    with subprocess.Popen(words) as process:
        try:
            deadline = time.monotonic() + 20
            while not socket.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            env = os.environ | LEAKY | {"TPM2TOOLS_TCTI": f"swtpm:path={socket}",
                                "TPM2OPENSSL_TCTI": f"swtpm:path={socket}"}
            for command in COMMANDS:
                name, *rest = command.split()
                subprocess.run([f"tpm2_{name}", *rest, *([] if name == "flushcontext" else ["-Q"])],
                               cwd=state, env=env, check=True)
            yield env
        finally:
            process.kill()


def test_a_key_in_a_tpm_signs(run, evmctl, tpm, tmp_path):
    """keygen makes its certificate, several threads sign with it, evmctl and we believe it."""
    cert = tmp_path / "cert.der"
    done = run("assay-sign", "keygen", "--key", f"handle:{HANDLE}", "--cert", cert, env=tpm)
    assert (done.rc, done.err) == (0, ""), done
    tree = tmp_path / "tree"
    tree.mkdir()
    for n in range(12):
        (tree / f"tool{n}").write_bytes(b"#!/bin/sh\n" + b"#" * n)
        (tree / f"tool{n}").chmod(0o755)
    words = ["sign", "--evm", "--profile", "signature", "-j", "3", "-r", "--key",
             f"handle:{HANDLE}", "--cert", cert, tree]
    done = run("assay-sign", *words, env=tpm)
    assert (done.rc, done.err) == (0, ""), done
    done = run("assay-sign", "verify", "--evm", "--profile", "signature", "-r", "--cert", cert, tree)
    assert (done.rc, done.out) == (0, ""), done
    evmctl("verify", "-k", cert, tree / "tool3")


def test_without_the_tpm(trouble, tmp_path):
    """A handle that can't be reached is one kind of trouble, and nothing is made."""
    env = os.environ | LEAKY | {"TPM2OPENSSL_TCTI": f"swtpm:path={tmp_path}/none"}
    done = trouble("assay-sign", "keygen", "--key", f"handle:{HANDLE}", "--cert", tmp_path / "cert",
                   env=env)
    assert "a key there needs tpm2-openssl, and a TPM" in done.err and not (tmp_path / "cert").exists()


@pytest.mark.parametrize("handle, level, says", [(HANDLE, "ok", "signing key handle:"),
                                                 ("0x81000099", "reason", "no private key was found there")])
def test_check_looks_for_it(run, tpm, tmp_path, handle, level, says):
    """A handle with a key is as it should be, one without is a reason; the TPM's libraries say nothing."""
    (tmp_path / "root/etc/assay").mkdir(parents=True)
    (tmp_path / "root/etc/assay/assay.conf").write_text(f"[keys]\nsigning = handle:{handle}\n")
    done = run("assay", "check", "--root", tmp_path / "root", "--verbose", "--json", env=tpm)
    found, = [f for f in json.loads(done.out)["findings"] if f["id"] == "key.signing"]
    assert (done.rc, done.err, found["level"]) == (1, "", level) and says in found["text"], done
