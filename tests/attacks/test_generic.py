# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks by modules that only Debian's kernels for any machine have."""

import os

import pytest

from vm.lab.cache import REPO
from vm.lab.prepare import Setup
from vm.policy.kernels import generic

pytestmark = [pytest.mark.vm, pytest.mark.skipif(not os.environ.get("ASSAY_LONG"), reason="with ASSAY_LONG")]
MEMORY = REPO / "tests/attacks/memory.py"
SETUPS = [Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable")]


@pytest.mark.parametrize("setup", SETUPS, ids=str)
def test_a_modules_parameter_names_no_memory(preparer, setup):
    """slram and phram map what they are told: without Assay the kernel's own memory, enforcing nothing at all."""
    release, package = generic(setup.kernel)
    with preparer.resumed(setup, "installed") as machine:
        machine.put("/var/tmp/kernel.deb", package.read_bytes())
        machine.sh("dpkg -i /var/tmp/kernel.deb 2>&1 && rm /var/tmp/kernel.deb", timeout=1800)
        machine.put("/root/memory.py", MEMORY.read_bytes())
        machine.reboot(kernel=release)
        assert machine.sh("python3 /root/memory.py") == "PWNED\n"
        assert machine.sh("uname -s") == "PWNED\n"
        machine.sh("assay keygen --no-passphrase && assay sign --installed && assay enable", timeout=1800)
        machine.reboot(kernel=release)
        assert machine.failed_units() == [] and machine.denials() == []
        assert machine.sh("uname -sr") == f"Linux {release}\n"
        refused = machine.run("python3 /root/memory.py")
        assert refused.rc == 1 and "Operation not permitted" in refused.stderr, refused
        refused = machine.run("modprobe phram phram=x,0xfebc0000,0x1000")
        assert refused.rc != 0 and "Operation not permitted" in refused.stderr, refused
        assert machine.sh("uname -s") == "Linux\n"
