# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's end of the command channel: requests to the guest's agent, and its answers."""

import base64
import itertools
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass

from .errors import Deadline, Gone, GuestError

PIECE = 1 << 20
GRACE = 30  # seconds that an answer may take beyond what the guest was given


@dataclass
class Result:
    """What a command in the guest said and how it ended."""

    command: object
    stdout: str
    stderr: str
    rc: int

    @property
    def ok(self):
        """Whether it ended with 0."""
        return self.rc == 0

    def __bool__(self):
        return self.ok


class Channel:
    """Frames over the socket that QEMU connects with the guest's port."""

    def __init__(self, connection):
        self.socket = connection
        self.ids = itertools.count(1)
        self.answers = {}
        self.hello = None
        self.closed = False
        self.changed = threading.Condition()
        self.sending = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self):
        """Hang up; whoever waits is told."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def wait_hello(self, seconds):
        """Wait for the agent to speak; False where it has not in that time, or QEMU ended."""
        with self.changed:
            self.changed.wait_for(lambda: self.hello or self.closed, seconds)
            return bool(self.hello)

    def call(self, verb, seconds, **fields):
        """One request and its answer."""
        number = next(self.ids)
        data = json.dumps({"id": number, "verb": verb, **fields}).encode()
        try:
            with self.sending:
                self.socket.sendall(struct.pack(">I", len(data)) + data)
        except OSError as error:
            raise Gone(f"channel: {verb}: the machine is gone") from error
        with self.changed:
            self.changed.wait_for(lambda: number in self.answers or self.closed, seconds)
            answer = self.answers.pop(number, None)
        if answer is None and self.closed:
            raise Gone(f"channel: {verb}: the machine is gone")
        if answer is None:
            raise Deadline(f"channel: {verb}: no answer in {seconds} s")
        if "error" in answer:
            raise GuestError(f"guest: {verb}: {answer['error']}", answer["errno"])
        return answer

    def run(self, command, timeout, stdin=b"", **fields):
        """Run a command in the guest and return its Result."""
        answer = self.call("run", timeout + GRACE, command=command, timeout=timeout,
                           stdin=base64.b64encode(stdin).decode(), **fields)
        if answer.get("timeout"):
            raise Deadline(f"guest: {command!r} took more than {timeout} s")
        out, err = (base64.b64decode(answer[k]).decode(errors="surrogateescape")
                    for k in ("stdout", "stderr"))
        return Result(command, out, err, answer["rc"])

    def put(self, path, data, mode):
        """Write a file in the guest, in pieces."""
        for offset in range(0, max(len(data), 1), PIECE):
            piece = base64.b64encode(data[offset:offset + PIECE]).decode()
            self.call("put", 60, path=path, offset=offset, mode=mode, data=piece)

    def get(self, path):
        """Read a file in the guest, in pieces."""
        parts, offset = [], 0
        while True:
            answer = self.call("get", 60, path=path, offset=offset, length=PIECE)
            piece = base64.b64decode(answer["data"])
            if not piece:
                return b"".join(parts)
            parts.append(piece)
            offset += len(piece)

    def set_time(self):
        """Give the guest the host's time."""
        self.call("time", 30, now=time.time())

    def _listen(self):
        try:
            while True:
                (length,) = struct.unpack(">I", self._read(4))
                self._take(json.loads(self._read(length)))
        except (OSError, EOFError):
            pass
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def _take(self, message):
        with self.changed:
            if "hello" in message:
                self.hello = message
            else:
                self.answers[message["id"]] = message
            self.changed.notify_all()

    def _read(self, length):
        data = b""
        while len(data) < length:
            part = self.socket.recv(length - len(data))
            if not part:
                raise EOFError
            data += part
        return data
