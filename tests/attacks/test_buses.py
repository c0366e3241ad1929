# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands that a SCSI or NVMe disk executes as they are: no other way to write under a file remains."""

import os

import pytest

from attacks import army
from vm.lab.prepare import Setup
from vm.lab.recipe import KERNELS

pytestmark = [pytest.mark.vm,
              pytest.mark.skipif("ASSAY_LONG" not in os.environ, reason="with ASSAY_LONG")]
BUSES = {"scsi": "scsi_command-root", "nvme": "nvme_command-root"}
CASES = [("signature", "signed", "through"), ("signature", "enforcing", "through"), ("verity", "enforcing", "refused")]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("bus", BUSES)
@pytest.mark.parametrize(("profile", "stage", "expected"), CASES)
def test_pass_through(preparer, tmp_path, bus, kernel, profile, stage, expected):
    """The signature profile remembers its verdict (SECURITY.md); under fs-verity the page is refused."""
    setup = Setup(kernel, profile, "portable")
    with preparer.machine(setup, stage, bus=bus) as machine:
        machine.start(seconds=600)
        army.land(machine, army.bundle(tmp_path))
        result = army.strike(machine, [BUSES[bus]])[BUSES[bus]]
    assert result["outcome"] == expected, "\n".join(result["log"])
