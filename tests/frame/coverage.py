# SPDX-License-Identifier: GPL-2.0-or-later
"""The line coverage of lib/, read by gcovr from all instrumented builds at once."""

import json
import subprocess
from dataclasses import dataclass

import pytest

FLOOR = 90.0  # percent of lines; the one place where it is set

KEY = pytest.StashKey()


@dataclass
class Report:
    """The table and whether it reaches the floor."""

    text: str
    enough: bool


def table(summary):
    """One line per file, worst first, then the sum."""
    files = sorted(summary["files"], key=lambda f: f["line_percent"])
    lines = [f"{f['line_percent']:6.1f} %  {f['line_covered']:5} of {f['line_total']:5}  "
             f"{f['filename']}" for f in files]
    lines.append(f"{summary['line_percent']:6.1f} %  {summary['line_covered']:5} of "
                 f"{summary['line_total']:5}  all of lib/ (floor {FLOOR:g} %)")
    return "\n".join(lines)


def measure(root):
    """Runs gcovr over build/; a run without any data is not enough."""
    command = ["gcovr", "--root", root, "--filter", "lib/", "--json-summary", "-",
               "--gcov-ignore-parse-errors", "--exclude-unreachable-branches",
               "-j", "2", *[root / d for d in ("build/san/cov", "build/cov") if (root / d).is_dir()]]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return Report(f"gcovr: {done.stderr}", False)
    summary = json.loads(done.stdout)
    (root / "build/coverage.json").write_text(done.stdout, encoding="utf-8")
    return Report(table(summary), summary["line_total"] > 0 and summary["line_percent"] >= FLOOR)
