# SPDX-License-Identifier: GPL-2.0-or-later
"""evmctl replays the lists that we judge to the same PCR, and takes their signatures."""

import shutil
import subprocess

import pytest

pytestmark = pytest.mark.skipif(not shutil.which("evmctl"), reason="evmctl is not installed")


@pytest.fixture
def generated(run, build_dir, tmp_path):
    """A list, what PCR 10 holds by bank, and the certificate."""
    key, cert = tmp_path / "key", tmp_path / "cert"
    done = run("assay-sign", "keygen", "--type", "rsa2048", "--no-passphrase", "--key", key, "--cert", cert)
    assert done.rc == 0, done
    made = subprocess.run([build_dir / "timed/mlist_gen", key, cert, "50", "50", tmp_path / "list"],
                          check=True, capture_output=True, text=True)
    return tmp_path / "list", dict(line.split(":") for line in made.stdout.split()), cert


def evmctl(tmp_path, bank, value, *words):
    """evmctl ima_measurement with this value of PCR 10; what it says."""
    pcrs = tmp_path / "pcrs"
    pcrs.write_text("".join(f"PCR-{i:02}: {value if i == 10 else '0' * len(value)}\n" for i in range(24)))
    done = subprocess.run(["evmctl", "ima_measurement", "--pcrs", f"{bank},{pcrs}", *words],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_same_pcr(generated, tmp_path):
    """In both banks; not with a bit turned."""
    path, pcrs, _ = generated
    for bank, value in pcrs.items():
        code, said = evmctl(tmp_path, bank, value, path)
        assert code == 0 and "Matched per TPM bank calculated digest" in said, said
        code, said = evmctl(tmp_path, bank, f"{int(value, 16) ^ 1:0{len(value)}x}", path)
        assert code == 1 and "Matched per TPM bank" not in said, said


def test_the_same_signatures(run, generated, tmp_path):
    """evmctl knows the key, and so do we; a byte of a signature is missed by both."""
    path, pcrs, cert = generated
    words = ["--verify-sig", "--key", str(cert)]
    code, said = evmctl(tmp_path, "sha256", pcrs["sha256"], *words, path)
    assert code == 0 and "unknown keyid" not in said and "failed" not in said, said
    assert run("assay-verifier", "judge-list", "--cert", cert, path).rc == 0
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    code, said = evmctl(tmp_path, "sha256", pcrs["sha256"], *words, path)
    assert "verification failed" in said, said
    assert run("assay-verifier", "judge-list", "--cert", cert, path).rc == 1
