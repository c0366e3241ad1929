# SPDX-License-Identifier: GPL-2.0-or-later
"""A host that reports to a verifier: its TPM, its list, its configuration."""


class AttestedHost:
    """A host with its TPM, its list and its configuration."""

    def __init__(self, run, tpm, folder, sample):
        self.program, self.tpm = run, tpm
        self.conf = folder / "attest.conf"
        self.list = folder / "list"
        self.list.write_bytes(sample)
        self.more = []

    def run(self, command, *words, **kwargs):
        """A command with the host's files."""
        kwargs.setdefault("env", self.tpm.env)
        files = [] if command == "enrol" else ["--list", self.list, *self.more]
        conf = [] if command == "collect" else ["--config", self.conf]
        return self.program("assay-attest", command, *conf, *files, *words, **kwargs)

    def enrol(self, verifier, *words, **kwargs):
        """enrol, with this verifier and its CA."""
        return self.run("enrol", "--verifier", verifier.url, "--ca", verifier.ca, *words, **kwargs)


def is_trouble(done, *parts):
    """Exit 2 and one line on stderr, with these parts in it."""
    assert done.rc == 2 and done.out == "", done
    assert done.err.count("\n") == 1 and done.err.startswith("assay-attest: "), done
    assert all(str(part) in done.err for part in parts), done
