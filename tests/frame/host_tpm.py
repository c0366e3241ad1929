# SPDX-License-Identifier: GPL-2.0-or-later
"""A software TPM of a host, which the programs under test take for the device."""

import os
import pathlib
import socket
import subprocess
import tempfile
import time

# It takes part in the host's own: its options for a CA of its own, which signs EK certificates.
SETUP_CONF = "create_certs_tool = /usr/bin/swtpm_localca\ncreate_certs_tool_config = {0}/localca.conf\n" \
             "create_certs_tool_options = {0}/localca.options\n"
CA_CONF = "statedir = {0}/ca\nsigningkey = {0}/ca/signkey.pem\nissuercert = {0}/ca/issuercert.pem\n" \
          "certserial = {0}/ca/certserial\n"
CA_OPTIONS = "--platform-manufacturer Assay\n--platform-version 1\n--platform-model test\n"


def listens(path):
    """Whether somebody takes connections there."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


class HostTpm:
    """swtpm over a new directory; a context: it ends with it.

    certified: it has an endorsement key's certificate, by a CA in self.ca.
    """

    def __init__(self, preload, certified=False):
        self.preload = preload
        self.top = tempfile.TemporaryDirectory(prefix="tpm-")
        self.path = pathlib.Path(self.top.name)
        self.ca = self.path / "ca"
        self.process = None
        self.path.chmod(0o755)  # programs connect for each command, and have no privileges then
        (self.path / "state").mkdir()
        if certified:
            self.certify()

    def certify(self):
        """What a manufacturer does."""
        for name, text in (("setup.conf", SETUP_CONF), ("localca.conf", CA_CONF),
                           ("localca.options", CA_OPTIONS)):
            (self.path / name).write_text(text.format(self.path))
        subprocess.run(["swtpm_setup", "--tpm2", "--tpmstate", self.path / "state",
                        "--config", self.path / "setup.conf", "--create-ek-cert",
                        "--lock-nvram", "--overwrite"], check=True, stdout=subprocess.DEVNULL)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.top.cleanup()

    def start(self):
        """Power on."""
        path = self.path / "s"
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.path}/state", "--server",
             f"type=unixio,path={path},mode=0666", "--ctrl", f"type=unixio,path={path}.ctrl",
             "--flags", "not-need-init,startup-clear"], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not (listens(path) or time.monotonic() > end):
            time.sleep(0.01)

    def stop(self):
        """Power off."""
        self.process.terminate()
        self.process.wait(20)
        (self.path / "s").unlink(missing_ok=True)

    @property
    def env(self):
        """For a program that is to find it."""
        asan = os.environ.get("ASAN_OPTIONS", "")
        return os.environ | {"LD_PRELOAD": str(self.preload), "ASSAY_TEST_TPM": f"{self.path}/s",
                             "ASAN_OPTIONS": f"{asan}:verify_asan_link_order=0"}

    def command(self, data):
        """The answer to a command that must succeed."""
        with socket.socket(socket.AF_UNIX) as to:
            to.connect(str(self.path / "s"))
            to.sendall(data)
            answer = to.recv(4096)
        assert answer[6:10] == bytes(4), answer.hex()
        return answer

    def tool(self, *words):
        """A program of tpm2-tools over it; it has a connection for itself."""
        return subprocess.run([str(word) for word in words], check=True, capture_output=True,
                              env=os.environ | {"TPM2TOOLS_TCTI": f"swtpm:path={self.path}/s"})
