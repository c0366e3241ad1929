# SPDX-License-Identifier: GPL-2.0-or-later
"""assay help COMMAND: a page on a terminal, --help in a pipe."""

import os

import pytest

from frame.terminal import on_terminal


@pytest.mark.parametrize("words", [["check"], ["sign"], ["policy"], ["policy", "lint"], ["pkg", "show"]], ids=" ".join)
def test_help_of_a_command_in_a_pipe(run, bin_dir, words):
    """What its --help says, and no page."""
    env = os.environ | {"ASSAY_EXEC_PATH": str(bin_dir)}
    done = run("assay", "help", *words, env=env)
    assert done.rc == 0 and done.out == run("assay", *words, "--help", env=env).out, done
    assert words[-1] in done.out.splitlines()[0]


@pytest.mark.parametrize("words", [["help", "nothing"], ["help", "--nothing"], ["help", "../sign"]], ids=" ".join)
def test_help_of_no_command(trouble, words):
    """One line, exit 2."""
    assert "no command is named" in trouble("assay", *words).err


@pytest.mark.parametrize("command, page", [("check", "assay"), ("sign", "assay-sign"), ("pkg", "assay-pkg")])
def test_help_of_a_command_on_a_terminal(bin_dir, tmp_path, command, page):
    """Its page, where man knows it; else --help, without a word of man's."""
    man = tmp_path / "man"
    man.write_text(f"#!/bin/sh\n[ ! -e {tmp_path}/none ] || {{ echo no entry >&2; exit 16; }}\necho \"page $*\"\n")
    man.chmod(0o755)
    env = os.environ | {"ASSAY_EXEC_PATH": str(bin_dir), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    words = [bin_dir / "assay", "help", command]
    assert on_terminal(words, env) == (0, f"page 8 {page}\r\n")
    code, shown = on_terminal([*words[:2], "--nothing"], env)
    assert code == 2 and "page" not in shown and "no command is named" in shown, shown
    (tmp_path / "none").touch()
    code, shown = on_terminal(words, env)
    assert code == 0 and shown.startswith("usage: assay ") and command in shown and "no entry" not in shown, shown


def test_help_without_man(bin_dir, tmp_path):
    """--help it is."""
    env = os.environ | {"ASSAY_EXEC_PATH": str(bin_dir), "PATH": str(tmp_path)}
    code, shown = on_terminal([bin_dir / "assay", "help", "check"], env)
    assert code == 0 and shown.startswith("usage: assay check "), shown


def test_help_of_two_commands(trouble):
    """One at a time."""
    for words in (["help", "check", "sign"], ["help", "sign", "check"]):
        done = trouble("assay", *words)
        assert "help takes one command" in done.err and f"'{words[2]}'" in done.err, done


def test_help_of_help(run):
    """As --help; the programs that assay runs know help, too."""
    assert run("assay", "help", "help").out == run("assay", "help").out == run("assay", "--help").out
    assert run("assay-sign", "help", "sign").out == run("assay-sign", "sign", "--help").out
