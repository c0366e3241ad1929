# SPDX-License-Identifier: GPL-2.0-or-later
"""Evidence of real hosts, each byte as their TPM, firmware and kernel had it: tests/cli/data/README."""

import json
import pathlib
import shutil

import pytest

DATA = pathlib.Path(__file__).resolve().parent / "data"
NONCE = "a55a" * 16
HEADER = 17     # bytes of a file's first line


@pytest.fixture(params=["6.1-signature", "6.12-verity"])
def real(request):
    """(evidence, certificate)."""
    at = DATA / f"evidence-{request.param}"
    return at, at.with_name(at.name + ".der")


@pytest.fixture
def appraise(run, tmp_path):
    """appraise(evidence, certificate, option...): the exit code, and the verdict (None: nothing was judged)."""
    trust = tmp_path / "trust"

    def go(path, cert, *words):
        trust.mkdir(exist_ok=True)
        shutil.copy(cert, trust / "signing.der")
        done = run("assay-verifier", "appraise", "--json", "--trust", trust, *words, path)
        return done.rc, json.loads(done.out) if done.out else None
    return go


def codes(verdict):
    """What is held against it."""
    return [reason["code"] for reason in verdict["reasons"]]


def test_it_passes_in_the_boot_that_was_approved(real, appraise):
    """Quote, boot log, record and list, judged to the last entry."""
    boot = appraise(*real, "--unmeasured")[1]["boot"]
    rc, verdict = appraise(*real, "--nonce", NONCE, "--boot", boot)
    assert rc == 0 and verdict["state"] == "pass" and not verdict["reasons"], verdict
    assert verdict["enforcing"] and verdict["name"] == "lab"
    assert "init=" not in verdict["command_line"] and not verdict["secure_boot"]


def test_what_is_asked_for_and_not_there(real, appraise):
    """Another boot, nonce, certificate, epoch, level, and Secure Boot: each by its name."""
    key = next(DATA.glob(f"evidence-*[!{real[0].name[-1]}].der"))
    assert codes(appraise(*real)[1]) == ["boot-state"]
    assert codes(appraise(*real, "--boot", "11" * 32)[1]) == ["boot-state"]
    assert codes(appraise(*real, "--unmeasured", "--nonce", "a55b" * 16)[1]) == ["nonce"]
    assert codes(appraise(*real, "--unmeasured", "--secure-boot")[1]) == ["secure-boot"]
    assert appraise(*real, "--unmeasured", "--minimum-epoch", "4000000000")[0] == 1
    assert appraise(*real, "--unmeasured", "--level", "vendor")[0] == 1
    rc, verdict = appraise(real[0], key, "--unmeasured")
    assert rc == 1 and "record" in codes(verdict)


def test_no_byte_of_it_can_be_another(real, appraise, tmp_path):
    """At any place; where it passes still, what is said of the host is what it was."""
    data = real[0].read_bytes()
    words = ("--nonce", NONCE, "--boot", appraise(*real, "--unmeasured")[1]["boot"])
    sound = appraise(*real, *words)[1]
    passed = 0
    for at in range(HEADER, len(data), len(data) // 150):
        path = tmp_path / "evidence"
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
        rc, verdict = appraise(path, real[1], *words)
        assert rc in (0, 1, 2), at
        if rc == 0:
            passed += 1
            assert {k: verdict[k] for k in ("boot", "command_line", "enforcing", "host")} == \
                {k: sound[k] for k in ("boot", "command_line", "enforcing", "host")}, at
    # What no PCR of SHA-256 covers is not believed, and so may be anything: the digests of other banks, and what was
    # measured after the quote.
    assert passed <= 15
