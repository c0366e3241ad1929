# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine that proves its state to a verifier, by the operator's and the administrator's commands."""

import json
import time

from vm.lab.verifier import URL


class Host:
    """A machine and the verifier's view of it."""

    def __init__(self, machine, verifier):
        self.machine, self.verifier = machine, verifier
        self.id = None

    def enrol(self, name="lab"):
        """The operator's two commands, and the administrator's word for a TPM without certificate."""
        refused = self.ask(name)
        assert refused.rc != 0 and "certificate" in refused.stderr, refused
        self.id = json.loads(self.machine.sh("assay attest show --json"))["host"]
        self.verifier.do("host", "add", self.id)
        done = self.ask(name)
        assert done.ok, done
        return self

    def ask(self, name="lab"):
        """The operator's command alone."""
        self.machine.wait_network()
        self.machine.put("/etc/assay/verifier.pem", self.verifier.ca)
        return self.machine.run(f"assay attest enrol --verifier {URL} --ca /etc/assay/verifier.pem --name {name}")

    def report(self):
        """One round; the verifier's word: exit code and JSON."""
        self.machine.wait_network()
        done = self.machine.run("assay attest report --json")
        assert done.stdout, done
        return done.rc, json.loads(done.stdout)

    def shown(self):
        """What the administrator sees."""
        return self.verifier.ask("host", "show", self.id)

    def says(self, words, seconds=10):
        """Wait until the administrator reads these words."""
        until = time.monotonic() + seconds
        while words not in (shown := self.verifier.do("host", "show", self.id)):
            assert time.monotonic() < until, shown
            time.sleep(1)

    def reasons(self):
        """The names of what is held against it."""
        return [reason["code"] for reason in self.shown()["reasons"]]

    def becomes(self, state, seconds=60, after=0):
        """Wait until it is shown in a state, by a round that was later; returns what is shown."""
        until = time.monotonic() + seconds
        while True:
            shown = self.shown()
            if shown["state"] == state and shown.get("last_round", 0) > after:
                return shown
            assert time.monotonic() < until, shown
            time.sleep(1)


def trusted(machine, verifier):
    """The verifier trusts the certificate of the machine, and runs."""
    verifier.trust(machine.get("/etc/assay/certs/signing.der"))
    if not verifier.process:
        verifier.start()
    return Host(machine, verifier)
