# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays commands on a machine as a person would see them, and notes what went wrong."""

import sys
import time

LINES = 12   # of a command's output that are shown
PROMPT = "root@lab# "


class Stage:
    """One machine and an audience; failed counts what went against the script."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.colour = out.isatty()
        self.begin = time.monotonic()
        self.machine = self.verifier = self.recovery = None
        self.passed = self.failed = 0

    def say(self, text=""):
        """One line."""
        print(text, file=self.out, flush=True)

    def act(self, title):
        """A new act, with the time since the beginning."""
        minutes, seconds = divmod(int(time.monotonic() - self.begin), 60)
        self.say()
        self.say(self._paint("1", f"== {title}") + f"  [{minutes}:{seconds:02d}]")

    def tell(self, text):
        """What the audience should know."""
        self.say(f"   {text}")

    def do(self, command, user=None, timeout=900):
        """Run a command that must succeed."""
        return self._play(command, True, user, timeout)

    def refused(self, command, user=None, word="refused"):
        """Run a command that must be refused; word: what that is called."""
        return self._play(command, False, user, 120, word)

    def judge(self, good, text):
        """Note whether something is as it should be, and say it."""
        self.passed += bool(good)
        self.failed += not good
        self.say("   " + (self._paint("32", "as it should be: ") if good
                          else self._paint("31", "NOT AS IT SHOULD BE: ")) + text)

    def converse(self):
        """Run what is typed, line by line, until the end of input."""
        for line in sys.stdin:
            if line.strip() in ("exit", "quit"):
                break
            result = self.machine.run(line, timeout=900)
            self.say((result.stdout + result.stderr).rstrip("\n") + ("" if result.ok else f"\n(exit {result.rc})"))
            print(PROMPT, end="", file=self.out, flush=True)

    def _play(self, command, must, user, timeout, word="refused"):
        self.say(f"   {user or 'root'}@lab{'$' if user else '#'} {command}")
        begin = time.monotonic()
        result = self.machine.run(command, timeout=timeout, user=user)
        lines = (result.stdout + result.stderr).splitlines()
        for line in lines[:LINES]:
            self.say(f"     {line}")
        if len(lines) > LINES:
            self.say(f"     … {len(lines) - LINES} more lines")
        took = time.monotonic() - begin
        time_taken = f", {took:.0f} s" if took >= 2 else ""
        if must and result.ok:
            self.passed += 1
            self.say("   " + self._paint("32", "done") + time_taken)
        else:
            self.judge(result.ok == must, ("it succeeds" if result.ok else f"{word} (exit {result.rc})") + time_taken)
        return result

    def _paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colour else text
