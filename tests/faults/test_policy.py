# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever call fails, assay-policy never finds a bad policy good, and writes whole policies only."""

import pathlib

import pytest

DEFAULTS = pathlib.Path(__file__).parents[2] / "docs/assay.conf"
GENERATE = ["assay-policy", "generate", "--config", DEFAULTS, "--kernel", "6.12", "--profile",
            "verity", "--mode", "enforce"]


@pytest.fixture
def policy(run, tmp_path):
    """A generated policy's path."""
    path = tmp_path / "good"
    assert run(*GENERATE, "--output", path).rc == 0
    return path


@pytest.mark.parametrize("call", ["malloc", "open", "write", "fsync", "rename"])
def test_generate_is_whole_or_not_at_all(faults, policy, tmp_path, call):
    """The file is the whole policy, or is not there."""
    whole = policy.read_text(encoding="ascii")
    out = tmp_path / "out"

    def check(done):
        if done.rc == 0:
            assert out.read_text(encoding="ascii") == whole
        assert not out.exists() or out.read_text(encoding="ascii") == whole
        out.unlink(missing_ok=True)

    assert faults.every(call, [*GENERATE, "--output", str(out)], check=check, most=60) > 0


@pytest.mark.parametrize("call", ["malloc", "open", "read"])
def test_lint_of_a_good_policy_finds_nothing(faults, policy, call):
    """It says that all is well, or that there was trouble; it never invents a finding."""
    command = ["assay-policy", "lint", "--kernel", "6.12", str(policy)]
    assert faults.every(call, command, most=60) > 0


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_lint_of_a_bad_policy_never_passes(faults, tmp_path, options):
    """Without memory a policy with a hole is never called clean."""
    path = tmp_path / "bad"
    path.write_text("dont_appraise\nappraise\nnonsense\n", encoding="ascii")
    command = ["assay-policy", "lint", "--kernel", "6.12", *options, str(path)]
    for at in range(1, 80):
        done, _, made = faults.run("malloc", at, command)
        assert done.rc in (1, 2), done
        if not made:
            break
