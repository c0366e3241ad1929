# SPDX-License-Identifier: GPL-2.0-or-later
"""pytest fixtures of the lab; tests/conftest.py makes them known to every test directory."""

import os
import re

import pytest

from .errors import LabError
from .lab import Lab
from .prepare import Preparer, Setup, assay_debs
from .recipe import KERNELS

ALL_SETUPS = [Setup(kernel, profile, evm) for kernel in KERNELS
              for profile in ("signature", "verity") for evm in ("off", "portable")]
# make check takes two, in which every kernel and profile is met; make check-long all.
SOME_SETUPS = [Setup("6.1", "signature", "portable"), Setup("6.12", "verity", "portable")]
SETUPS = ALL_SETUPS if os.environ.get("ASSAY_LONG") else SOME_SETUPS
LABS = pytest.StashKey()


@pytest.fixture(scope="session")
def lab(request):
    """The lab itself; every machine ends with the session."""
    try:
        lab = Lab()
    except LabError as error:
        pytest.fail(f"the lab does not stand: {error}", pytrace=False)
    request.config.stash[LABS] = lab
    yield lab
    lab.close()


@pytest.fixture
def machines(lab):
    """A function that makes machines, as Lab.machine; they end with the test."""
    before = len(lab.machines)
    yield lab.machine
    for machine in lab.machines[before:]:
        machine.close()


@pytest.fixture(scope="session", params=KERNELS)
def kernel(request):
    """Each kernel in turn."""
    return request.param


@pytest.fixture(scope="session")
def debs():
    """Assay's packages."""
    return assay_debs()


@pytest.fixture(scope="session")
def preparer(lab, debs, request):
    """Images of every stage of every Setup."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    return Preparer(lab, debs, say=reporter.write_line if reporter else print)


@pytest.fixture(scope="session", params=SETUPS, ids=str)
def setup(request):
    """Each kernel, profile and EVM mode in turn; a test narrows it with
    @pytest.mark.parametrize("setup", [Setup("6.12", "verity", "off")], ids=str, indirect=True)."""
    return request.param


@pytest.fixture
def signed_machine(preparer, setup, machines):
    """A throwaway machine with Assay installed and everything signed, not enabled, up."""
    del machines
    return preparer.resumed(setup, "signed")


@pytest.fixture
def log_machine(preparer, setup, machines):
    """A throwaway machine in log mode, up."""
    del machines
    return preparer.resumed(setup, "log")


@pytest.fixture
def enforcing_machine(preparer, setup, machines):
    """A throwaway machine that enforces, up."""
    del machines
    return preparer.resumed(setup, "enforcing")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep the consoles of a test that failed, and say where."""
    del call
    outcome = yield
    report = outcome.get_result()
    lab = item.config.stash.get(LABS, None)
    if report.failed and lab:
        name = re.sub(r"[^\w.-]+", "_", item.nodeid.split("/")[-1])
        kept = lab.keep_logs(f"{name}-{report.when}")
        if kept:
            report.sections.append(("consoles kept", "\n".join(map(str, kept))))
