# SPDX-License-Identifier: GPL-2.0-or-later
"""make bench says of each figure whether it is what it should be, and names the misses at the end."""

import importlib.util
import json
from importlib.machinery import SourceFileLoader

import pytest

from bench.figures import at_least, at_most, figure, unmeasured


@pytest.fixture
def bench(root_dir):
    """scripts/bench."""
    loader = SourceFileLoader("bench_script", str(root_dir / "scripts/bench"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench_script", loader))
    loader.exec_module(module)
    return module


def rows():
    """Met at the limit, missed by a little, and without a target."""
    return [figure("fast", 1.0, "s", 20.0, "c", ratio=20.0, target=at_least(20)),
            figure("slow", 2.0, "s", 39.0, "c", ratio=19.5, target=at_least(20)),
            figure("lean", 64.0, "MiB", 64, "c", target=at_most(64, "value")),
            figure("fat", 65.0, "MiB", 64, "c", target=at_most(64, "value")),
            figure("free", 65.0, "s", None, "c")]


def test_the_misses_are_named(bench):
    """In the rows and in the last line."""
    lines = bench.table(rows()).splitlines()
    assert [line.split()[-1] for line in lines[1:5]] == ["met", "MISSED", "met", "MISSED"]
    assert "ratio >= 20: MISSED" in lines[2] and "value <= 64: MISSED" in lines[4]
    assert bench.summary(rows()) == "targets missed: slow, fat"
    assert bench.summary(rows()[::2]) == "every target is met"
    assert bench.summary(rows()[::2], ["exec"]) == "not measured: exec"


def test_a_row_without_a_figure_is_a_miss(bench):
    """What has a target and could not be measured is not met; older results have no targets."""
    row = figure("none", 1.0, "s", None, "c", target=at_most(2))
    assert bench.is_met(row) is False
    del row["target"]
    assert bench.is_met(row) is None and bench.summary([row]) == "every target is met"


def test_what_was_not_measured_says_why(bench):
    """In a row of its own, with the fields of all others."""
    row = unmeasured("beside", "s", "c", "no such package")
    assert set(bench.FIELDS) <= set(row)
    assert bench.table([row]).splitlines()[1].endswith("not measured: no such package")
    assert bench.summary([row]) == "every target is met"


def test_one_bench_leaves_the_results_of_the_others(bench, monkeypatch, tmp_path):
    """Those that come before it and after it by name, and its own when it fails."""
    results = tmp_path / "results.json"
    results.write_text(json.dumps([{"bench": name} | row for name, row in zip(("boot", "exec", "sign"), rows())]))
    monkeypatch.setattr(bench, "RESULTS", results)
    monkeypatch.setattr("sys.argv", ["bench", "exec"])
    monkeypatch.setattr(bench, "run", lambda _: rows()[3:4])
    assert bench.main() == 0
    assert [(row["bench"], row["name"]) for row in json.loads(results.read_text())] == [
        ("boot", "fast"), ("exec", "fat"), ("sign", "lean")]
    monkeypatch.setattr(bench, "run", lambda _: json.loads("{"))
    assert bench.main() == 1
    assert [row["name"] for row in json.loads(results.read_text())] == ["fast", "fat", "lean"]


def test_each_figure_has_its_fields(bench):
    """As the list is documented."""
    assert all(set(row) == set(bench.FIELDS) for row in rows())
