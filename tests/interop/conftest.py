# SPDX-License-Identifier: GPL-2.0-or-later
"""Keys of every type, made by us and by openssl, and evmctl to hold against."""

import os
import shutil
import subprocess

import pytest

from interop import newer

INSTALLED = "installed"
VERSIONS = {INSTALLED: "evmctl 1.4", newer.RELEASE: "evmctl 1.5"}  # Debian 12's and the next one's
KEY_TYPES = ("rsa2048", "rsa3072", "rsa4096", "p256", "p384")
DIGESTS = ("sha256", "sha384", "sha512")

OPENSSL_TYPES = {
    "rsa2048": ["rsa:2048"], "rsa3072": ["rsa:3072"], "rsa4096": ["rsa:4096"],
    "p256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
}


@pytest.fixture(scope="session", params=VERSIONS)
def evmctl(request):
    """Runs evmctl, this Debian's and the next one's; security.* attributes take root."""
    if os.geteuid() != 0:
        pytest.skip("security.* attributes take root")
    words = [shutil.which("evmctl")] if request.param == INSTALLED else newer.command()
    assert words[0], "ima-evm-utils is missing: make deps"

    def run(*args, check=True, **kwargs):
        done = subprocess.run([*words, *args], capture_output=True, check=False, timeout=60,
                              **kwargs)
        assert done.returncode == 0 or not check, (args, done.stdout, done.stderr)
        return done

    run.release = request.param
    version = run("--version").stdout.decode().split("\n", maxsplit=1)[0].strip()
    assert version == VERSIONS[request.param], version
    return run


@pytest.fixture(scope="session")
def our_keys(tmp_path_factory, bin_dir):
    """type -> (key, certificate), made by assay-sign keygen."""
    top = tmp_path_factory.mktemp("keys")
    made = {}
    for kind in KEY_TYPES:
        made[kind] = (str(top / f"{kind}.key"), str(top / f"{kind}.der"))
        subprocess.run([bin_dir / "assay-sign", "keygen", "--type", kind, "--no-passphrase",
                        "--key", made[kind][0], "--cert", made[kind][1]], check=True)
    return made


@pytest.fixture(scope="session")
def their_keys(tmp_path_factory):
    """type -> (key, certificate), made by openssl as evmctl's manual has it."""
    top = tmp_path_factory.mktemp("openssl-keys")
    made = {}
    for kind, words in OPENSSL_TYPES.items():
        made[kind] = (str(top / f"{kind}.pem"), str(top / f"{kind}.der"))
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", *words, "-days", "10",
                        "-subj", f"/CN={kind}", "-keyout", made[kind][0], "-outform", "DER",
                        "-out", made[kind][1]], check=True, capture_output=True)
        os.chmod(made[kind][0], 0o600)
    return made
