# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands on the host: a deadline, and an error that says what they said."""

import shutil
import subprocess

from .errors import LabError


def sh(*command, timeout=600, **options):
    """Run a command and return its output; raise LabError with its last words otherwise."""
    command = [str(word) for word in command]
    options.setdefault("stdin", subprocess.DEVNULL)
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout, check=False, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{command[0]}: {error}") from error
    text = done.stdout.decode(errors="replace")
    if done.returncode:
        tail = "\n".join(text.splitlines()[-25:])
        raise LabError(f"{' '.join(command[:4])} …: exit {done.returncode}\n{tail}")
    return text


def need(*programs):
    """Refuse early, naming every program that is missing."""
    missing = [name for name in programs if not shutil.which(name)]
    if missing:
        raise LabError(f"missing on this host: {' '.join(missing)} (scripts/deps installs them)")
