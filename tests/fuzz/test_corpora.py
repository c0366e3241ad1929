# SPDX-License-Identifier: GPL-2.0-or-later
"""Every file of every corpus, finds among them, goes through its target without a fault."""

import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
TARGETS = sorted(p.stem.removeprefix("fuzz_") for p in HERE.glob("fuzz_*.c"))


@pytest.mark.parametrize("name", TARGETS)
def test_corpus(build_dir, name):
    """The target takes the empty input, and each file of its corpus, of which there are some."""
    files = sorted(p for p in (HERE / "corpus" / name).rglob("*") if p.is_file())
    assert files, f"tests/fuzz/corpus/{name} is empty"
    done = subprocess.run([build_dir / "replay" / name, *files], capture_output=True, text=True,
                          errors="replace", timeout=300, check=False)
    assert done.returncode == 0 and done.stdout.count("ok ") == len(files), done.stderr[-4000:]


@pytest.mark.parametrize("seed", sorted((HERE / "corpus/config").iterdir()), ids=lambda p: p.name)
def test_configurations_do_as_they_are_named(run, seed):
    """Only should-fail-* is refused, and with a line that names the file."""
    done = run("assay-policy", "generate", "--kernel", "6.12", "--mode", "log", "--config", seed)
    assert done.rc == (2 if seed.name.startswith("should-fail-") else 0), done
    assert done.rc == 0 or seed.name in done.err
