# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks that want nothing to run any more: through is where a signed program or module no longer does.

Root can always stop a machine; what a user can do must not."""

import sys

from arena import attack, drop_caches, run
from kernel import MODULE, loaded, module_path
from keys import CLEAR, INVALIDATE, REVOKE, TIMEOUT, keyctl, keys_inside, rings

MAP = """import mmap, sys
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        try:
            mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ | mmap.PROT_EXEC, flags=mmap.MAP_PRIVATE)
        except (PermissionError, ValueError) as error:
            print(error)
"""


def as_user(scene, code, *arguments):
    """Python code run by a user."""
    words = ["setpriv", "--reuid", "user", "--regid", "user", "--clear-groups", sys.executable, "-c", code]
    scene.say(run([*words, *map(str, arguments)]).stdout)


@attack()
def module_poisoned(scene):
    """A user maps the signed module as if it were a program; then root can't load it."""
    as_user(scene, MAP, module_path())
    scene.maybe(["modprobe", MODULE])
    return not loaded(scene)


@attack()
def program_poisoned(scene):
    """A user maps and executes a signed program in every wrong way; then nobody can run it."""
    path = "/usr/bin/cksum"
    as_user(scene, MAP, path)
    as_user(scene, "import os\ntry: os.execv('/usr/bin/cksum', ['x', '--version'])\nexcept OSError as e: print(e)")
    return not run([path, "--version"]).stdout


@attack()
def keys_killed(scene):
    """Root revokes, invalidates, clears and expires the keyrings and keys; then a program is judged anew."""
    scene.maybe("keyctl link @u @s")
    for key in rings() + keys_inside():
        for operation in (CLEAR, REVOKE, INVALIDATE):
            keyctl(scene, operation, key)
        keyctl(scene, TIMEOUT, key, 1)
    run("sleep 2")
    drop_caches(3)
    try:
        return not run(["/usr/bin/b2sum", "--version"]).stdout
    except OSError as error:
        scene.say(error)
        return True
