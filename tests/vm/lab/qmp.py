# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's own control channel: pause, save the whole machine, quit."""

import json
import time

from .errors import Deadline, LabError


class Qmp:
    """A QMP connection; commands are answered in order, events are dropped."""

    def __init__(self, connection):
        self.socket = connection
        self.socket.settimeout(60)
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.file.readline()
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        """Run a command and return its value."""
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise LabError(f"qemu: {command}: the machine is gone")
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise LabError(f"qemu: {command}: {answer['error']['desc']}")

    def close(self):
        """Hang up."""
        self.file.close()
        self.socket.close()

    def save(self, path, seconds=300):
        """Stop the machine and write its memory and devices to a file."""
        self("stop")
        self("migrate-set-parameters", **{"max-bandwidth": 1 << 34})
        self("migrate", uri=f"exec:zstd -q -1 -T2 -o {path}")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status = self("query-migrate")["status"]
            if status == "completed":
                return
            if status in ("failed", "cancelled"):
                raise LabError(f"qemu: migrate: {status}")
            time.sleep(0.05)
        raise Deadline(f"qemu: migrate: not done in {seconds} s")

    def go_on(self, seconds=120):
        """Let a machine run whose memory is being read in: it was saved while stopped."""
        end = time.monotonic() + seconds
        while self("query-status")["status"] == "inmigrate":
            if time.monotonic() > end:
                raise Deadline(f"qemu: resume: not done in {seconds} s")
            time.sleep(0.02)
        self("cont")
