# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs attacks in the guest, each in a process of its own, and tells their outcomes as JSON on stdout.

python3 runner.py NAME...   runs these attacks (as registered: FUNCTION-WHO)
python3 runner.py --list    names all"""

import importlib
import json
import os
import pwd
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from arena import ATTACKS, WORK, Scene, libc  # noqa: E402

PR_SET_DUMPABLE = 4

MODULES = [p.stem for p in Path(__file__).resolve().parent.glob("*.py")
           if p.stem not in ("arena", "runner")]


def perform(name, pipe):
    """Run one attack in this process and write its outcome; does not return."""
    function, who, _ = ATTACKS[name]
    scene = Scene(name, WORK / name)
    try:
        take_place(scene.directory, who)
        outcome = "through" if function(scene) else "refused"
    except Exception:  # pylint: disable=broad-except
        scene.say(traceback.format_exc())
        outcome = "broken"
    with open(pipe, "w", encoding="utf-8", errors="replace") as file:
        json.dump({"outcome": outcome, "log": scene.log}, file)
    os._exit(0)


def take_place(directory, who):
    """Become the attacker, in a new directory of the attack's own."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    if who != "root":
        entry = pwd.getpwnam(who)
        os.chown(directory, entry.pw_uid, entry.pw_gid)
        os.setgroups([])
        os.setresgid(*[entry.pw_gid] * 3)
        os.setresuid(*[entry.pw_uid] * 3)
        libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)     # as after a login: /proc/self is one's own
        os.environ["HOME"] = entry.pw_dir
    os.chdir(directory)


def outcome_of(name):
    """Run one attack in a child, within its time."""
    reader, writer = os.pipe()
    os.set_inheritable(writer, False)
    begin = time.monotonic()
    child = os.fork()
    if not child:
        os.close(reader)
        os.setsid()
        signal.alarm(ATTACKS[name][2])
        perform(name, writer)
    os.close(writer)
    with open(reader, encoding="utf-8", errors="replace") as file:
        said = file.read()
    status = os.waitpid(child, 0)[1]
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        pass
    try:
        result = json.loads(said)
    except ValueError:
        result = {"outcome": "broken", "log": [f"the attack ended with status {status}"]}
    result["seconds"] = round(time.monotonic() - begin, 2)
    return result


def main(names):
    """See the module's words."""
    for module in sorted(MODULES):
        importlib.import_module(module)
    if names == ["--list"]:
        about = {name: {"claim": (function.__doc__ or "").strip(), "module": function.__module__}
                 for name, (function, _, _) in ATTACKS.items()}
        print(json.dumps(about))
        return
    WORK.mkdir(parents=True, exist_ok=True)
    os.chmod(WORK, 0o755)
    for name in names:
        print(json.dumps({"name": name, **outcome_of(name)}), flush=True)


main(sys.argv[1:])
