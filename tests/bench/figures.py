# SPDX-License-Identifier: GPL-2.0-or-later
"""What every benchmark prints: a JSON list of figures, each beside its baseline."""

import json
import statistics


def at_least(limit, field="ratio"):
    """A target: the field (ratio or value) is no less."""
    return {"field": field, "at_least": limit}


def at_most(limit, field="ratio"):
    """A target: the field (ratio or value) is no more."""
    return {"field": field, "at_most": limit}


def figure(name, value, unit, baseline, command, *, ratio=None, target=None):
    """One row of build/bench/results.json; ratio is value over baseline unless given."""
    if ratio is None:
        ratio = value / baseline if baseline else None
    return {"name": name, "value": round(value, 6), "unit": unit,
            "baseline": None if baseline is None else round(baseline, 6),
            "ratio": None if ratio is None else round(ratio, 4), "command": command,
            "target": target}


def unmeasured(name, unit, command, why):
    """A row without a figure, and why there is none."""
    return {"name": name, "value": None, "unit": unit, "baseline": None, "ratio": None,
            "command": command, "target": None, "note": f"not measured: {why}"}


def median(values):
    """The middle of what was measured."""
    return statistics.median(values)


def print_figures(rows):
    """The list, on stdout, as `make bench` reads it."""
    print(json.dumps(rows, indent=1))
