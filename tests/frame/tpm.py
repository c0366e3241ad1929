# SPDX-License-Identifier: GPL-2.0-or-later
"""Software TPMs for programs under test: they stand where /dev/tpmrm0 would (frame/tcti.c)."""

import hashlib
import os
import subprocess
import time

import pytest

WAIT = 20  # seconds for a TPM to listen


class SoftTpm:
    """One TPM, whose state and socket are in the directory; the path of that must be short."""

    def __init__(self, where):
        self.where = str(where)
        self.socket = os.path.join(self.where, "s")
        self.process = None
        os.makedirs(self.where, exist_ok=True)

    def start(self):
        """Powers it on; all PCRs begin anew."""
        words = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.where}", "--server",
                 f"type=unixio,path={self.socket}", "--ctrl", f"type=unixio,path={self.socket}.ctrl",
                 "--flags", "not-need-init,startup-clear"]
        try:
            self.process = subprocess.Popen(words, stderr=subprocess.DEVNULL)  # pylint: disable=consider-using-with
        except FileNotFoundError:
            pytest.skip("swtpm is not here")
        end = time.monotonic() + WAIT
        while not (os.path.exists(self.socket) and os.path.exists(self.socket + ".ctrl")):
            assert time.monotonic() < end and self.process.poll() is None, "swtpm does not start"
            time.sleep(0.01)
        return self

    def stop(self):
        """Powers it off in order: else what was authorized since counts as a guess (part 1, 19.8.6)."""
        if self.process:
            self.tool("tpm2_shutdown", "-c", check=False)
            self.process.terminate()
            self.process.wait(WAIT)
            self.process = None
            for name in (self.socket, self.socket + ".ctrl"):
                if os.path.exists(name):
                    os.unlink(name)

    def reset(self):
        """Off and on again."""
        self.stop()
        return self.start()

    def tool(self, *words, check=True, **kwargs):
        """A program of tpm2-tools on this TPM."""
        env = os.environ | {"TPM2TOOLS_TCTI": f"swtpm:path={self.socket}"}
        done = subprocess.run(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", timeout=60, check=False, **kwargs)
        # There is no resource manager: what a tool loads stays loaded.
        for kind in ("--transient-object", "--loaded-session"):
            subprocess.run(["tpm2_flushcontext", kind], env=env, capture_output=True, timeout=60, check=False)
        assert not check or done.returncode == 0, done
        return done

    def extend(self, pcr, data):
        """As the firmware or assay-boot measures bytes."""
        banks = ",".join(f"{name}={hashlib.new(name, data).hexdigest()}" for name in ("sha1", "sha256"))
        self.tool("tpm2_pcrextend", f"{pcr}:{banks}")

    def pcr(self, pcr):
        """Its value in the SHA-256 bank, in hex."""
        text = self.tool("tpm2_pcrread", f"sha256:{pcr}").stdout
        return text.split("0x")[1].strip().lower()
