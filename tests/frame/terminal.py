# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs with a terminal of their own."""

import os
import pty


def on_terminal(words, env=None, act=None):
    """Runs them; act(fd) types.  Returns the exit code, and all that was shown."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(words[0], [str(word) for word in words], env or os.environ)
    shown = b""
    if act:
        act(fd)
    try:
        while chunk := os.read(fd, 4096):
            shown += chunk
    except OSError:
        pass
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()
