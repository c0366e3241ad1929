# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine's own software TPM 2.0; its state stays in one directory across boots."""

import time
from pathlib import Path

from .errors import LabError
from .process import Process


class Tpm:
    """swtpm over a directory; start() before each boot, it ends with QEMU."""

    def __init__(self, state):
        self.state = Path(state).resolve()
        self.state.mkdir(parents=True, exist_ok=True)
        self.socket = self.state.parent / "tpm.sock"
        self.process = None

    def start(self):
        """Power on."""
        self.socket.unlink(missing_ok=True)
        self.process = Process(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.state}", "--terminate",
             "--ctrl", f"type=unixio,path={self.socket}"], self.state.parent / "swtpm.log")
        for _ in range(500):
            if self.socket.exists():
                return
            if not self.process.alive():
                break
            time.sleep(0.01)
        raise LabError(f"swtpm: does not start: {self.process.log_text()}")

    def stop(self):
        """Power off."""
        if self.process:
            self.process.stop()
