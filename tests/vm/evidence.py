# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m vm.evidence: makes the evidence of tests/cli/data anew, by what a host's operator types."""

import sys
from pathlib import Path

from .lab.errors import LabError
from .lab.lab import Image
from .lab.prepare import Setup, own_preparer

DATA = Path(__file__).resolve().parents[1] / "cli/data"
SETUPS = (Setup("6.1", "signature", "portable"), Setup("6.12", "verity", "portable"))
NONCE = "a55a" * 16


def keep(preparer, setup):
    """Evidence of a host that UEFI booted, enforcing; its certificate beside it."""
    image = Image(preparer.image(setup, "enforcing").disk)
    with preparer.lab.machine(image, kernel=setup.kernel, memory=1024, efi=True) as machine:
        machine.start()
        machine.sh(f"assay attest collect --nonce {NONCE} --name lab -o /root/evidence")
        at = DATA / f"evidence-{setup.kernel}-{setup.profile}"
        at.write_bytes(machine.get("/root/evidence"))
        at.with_name(at.name + ".der").write_bytes(machine.get("/etc/assay/certs/signing.der"))
        print(f"{at.name}: {at.stat().st_size} bytes; {machine.sh('uname -r').strip()}", flush=True)


def main():
    """One of each kernel."""
    try:
        with own_preparer() as preparer:
            for setup in SETUPS:
                keep(preparer, setup)
    except LabError as error:
        print(f"evidence: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
