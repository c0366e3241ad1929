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
from .acts import ACTS, TO_ENFORCING
from .stage import PROMPT, Stage


def options():
    """The command line."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--kernel", default="6.12", choices=("6.1", "6.12"))
    parser.add_argument("--shell", action="store_true",
                        help="play as far as the enforcing machine, then run what is typed on it")
    return parser.parse_args()


def shell(stage):
    """Hands the machine over."""
    stage.act("The machine enforces; every line runs as root in a shell of its own; exit ends it, nothing is kept")
    stage.tell("try: cp /bin/id /tmp/id && /tmp/id; runuser -u user -- hello; assay explain /bin/ls; assay status")
    print(PROMPT, end="", flush=True)
    stage.converse()


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
            for act in TO_ENFORCING if chosen.shell else ACTS:
                act(stage)
            if chosen.shell:
                shell(stage)
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
    if not stage.failed and not chosen.shell:
        stage.say("What ran was installed; what was dropped or changed did not run, root's word notwithstanding; switching that off"
                  "\ncost the host its secret and its pass.  A host of your own: README.md, \"On a host\".  To look around in"
                  "\nthis one: scripts/demo --shell.  The disks are in build/, for the next run.")
    return 1 if stage.failed else 0


sys.exit(main())
