# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-verifier on this host's loopback; guests with Hardware.reach find it at URL."""

import hashlib
import json
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .errors import LabError
from .process import Process
from .qemu import REACHED
from .shell import sh

PORT = 8443   # as guests see it
URL = f"https://{REACHED}:{PORT}"
CONFIG = """[service]
listen = 127.0.0.1
port = {port}
tls-certificate = {work}/tls.pem
tls-key = {work}/tls.key
directory = {work}/state
[trust]
directory = {work}/trust
boot = {boot}
[enrolment]
ek-certificates = {work}/ek-ca
without-certificate = admin
[rounds]
interval = {interval}
stale-after = {stale_after}
"""


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Verifier:
    """The service with a certificate of its own; stop() ends it, and its state stays until close()."""

    def __init__(self, program, boot="unmeasured", interval=60, stale_after=300):
        self.program = Path(program)
        self.work = Path(tempfile.mkdtemp(prefix="assay-verifier."))
        self.port = free_port()
        for name in ("state", "trust", "ek-ca"):
            (self.work / name).mkdir()
        sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
           "-subj", "/CN=verifier", "-addext", f"subjectAltName=IP:{REACHED},IP:127.0.0.1",
           "-keyout", self.work / "tls.key", "-out", self.work / "tls.pem")
        self.config = self.work / "conf"
        self.config.write_text(CONFIG.format(port=self.port, work=self.work, boot=boot, interval=interval,
                                             stale_after=stale_after), encoding="ascii")
        self.process = None

    @property
    def ca(self):
        """What its certificate leads to."""
        return self.work / "tls.pem"

    @property
    def reach(self):
        """For a guest's Hardware.reach."""
        return {PORT: self.port}

    def start(self):
        """Start it and wait until it listens."""
        self.process = Process([str(self.program), "serve", "--config", str(self.config)], self.work / "log")
        for _ in range(300):
            if not self.process.alive():
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise LabError(f"assay-verifier: does not start: {self.process.log_text()}")

    def stop(self):
        """End it as systemd would."""
        if self.process:
            self.process.stop()

    def close(self):
        """End it and remove all that is of it."""
        self.stop()
        shutil.rmtree(self.work, ignore_errors=True)

    def run(self, *words):
        """An administrator's command."""
        command = [str(self.program), words[0], "--config", str(self.config), *words[1:]]
        if words[0] == "host":
            command += ["--ca", str(self.ca)]
        return subprocess.run([str(w) for w in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False)

    def ask(self, *words):
        """One that must succeed; its JSON."""
        done = self.run(*words, "--json")
        if done.returncode:
            raise LabError(f"assay-verifier {' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}")
        return json.loads(done.stdout)

    def do(self, *words):
        """One that must succeed."""
        done = self.run(*words)
        if done.returncode:
            raise LabError(f"assay-verifier {' '.join(map(str, words))}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def trust(self, data, level="local"):
        """Signatures by this certificate count from now on."""
        path = self.work / f"{hashlib.sha256(data).hexdigest()[:16]}.der"
        if path.exists():
            return
        path.write_bytes(data)
        self.do("trust", "add", path, "--level", level)
        if self.process and self.process.alive():
            self.process.popen.send_signal(signal.SIGHUP)
