# SPDX-License-Identifier: GPL-2.0-or-later
"""Many programs on one software TPM, one command at a time, as the kernel lets them at a real one."""

import os
import random
import socket
import struct
import threading
import time

PER_TRY = 2  # extends while a policy session holds PCRs, in the mean
WINDOW = 0.002  # seconds that this takes, until one was seen
POLICY_PCR, UNSEAL = 0x17F, 0x15E  # TPM 2.0 Library part 2, 6.5.2
HEADER = 10  # bytes: TPM 2.0 Library part 1, 18.3
EXTEND_PCR10 = bytes.fromhex("8002 00000041 00000182 0000000a 00000009 40000009 0000 00 0000"
                             "00000001 000b") + b"\x5a" * 32


class TpmMux:
    """Listens beside the TPM's own socket; extend() makes one more client that does nothing else."""

    def __init__(self, tpm):
        self.path = os.path.join(tpm.where, "m")
        self.lock = threading.Lock()
        self.upstream = socket.socket(socket.AF_UNIX)
        self.upstream.connect(tpm.socket)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        self.server.listen()
        os.symlink("s.ctrl", self.path + ".ctrl")
        self.extending = False
        self.extends = 0
        self.window, self.began = WINDOW, time.monotonic()
        threading.Thread(target=self.accept, daemon=True).start()

    @staticmethod
    def message(sock):
        """One command or response, whole."""
        data = b""
        while len(data) < HEADER or len(data) < struct.unpack(">I", data[2:6])[0]:
            more = sock.recv(4096)
            if not more:
                return b""
            data += more
        return data

    def ask(self, command):
        """Passes it on, and waits for the answer."""
        with self.lock:
            self.upstream.sendall(command)
            return self.message(self.upstream)

    def accept(self):
        """A thread for each client."""
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        """Until it closes, which it may do after each command."""
        with client:
            try:
                while command := self.message(client):
                    code = struct.unpack(">I", command[6:HEADER])[0]
                    if code == POLICY_PCR:
                        self.began = time.monotonic()
                    answer = self.ask(command)
                    if code == UNSEAL:
                        self.window += (time.monotonic() - self.began - self.window) / 8
                    client.sendall(answer)
            except OSError:
                pass

    def extend(self):
        """
        As things that do not know of each other happen, until extending is false; so often as the machine's
        own pace makes it the same work for each try, however fast it is.
        """
        self.extending = True
        while self.extending:
            answer = self.ask(EXTEND_PCR10)
            assert answer[6:10] == bytes(4), answer.hex()
            self.extends += 1
            time.sleep(random.expovariate(PER_TRY / self.window))

    def close(self):
        """Ends all."""
        self.extending = False
        self.server.close()
        self.upstream.close()
