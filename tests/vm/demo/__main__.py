# SPDX-License-Identifier: GPL-2.0-or-later
"""make demo: plays the acts on one machine; exit 0 when everything went as it should."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from ..lab import Lab, LabError
from ..lab.prepare import assay_debs
from ..lab.shell import sh
from ..lab.verifier import Verifier
from .acts import ACTS
from .stage import Stage


def options():
    """The command line."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--kernel", default="6.12", choices=("6.1", "6.12"))
    return parser.parse_args()


def play(lab, stage, chosen):
    """Every act in its order."""
    stage.act("A Debian root, its kernels and a disk image (kept for the next run)")
    image = lab.booted(chosen.kernel, "verity")
    stage.debs = assay_debs()
    stage.machine = lab.machine(image, kernel=chosen.kernel).resume()
    with tempfile.TemporaryDirectory() as place:
        sh("dpkg-deb", "-x", assay_debs("assay-verifier")[0], place)
        stage.verifier = Verifier(Path(place) / "usr/lib/assay/assay-verifier")
        try:
            for act in ACTS:
                act(stage)
        finally:
            stage.verifier.close()


def main():
    """Play, and say how it went."""
    chosen, stage = options(), Stage()
    try:
        lab = Lab()
        try:
            play(lab, stage, chosen)
        except LabError:
            for path in lab.keep_logs("demo"):
                stage.say(f"console kept: {path}")
            raise
        finally:
            lab.close()
    except LabError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    took = time.monotonic() - stage.begin
    stage.say()
    stage.say(f"{stage.passed} steps as they should be, {stage.failed} not, in {took:.0f} s")
    return 1 if stage.failed else 0


sys.exit(main())
