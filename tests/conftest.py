# SPDX-License-Identifier: GPL-2.0-or-later
"""What all tests share: where the programs are, C test programs as tests, coverage at the end.

ASSAY_BUILD names the build under test (build), ASSAY_FAULTS_BUILD one without sanitizers (build).
Both are brought up to date before the first test unless ASSAY_NO_BUILD is set.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import zlib

import pytest

from frame import coverage, order
from frame.done import Done
from frame.faults import Faults

pytest_plugins = ["vm.lab.fixtures"]

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("ASSAY_BUILD", "build")
FAULTS_BUILD = ROOT / os.environ.get("ASSAY_FAULTS_BUILD", "build")

# A leak or an undefined operation ends the program with a status that no test expects.
SANITIZERS = {
    "ASAN_OPTIONS": "exitcode=99:detect_leaks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def pytest_addoption(parser):
    """Adds --coverage, which check's steps use."""
    parser.addoption("--coverage", action="store_true", help="print the line coverage of lib/")


def is_worker(config):
    """Whether this is one of pytest-xdist's processes and not the one that started them."""
    return hasattr(config, "workerinput")


def pytest_configure(config):
    """Builds what is tested, once; sanitizers are told what to do."""
    for name, value in SANITIZERS.items():
        os.environ.setdefault(name, value)
    if is_worker(config) or config.option.collectonly or os.environ.get("ASSAY_NO_BUILD"):
        return
    jobs = f"-j{os.cpu_count()}"
    flags = ["SAN=", "COV=1" if "cov" in FAULTS_BUILD.parts else "COV="]
    for words in (["all", "unit", "replay"], [*flags, "all", "faults"]):
        if subprocess.run(["make", "-s", "-C", ROOT, jobs, *words], check=False).returncode:
            pytest.exit("the build failed", 2)


def pytest_collection_modifyitems(items):
    """The same order in every process."""
    order.by_length(items, ROOT)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    """Fails the run when coverage was asked for and is under the floor."""
    if is_worker(session.config) or not session.config.option.coverage:
        return
    report = coverage.measure(ROOT)
    session.config.stash[coverage.KEY] = report
    if exitstatus == 0 and not report.enough:
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter, config):
    """Prints the coverage above pytest's own last line."""
    report = config.stash.get(coverage.KEY, None)
    if report:
        terminalreporter.section("coverage of lib/")
        terminalreporter.write_line(report.text)


# They stand where libc's malloc would, and so would the sanitizer's.
PLAIN = {"appraise_memory"}


class UnitFile(pytest.File):
    """tests/unit/NAME.c, whose program lists its cases."""

    def collect(self):
        """One item per case."""
        program = (FAULTS_BUILD if self.path.stem in PLAIN else BUILD) / "unit" / self.path.stem
        listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True)
        for name in listed.stdout.split():
            yield UnitCase.from_parent(self, name=name, program=program)


class UnitCase(pytest.Item):
    """One case of a C test program."""

    def __init__(self, *, program, **kwargs):
        super().__init__(**kwargs)
        self.program = program

    def runtest(self):
        """Runs the program with the case's name, in a new directory."""
        tmp = self.config._tmp_path_factory.mktemp(self.path.stem)
        done = subprocess.run([self.program, self.name], capture_output=True, text=True,
                              cwd=tmp, env=os.environ | {"UNIT_TMP": str(tmp)},
                              errors="replace", timeout=300, check=False)
        if done.returncode == 0 and done.stdout.startswith(f"skip {self.name}: "):
            pytest.skip(done.stdout.split(": ", 1)[1].strip())
        if done.returncode != 0 or done.stdout != f"ok {self.name}\n":
            raise UnitFailure(f"exit {done.returncode}\n{done.stdout}{done.stderr}")

    def repr_failure(self, excinfo, style=None):
        """What the program printed."""
        if isinstance(excinfo.value, UnitFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        """Where pytest says that it is."""
        return self.path, None, f"{self.path.stem}::{self.name}"


class UnitFailure(Exception):
    """A case that was not ok."""


def pytest_collect_file(file_path, parent):
    """Takes tests/unit/*.c as test files."""
    if file_path.suffix == ".c" and file_path.parent == ROOT / "tests/unit":
        return UnitFile.from_parent(parent, path=file_path)
    return None


@pytest.fixture(autouse=True)
def leaks(request, monkeypatch):
    """To look for leaks takes a program as long as all else of a start: by default a quarter of the tests that
    start programs do, always the same; all with ASSAY_LONG, as do the unit tests and the fuzz targets."""
    if not os.environ.get("ASSAY_LONG") and zlib.crc32(request.node.name.encode()) % 4:
        monkeypatch.setenv("ASAN_OPTIONS", os.environ["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0"))


@pytest.fixture(scope="session")
def root_dir():
    """The top of the source tree."""
    return ROOT


@pytest.fixture(scope="session")
def build_dir():
    """The build under test: bin, unit and replay are in it."""
    return BUILD


@pytest.fixture(scope="session")
def bin_dir():
    """Where the programs under test are."""
    return BUILD / "bin"


@pytest.fixture(scope="session")
def plain_bin_dir():
    """Where the programs without sanitizers are: for limits of memory, and kills."""
    return FAULTS_BUILD / "bin"


@pytest.fixture(scope="session")
def users_dir():
    """A directory that every user may use: the tree itself may lie in root's home."""
    with tempfile.TemporaryDirectory(prefix="assay-users-") as path:
        os.chmod(path, 0o777)
        yield path


@pytest.fixture
def run(bin_dir, users_dir):
    """run("assay-sign", "verify", path) runs a program of the build: Done(rc, out, err)."""

    def run_program(name, *args, timeout=300, where=bin_dir, **kwargs):
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        program = where / name
        if "user" in kwargs:
            program = shutil.copy(program, users_dir)
            kwargs["env"] = kwargs.get("env", os.environ) | {"GCOV_PREFIX": users_dir}
        process = subprocess.run([program, *args], stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, timeout=timeout, check=False, **kwargs)
        return Done(process)

    return run_program


@pytest.fixture
def trouble(run):
    """As run, and it must end in trouble: exit 2, nothing but one line that names the program."""

    def run_program(name, *args, **kwargs):
        done = run(name, *args, **kwargs)
        assert done.rc == 2, done
        assert done.err.count("\n") == 1 and done.err.startswith(name + ": "), done
        return done

    return run_program


@pytest.fixture(scope="session")
def factor():
    """What a count is multiplied by: 1, more in make check-long."""
    return int(os.environ.get("ASSAY_COUNT_FACTOR", "1"))


@pytest.fixture
def faults(tmp_path_factory, factor):
    """Makes each Nth call of a kind fail under a command: see frame/faults.py."""
    return Faults(FAULTS_BUILD, tmp_path_factory.mktemp("faults"), factor)
