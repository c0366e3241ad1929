# SPDX-License-Identifier: GPL-2.0-or-later
"""Software TPMs for programs under test: they stand where /dev/tpmrm0 would (frame/tcti.c)."""

import contextlib
import hashlib
import os
import socket
import struct
import subprocess
import time

import pytest

WAIT = 20  # seconds for a TPM to listen
# TPM 2.0 Library part 2, 6.3 and 6.5.2; part 3 has each command's parameters.
SHA1, SHA256 = 0x4, 0xB
SHUTDOWN, FLUSH, GET_CAPABILITY, PCR_READ, PCR_EXTEND = 0x145, 0x165, 0x17A, 0x17E, 0x182
TRANSIENT, LOADED_SESSION = 0x80000000, 0x02000000
# An empty password, as the one session of a command.
PASSWORD = bytes.fromhex("00000009 40000009 0000 00 0000")


def command(code, parameters, handles=b"", password=False):
    """Its bytes: part 1, 18.3."""
    body = struct.pack(">I", code) + handles + (PASSWORD if password else b"") + parameters
    return struct.pack(">HI", 0x8002 if password else 0x8001, len(body) + 6) + body


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
        while not (self.listens() and os.path.exists(self.socket + ".ctrl")):
            assert time.monotonic() < end and self.process.poll() is None, "swtpm does not start"
            time.sleep(0.01)
        return self

    def listens(self):
        """Whether it takes commands; its socket is there sooner."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self.socket) == 0

    def stop(self):
        """Powers it off in order: else what was authorized since counts as a guess (part 1, 19.8.6)."""
        if self.process:
            with contextlib.suppress(OSError, AssertionError):
                self.ask(command(SHUTDOWN, struct.pack(">H", 0)))
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
        if self.process:
            self.flush()
        assert not check or done.returncode == 0, done
        return done

    def ask(self, *commands):
        """The answers' parameters, in the order of the commands, each of which must be a success."""
        answers = []
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(WAIT)
            sock.connect(self.socket)
            for data in commands:
                sock.sendall(data)
                answer = sock.recv(4096)
                while len(answer) < 6 or len(answer) < struct.unpack(">I", answer[2:6])[0]:
                    more = sock.recv(4096)
                    assert more, answer
                    answer += more
                assert answer[6:10] == bytes(4), (data.hex(), answer.hex())
                answers.append(answer[10:])
        return answers

    def flush(self):
        """There is no resource manager: what a tool loads stays loaded."""
        for kind in (TRANSIENT, LOADED_SESSION):
            [held] = self.ask(command(GET_CAPABILITY, struct.pack(">III", 1, kind, 64)))
            count = struct.unpack(">I", held[5:9])[0]
            if count:
                self.ask(*(command(FLUSH, held[9 + 4 * n:13 + 4 * n]) for n in range(count)))

    def extend(self, pcr, data):
        """As the firmware or assay-boot measures bytes."""
        self.extend_digests([(pcr, hashlib.sha1(data).digest(), hashlib.sha256(data).digest())])

    def extend_digests(self, events):
        """In their order: each a PCR, a SHA-1 and a SHA-256."""
        self.ask(*(command(PCR_EXTEND, struct.pack(">IH", 2, SHA1) + sha1 + struct.pack(">H", SHA256) + sha256,
                           struct.pack(">I", pcr), password=True) for pcr, sha1, sha256 in events))

    def pcr(self, pcr):
        """Its value in the SHA-256 bank, in hex."""
        [read] = self.ask(command(PCR_READ, struct.pack(">IHB", 1, SHA256, 3) + (1 << pcr).to_bytes(3, "little")))
        assert len(read) == 4 + 4 + 2 + 1 + 3 + 4 + 2 + 32, read.hex()
        return read[-32:].hex()
