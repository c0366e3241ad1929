# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that run beside the lab: they die with it, and are ended by their own pid."""

import socket
import subprocess
import time

from .errors import LabError


class Process:
    """One background program with its output in a file."""

    def __init__(self, command, log):
        self.log = log
        with open(log, "ab") as out:
            try:
                self.popen = subprocess.Popen(
                    ["setpriv", "--pdeathsig", "KILL", *map(str, command)],
                    stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
            except OSError as error:
                raise LabError(f"{command[0]}: {error}") from error

    def alive(self):
        """Whether it still runs."""
        return self.popen.poll() is None

    def wait(self, seconds):
        """Wait for its end; False where it has not come in that time."""
        try:
            self.popen.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def stop(self, seconds=10):
        """Ask it to end, then make it."""
        if self.alive():
            self.popen.terminate()
            if not self.wait(seconds):
                self.kill()

    def kill(self):
        """End it at once."""
        if self.alive():
            self.popen.kill()
        self.popen.wait()

    def log_text(self):
        """What it said."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read().strip()


def connect(path, process, seconds=30):
    """Connect with the Unix socket that a starting process will offer."""
    end = time.monotonic() + seconds
    while True:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
            return connection
        except OSError as error:
            connection.close()
            if not process.alive() or time.monotonic() > end:
                raise LabError(f"{path}: {error}: {process.log_text()}") from error
        time.sleep(0.02)
