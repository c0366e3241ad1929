# SPDX-License-Identifier: GPL-2.0-or-later
"""Man pages are clean mdoc, and name exactly the commands and options that --help names."""

import os
import re
import subprocess

import tree

HELP_OPTION = re.compile(r"^\s+(?:-\w, |\s{4})?--([a-z][a-z0-9-]*)", re.M)
PAGE_OPTION = re.compile(r"^\.(?:It|Op)\b.*?\bFl\s+(?:Fl\s+|-)([a-z][a-z0-9-]*)", re.M)
ANY_OPTION = re.compile(r"\bFl\s+(?:Fl\s+|-)([a-z][a-z0-9-]*)")
COMMAND = re.compile(r"^  ([a-z][a-z0-9-]*) {2,}\S", re.M)
EVERYWHERE = {"help", "version"}
# Started by no operator: it has no commands and no table of them.
NOT_A_TABLE = ("assay-boot", "assay-guard", "assay-unlock")


def help_of(program, *words):
    """What --help prints."""
    return subprocess.run([program, *words, "--help"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False, timeout=30).stdout


def commands_of(program, name):
    """The commands that the program itself has: not those that it hands to another program."""
    text = help_of(program)
    named = COMMAND.findall(text) or re.findall(rf"^ +(?:\d+\. )?{name} ([a-z]+)", text, re.M)
    return [c for c in dict.fromkeys(named)
            if help_of(program, c).startswith(f"usage: {name} {c} ")]


def check_program(program):
    """The problems of one program's page."""
    name = os.path.basename(program)
    page = f"man/{name}.8"
    if not (tree.ROOT / page).is_file():
        return [f"{page}:1: missing"]
    if name in NOT_A_TABLE:
        return []
    text = tree.text(page)
    commands = commands_of(program, name)
    problems = [] if commands else [f"{page}:1: {name} --help names no commands"]
    options = set()
    for command in commands:
        options |= set(HELP_OPTION.findall(help_of(program, command)))
        if not re.search(rf"^\.(?:It|Ss|Nm|Cm|Ic|Sh)\b.*\b{re.escape(command)}\b", text, re.M):
            problems.append(f"{page}:1: the command {command} is not described")
    for option in sorted(options - set(PAGE_OPTION.findall(text)) - EVERYWHERE):
        problems.append(f"{page}:1: --{option} is not described")
    for option in sorted(set(ANY_OPTION.findall(text)) - options - EVERYWHERE):
        problems.append(f"{page}:1: --{option} is no option of {name}")
    return problems


def check_mdoc(page):
    """mandoc's complaints, cross references to pages elsewhere apart."""
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], cwd=tree.ROOT,
                          capture_output=True, text=True, check=False)
    return [f"{page}: {line}" for line in done.stdout.splitlines() if "not found" not in line]


found = [p for page in tree.files(".1", ".5", ".8") if page.startswith("man/")
         for p in check_mdoc(page)]
programs = tree.ROOT / "build/bin"
for built in sorted(programs.iterdir()) if programs.is_dir() else []:
    found += check_program(str(built))
tree.finish(found)
