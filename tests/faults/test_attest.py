# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever call fails, assay-attest tells no pass that the verifier did not say, and writes whole files."""

import pytest

from frame.host_tpm import HostTpm
from frame.played_verifier import Verifier, host_of

CALLS = ["malloc", "open", "read", "write", "rename", "fsync"]


class Bench:
    """A host, a verifier, and the command with one fault."""

    def __init__(self, faults, tpm, verifier, folder, sample):
        self.faults, self.tpm, self.verifier = faults, tpm, verifier
        self.conf, self.list, self.ca = folder / "attest.conf", folder / "list", folder / "attest-ca.pem"
        self.list.write_bytes(sample)
        # What is kept need not be made, and nothing stays loaded where a run was cut.
        tpm.tool("tpm2_createek", "-Q", "-G", "ecc", "-c", "0x81010002", "-u", folder / "ek")

    def words(self, command):
        """The command line."""
        if command == "enrol":
            return ["assay-attest", "enrol", "--verifier", self.verifier.url, "--ca", self.verifier.ca,
                    "--config", self.conf]
        return ["assay-attest", command, "--config", self.conf, "--list", self.list]

    def setup(self):
        """As at the beginning."""
        for kind in ("-t", "-l"):
            self.tpm.tool("tpm2_flushcontext", "-Q", kind)
        self.verifier.list = b""
        self.verifier.seen.clear()

    def how(self):
        """What the faults need to reach the TPM."""
        return {"env": {"ASSAY_TEST_TPM": self.tpm.env["ASSAY_TEST_TPM"]}, "preload": [self.tpm.preload]}

    def every(self, call, command, **kwargs):
        """As of the faults."""
        return self.faults.every(call, self.words(command), most=40, **self.how(), **kwargs)


@pytest.fixture
def bench(faults, tmp_path, root_dir):
    """A host that is not enrolled."""
    sample = (root_dir / "tests/fuzz/corpus/mlist/sig").read_bytes()
    (tmp_path / "v").mkdir()
    with HostTpm(faults.build / "tcti.so") as tpm, Verifier(tmp_path / "v") as verifier:
        yield Bench(faults, tpm, verifier, tmp_path, sample)


@pytest.mark.parametrize("call", CALLS)
def test_enrolment_is_whole_or_not_at_all(bench, call):
    """A configuration is there only with its CA, and only for a host that was told that it is known."""
    def setup():
        bench.setup()
        bench.conf.unlink(missing_ok=True)
        bench.ca.unlink(missing_ok=True)

    def check(done):
        if done.rc == 0:
            assert bench.conf.exists()
        if bench.conf.exists():
            asked = bench.verifier.last("/v1/enrol")
            assert bench.verifier.last("/v1/enrol/proof")["token"] == b"token"
            assert bench.conf.read_text().endswith(f"host = {host_of(asked['ek_public']).hex()}\n")
            assert bench.ca.read_bytes() == bench.verifier.ca.read_bytes()

    assert bench.every(call, "enrol", setup=setup, check=check) > 0


@pytest.mark.parametrize("call", ["malloc", "open", "read"])
def test_a_pass_is_the_verifiers_word(bench, call):
    """What it says is said after it has evidence; a verdict against stays one."""
    bench.setup()
    assert bench.faults.run(call, 0, bench.words("enrol"), **bench.how())[0].rc == 0

    def check(done):
        if done.rc == 0:
            assert done.out == "pass\n" and bench.verifier.last("/v1/evidence")

    assert bench.every(call, "report", setup=bench.setup, check=check) > 0
    bench.verifier.state, bench.verifier.reason = "fail", "it is"
    for at in range(1, 60):
        bench.setup()
        done = bench.faults.run(call, at, bench.words("report"), **bench.how())[0]
        assert done.rc in (1, 2) and not done.out.startswith("pass"), (at, done)
