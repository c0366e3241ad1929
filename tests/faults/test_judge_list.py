# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever call fails, judge-list passes no bad list, and calls no good one bad."""

import hashlib
import os

import pytest

from frame.mlist import aggregate, buffer, measured, pcr10


@pytest.fixture(params=["rsa2048", "p256"])
def lists(request, run, tmp_path):
    """(options, a good list, a bad one)."""
    key, cert, file = tmp_path / "key", tmp_path / "cert", tmp_path / "file"
    assert run("assay-sign", "keygen", "--type", request.param, "--no-passphrase", "--key", key, "--cert",
               cert).rc == 0
    file.write_bytes(b"x")
    assert run("assay-sign", "sign", "--profile", "signature", "--no-evm", "--all-files", "--key", key,
               "--cert", cert, file).rc == 0
    sig = os.getxattr(file, "security.ima")
    digest = hashlib.sha256(b"x").digest()
    entries = [aggregate(), *(measured(b"/%d" % i, digest, sig) for i in range(40)),
               buffer(b"_ima", cert.read_bytes())]
    (tmp_path / "good").write_bytes(b"".join(entries))
    (tmp_path / "bad").write_bytes(b"".join([*entries, measured(b"/x", bytes(32), sig)]))
    return ["--cert", cert, "--jobs", "2", "--json"], pcr10(entries), tmp_path / "good", tmp_path / "bad"


@pytest.mark.parametrize("call", ["malloc", "open", "read", "write", "thread"])
def test_a_good_list_is_never_refused(faults, lists, call):
    """It passes, or there is trouble."""
    options, pcr, good, _ = lists
    faults.every(call, ["assay-verifier", "judge-list", *options, "--pcr", pcr, good], most=100)


def test_a_bad_list_never_passes(faults, lists):
    """It fails, or there is trouble."""
    options, _, _, bad = lists
    command = ["assay-verifier", "judge-list", *options, bad]
    _, total, _ = faults.run("malloc", 0, command)
    for at in faults.points(total, 100):
        done, _, _ = faults.run("malloc", at, command)
        assert done.rc in (1, 2), done
