# SPDX-License-Identifier: GPL-2.0-or-later
"""Every verdict of `assay-policy lint` on a rule is the kernel's own, for every kernel there is."""

import json
import os

import pytest

from vm.policy import grammar, kernels, probe

STOCK = ["6.1", "6.12"]
OTHERS = ["6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3"]
CHUNK = 60000  # bytes: under POLICY_MAX
VERSIONS = STOCK + (OTHERS if os.environ.get("ASSAY_LONG") else [])


def chunks(lines):
    """The lines in pieces that the linter reads at once."""
    piece, size = [], 0
    for line in lines:
        if size + len(line) + 1 > CHUNK:
            yield piece
            piece, size = [], 0
        piece.append(line)
        size += len(line) + 1
    yield piece


def rejected(run, tmp_path, version, lines):
    """The reason for each line that the linter says this kernel would reject."""
    found, first = {}, 0
    for piece in chunks(lines):
        path = tmp_path / "policy"
        path.write_bytes("".join(line + "\n" for line in piece).encode(probe.ENCODING))
        done = run("assay-policy", "lint", "--grammar", "--json", "--kernel", version, path)
        assert done.rc in (0, 1), done
        for finding in json.loads(done.out)["findings"]:
            found[first + finding["line"] - 1] = finding["text"]
        first += len(piece)
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_lint_is_the_kernels_grammar(run, tmp_path, version, factor):
    """Thousands of rules, right, wrong and damaged: the kernel takes exactly what lint passes."""
    kernel = kernels.kernel(version)
    if not kernel:
        pytest.skip(f"the archive has no kernel {version}")
    lines = grammar.lines(seed=version, many=grammar.MANY * min(factor, 3))
    release, verdicts = probe.verdicts(kernel.image, lines)
    reasons = rejected(run, tmp_path, version, lines)
    wrong = [f"{line!r}: kernel {verdict}, lint: {reasons.get(n, 'takes it')}"
             for n, (line, verdict) in enumerate(zip(lines, verdicts))
             if (verdict == "+") == (n in reasons)]
    taken = verdicts.count("+")
    print(f"{release}: {len(lines)} rules compared, {taken} taken")
    assert not wrong, f"{len(wrong)} of {len(lines)} differ on {release}:\n" + "\n".join(wrong[:40])
    assert 0.1 < taken / len(lines) < 0.9, "the rules are all right or all wrong: a weak test"
