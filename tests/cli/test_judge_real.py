# SPDX-License-Identifier: GPL-2.0-or-later
"""Lists that Debian's kernels wrote, held against their TPM's PCRs: tests/cli/data/README."""

import hashlib
import pathlib

import pytest

DATA = pathlib.Path(__file__).resolve().parent / "data"
LISTS = ["6.1-signature", "6.12-verity"]


@pytest.fixture(params=LISTS)
def real(request):
    """(list, certificate, PCRs)."""
    at = DATA / f"ima-{request.param}"
    pcrs = dict(line.split(":") for line in at.with_name(at.name + ".pcrs").read_text("ascii").split())
    return at.with_name(at.name + ".list"), at.with_name(at.name + ".der"), pcrs


@pytest.fixture
def judge(run):
    """judge(list, certificate, PCRs, option...), with all that is known of the host."""
    def go(path, cert, pcrs, *words):
        quoted = b"".join(bytes.fromhex(pcrs[str(i)]) for i in range(10))
        return run("assay-verifier", "judge-list", "--cert", cert, "--pcr", f"sha256:{pcrs['10']}", "--aggregate",
                   f"sha256:{hashlib.sha256(quoted).hexdigest()}", *words, path)
    return go


def test_it_passes(real, judge):
    """Every entry replayed, and signed by the one certificate."""
    done = judge(*real, "--modules-enforced")
    assert done.rc == 0 and done.out.startswith("pass: "), done


def test_modules_from_memory_take_a_host_that_enforces_their_signatures(real, judge):
    """Linux 6.12 of Debian measures them, 6.1 does not."""
    done = judge(*real)
    assert done.rc == (1 if "6.12" in real[0].name else 0)
    assert done.rc == 0 or "a kernel module was loaded from memory" in done.out


def test_another_certificate(real, judge, keys):
    """Nothing of it is signed by that key."""
    done = judge(real[0], keys[1], real[2], "--modules-enforced")
    assert done.rc == 1 and "unknown-key" in done.out, done


def test_one_byte_changed(real, judge, tmp_path):
    """At any place: in what is hashed it does not replay, and what is not hashed changes no verdict for the better."""
    data = real[0].read_bytes()
    passed = 0
    for at in range(0, len(data), len(data) // 60):
        path = tmp_path / "list"
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
        done = judge(path, *real[1:], "--modules-enforced")
        assert done.rc in (0, 1), done
        passed += done.rc == 0
    # The SHA-1 digests and template names, which no PCR of SHA-256 covers, are not believed, and so may be anything;
    # so may what was measured after the PCR was read.
    assert passed <= 6


def test_shorter(real, judge, tmp_path):
    """What the PCR covers must all be there."""
    data = real[0].read_bytes()
    path = tmp_path / "list"
    for size in (0, 1, len(data) // 2, len(data) - 3000):
        path.write_bytes(data[:size])
        assert judge(path, *real[1:], "--modules-enforced").rc == 1
