# SPDX-License-Identifier: GPL-2.0-or-later
"""Verifiers for the machines of a test."""

import pytest

from vm.lab.verifier import Verifier


@pytest.fixture
def verifiers(bin_dir):
    """A function that makes verifiers, not started yet, which trust nobody; options as for Verifier."""
    made = []

    def make(**options):
        made.append(Verifier(bin_dir / "assay-verifier", **options))
        return made[-1]
    yield make
    for verifier in made:
        verifier.close()


@pytest.fixture
def verifier(verifiers):
    """The one of a test that needs no other."""
    return verifiers()
