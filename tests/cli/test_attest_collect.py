# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-attest collect: evidence in a file."""

import pytest

from frame.attested import is_trouble
from frame.played_verifier import EVIDENCE, fields_of, host_of


def test_collect_and_what_is_in_it(booted, verifier, tmp_path, sample):
    """Two messages, by which a verifier knows the host and its evidence."""
    out = tmp_path / "evidence"
    nonce = bytes(range(40))
    done = booted.run("collect", "-o", out, "--nonce", nonce.hex(), "--name", "box")
    assert done.rc == 0 and done.out == "", done
    data = out.read_bytes()
    assert data.startswith(b"assay-evidence 1\n")
    data = data[17:]
    size = int.from_bytes(data[:4], "big")
    enrol, data = fields_of(1, data[4:4 + size]), data[4 + size:]
    assert int.from_bytes(data[:4], "big") == len(data) - 4
    got = fields_of(EVIDENCE, data[4:])
    assert enrol["name"] == "box" and got["host"] == host_of(enrol["ek_public"])
    assert got["nonce"] == nonce and got["list"] == sample and got["boot_log"] == b"boot log"
    verifier.check_quote(got)


@pytest.mark.parametrize("words, shown", [
    ([], "it takes --output"),
    (["-o", "x", "--nonce", ""], "is not 1 to 64 bytes in hex"),
    (["-o", "x", "--nonce", "0"], "is not 1 to 64 bytes in hex"),
    (["-o", "x", "--nonce", "012"], "--nonce"),
    (["-o", "x", "--nonce", "xyz"], "--nonce: 'xyz' is not 1 to 64 bytes in hex"),
    (["-o", "x", "--nonce", "00" * 65], "is not 1 to 64 bytes in hex"),
    (["-o", "/no/such/place", "--nonce", "00"], "/no/such/place"),
])
def test_misuse_of_collect(host, words, shown):
    """One specific line."""
    is_trouble(host.run("collect", *words), shown)


def test_collect_takes_no_list_that_does_not_fit(host, tmp_path, sample):
    """A cut list would be no evidence."""
    host.list.write_bytes(sample * ((9 << 20) // len(sample)))
    is_trouble(host.run("collect", "-o", tmp_path / "x"), "is larger than 8388608 bytes")
    assert not (tmp_path / "x").exists()
