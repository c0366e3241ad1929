# SPDX-License-Identifier: GPL-2.0-or-later
"""The files of the tree, their text without comments and strings, and how a check ends."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def files(*suffixes):
    """All files under version control, or about to be, with one of the suffixes (none: all)."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT,
                            capture_output=True, check=True).stdout.decode().split("\0")
    return [f for f in sorted(set(listed)) if f and (ROOT / f).is_file()
            and (not suffixes or f.endswith(suffixes))]


def text(name):
    """The file's text."""
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


TOKENS = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(match):
    """The same number of lines, with nothing on them; strings keep their quotes."""
    found = match.group()
    if found.startswith("/*"):
        return re.sub(r"[^\n]", " ", found)
    return found[0] + " " * (len(found) - 2) + found[0]


def bare(source):
    """C text with comments and the insides of strings blanked, line for line."""
    return TOKENS.sub(blank, source)


def allowed(kind):
    """The names that scripts/lint/allow lists for a kind of check."""
    lines = (ROOT / "scripts/lint/allow").read_text(encoding="utf-8").splitlines()
    words = [line.split("#")[0].split() for line in lines]
    return {w[1] for w in words if len(w) >= 2 and w[0] == kind}


def finish(problems):
    """Prints the problems and ends the script, 1 when there are any."""
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
