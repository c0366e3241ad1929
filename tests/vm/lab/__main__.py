# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m vm.lab: makes the images that most tests of make check start from, ahead of them.

What it can't make, the tests will, and say why."""

import sys

from .errors import LabError
from .fixtures import SOME_SETUPS
from .prepare import own_preparer


def main():
    """Makes them, in the order in which the tests want them."""
    try:
        with own_preparer() as preparer:
            for setup in reversed(SOME_SETUPS):
                preparer.image(setup, "enforcing")
                preparer.booted(setup, "enforcing")
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
