#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""dpkg over the same two hundred packages, in the same machine, enforcing and not enabled.

Each turn is a fresh machine; the packages are the archive's own, vouched for by it, and signed by the
host's key while dpkg runs.
"""

import os
import pathlib
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent), str(pathlib.Path(__file__).parent)]

from figures import at_most, figure, median, print_figures  # noqa: E402
from vm.lab.lab import Lab  # noqa: E402
from vm.lab.prepare import Preparer, Setup, assay_debs  # noqa: E402
from vm.packages import PLACE, SERVER, closure, download, give_lists, put  # noqa: E402

TURNS = int(os.environ.get("ASSAY_BENCH_TURNS", "1"))
COMMAND = "tests/bench/bench_dpkg.py"
SETUPS = (Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable"))
RUN = f"sync; dpkg --unpack {PLACE}/*.deb && dpkg --configure --pending && sync"


def turn(preparer, setup, stage, place):
    """(seconds of dpkg, packages)."""
    with preparer.resumed(setup, stage) as machine:
        names = closure(machine, SERVER, place)
        give_lists(machine)
        put(machine, *download(names, pathlib.Path(place) / "debs"))
        begun = time.monotonic()
        machine.sh(RUN, 7200)
        took = time.monotonic() - begun
    print(f"bench: dpkg: {setup} {stage}: {took:.1f} s", file=sys.stderr, flush=True)
    return took, len(names)


def main():
    """Prints the figures; progress goes to stderr."""
    lab = Lab()
    rows = []
    try:
        preparer = Preparer(lab, assay_debs(), say=lambda line: print(line, file=sys.stderr))
        with tempfile.TemporaryDirectory() as place:
            for setup in SETUPS:
                times = {"signed": [], "enforcing": []}
                for _ in range(TURNS):
                    for stage, measured in times.items():
                        took, packages = turn(preparer, setup, stage, place)
                        measured.append(took)
                pairs = [on / off for on, off in zip(times["enforcing"], times["signed"])]
                rows.append(figure(f"dpkg/{setup.kernel}-{setup.profile}/{packages}-packages",
                                   median(times["enforcing"]), "s", median(times["signed"]), COMMAND,
                                   ratio=median(pairs), target=at_most(1.10)))
        print_figures(rows)
    finally:
        lab.close()


if __name__ == "__main__":
    main()
