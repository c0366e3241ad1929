# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes every Nth call of a kind fail under a command, and judges how the command ends."""

import errno
import os
import struct
import subprocess

from frame.done import Done

# What each kind of call fails with unless the test says otherwise.
REASONS = {"malloc": errno.ENOMEM, "write": errno.ENOSPC, "rename": errno.ENOSPC,
           "setxattr": errno.ENOSPC, "open": errno.EMFILE, "mkdir": errno.ENOSPC,
           "thread": errno.EAGAIN, "link": errno.ENOSPC}

# How the shim ends a program that libcrypto's decoder took down for want of memory.
CRASHED_DECODER = 126

# A process must not be slow, whatever fails under it.
DEADLINE = 120


class Faults:
    """The fixture `faults`; programs are those of a build without sanitizers."""

    def __init__(self, build, tmp, factor):
        self.build = build
        self.log = tmp / "tally"
        self.factor = factor

    def run(self, call, at, command, do="fail", reason=None, **kwargs):
        """Runs the command with one fault; returns how it ended, calls seen and faults made."""
        self.log.write_bytes(b"")
        program, *rest = command
        if "/" not in str(program):
            program = self.build / "bin" / program
        env = os.environ | kwargs.pop("env", {}) | {
            "LD_PRELOAD": " ".join(map(str, [self.build / "faults.so", *kwargs.pop("preload", [])])),
            "FAULT_CALL": call, "FAULT_AT": str(at),
            "FAULT_DO": do, "FAULT_ERRNO": str(reason or REASONS.get(call, errno.EIO)),
            "FAULT_LOG": str(self.log)}
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        done = Done(subprocess.run([program, *rest], env=env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, timeout=DEADLINE, check=False,
                                   **kwargs))
        assert done.rc != 125, f"the shim did not start: {done}"
        seen, made = struct.unpack("QQ", self.log.read_bytes())
        assert done.rc != CRASHED_DECODER or (call == "malloc" and made), done
        return done, seen, made

    def points(self, total, most):
        """All numbers from 1 to total, or at most so many: the first half dense, the rest spread."""
        most *= self.factor
        if total <= most:
            return range(1, total + 1)
        dense = most // 2
        spread = [dense + 1 + i * (total - dense - 1) // (most - dense - 1)
                  for i in range(most - dense)]
        return [*range(1, dense + 1), *spread]

    def every(self, call, command, setup=None, check=None, do="fail", reason=None, most=150,
              **kwargs):
        """For each N: setup(), the command with its Nth call failing, check(done).

        With do="fail" or "from" the command must end in trouble (exit 2, one line that begins with
        its name) or do its whole job in spite of the fault (exit 0); it never crashes and never says
        "no".  check judges what is left behind, and that exit 0 was no lie.  With do="kill" only
        check judges.  Returns how many faults were made.
        """
        if setup:
            setup()
        total = self.run(call, 0, command, **kwargs)[1]
        faults = 0
        for at in self.points(total, most):
            if setup:
                setup()
            done, _, made = self.run(call, at, command, do, reason, **kwargs)
            faults += bool(made)
            where = f"{call} {at} of {total}: {do}: {done}"
            if made and do != "kill" and done.rc != CRASHED_DECODER:
                assert done.rc in (0, 2), where
            if done.rc == 2:
                name = os.path.basename(str(command[0]))
                assert done.err.count("\n") == 1, where
                assert done.err.startswith(name + ": "), where
            if check:
                try:
                    check(done)
                except AssertionError as err:
                    raise AssertionError(f"{where}\n{err}") from err
        return faults
