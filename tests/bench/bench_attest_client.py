#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One idle round of assay-attest run beside what the TPM itself takes for the quote; its memory.

The TPM is swtpm.  Both times are taken in the program, by a library that is loaded before it: the
round from the last byte of the answer with the nonce to the evidence on its way, the quote from the
TPM's being asked to its answer.  swtpm signs in half a millisecond, a firmware TPM in 20 and more, a
discrete one in 100 and more: one whose quotes take 20 ms longer is measured, too.  A round is two
requests; the processor's time is of all of it, over a connection that is kept and with a new one for
each round, as it is where the verifier's interval is longer than it keeps connections.
ASSAY_BENCH_ROUNDS times ten rounds (3); medians are printed.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent), str(pathlib.Path(__file__).parent)]

from figures import at_most, figure, median, print_figures  # noqa: E402
from frame.host_tpm import HostTpm  # noqa: E402
from frame.played_verifier import EVIDENCE, Verifier  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
ATTEST = TOP / "build/bin/assay-attest"
LIST = TOP / "tests/fuzz/corpus/mlist/sig"
ROUNDS = 10 * int(os.environ.get("ASSAY_BENCH_ROUNDS", "3"))
COMMAND = "assay-attest run, idle: nothing new in the list"
ANEW = COMMAND + ", a new connection each round"
MIB = 1 << 20
SLOWER_MS = 20


class Counting(Verifier):
    """Counts rounds and checks nothing."""

    def __init__(self, *args):
        super().__init__(*args)
        self.count = 0

    def evidence(self, body):
        got = self.keep("/v1/evidence", EVIDENCE, body)
        self.list += got["list"]
        self.count += 1
        return self.word()


class Figures(NamedTuple):
    """What one arrangement gave; seconds and bytes, of a round and of the process."""

    round: float
    quote: float
    processor: float
    private: int
    resident: int
    most: int


def memory_of(pid):
    """(private bytes, resident bytes, resident bytes at most) of a process."""
    def field(name, *what):
        text = pathlib.Path(f"/proc/{pid}/{name}").read_text(encoding="ascii")
        return sum(int(line.split()[1]) * 1024 for line in text.splitlines()
                   if line.startswith(what))

    return (field("smaps_rollup", "Private_Clean:", "Private_Dirty:"), field("status", "VmRSS:"),
            field("status", "VmHWM:"))


def processor_time(pid):
    """Seconds that its process has run, in the kernel and outside (proc(5), schedstat)."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def wait_for(verifier, count):
    """Until there were so many rounds more."""
    count += verifier.count
    while verifier.count < count:
        time.sleep(0.02)
    time.sleep(0.1)


def measure(tpm, verifier, conf, quote_ms=0):
    """The figures of the rounds after the second."""
    times = pathlib.Path(f"{conf}.times")
    times.unlink(missing_ok=True)
    env = tpm.env | {"ASSAY_TEST_TPM_QUOTE_MS": str(quote_ms), "ASSAY_TEST_TIMES": str(times)}
    env["LD_PRELOAD"] += f":{TOP}/build/times.so"
    with subprocess.Popen([ATTEST, "run", "--config", conf, "--list", LIST], env=env) as service:
        wait_for(verifier, 2)
        begun = processor_time(service.pid)
        wait_for(verifier, ROUNDS)
        used = (processor_time(service.pid) - begun) / ROUNDS
        memory = memory_of(service.pid)
        service.terminate()
    pairs = [[float(word) / 1e6 for word in line.split()] for line in times.read_text().splitlines()]
    assert len(pairs) >= ROUNDS + 2, pairs
    return Figures(median([pair[0] for pair in pairs[2:]]),
                   median([pair[1] for pair in pairs[2:]]) + quote_ms / 1000, used, *memory)


def main():
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as folder, HostTpm(TOP / "build/tcti.so") as tpm, \
            Counting(pathlib.Path(folder)) as verifier:
        conf = pathlib.Path(folder) / "conf"
        subprocess.run([ATTEST, "enrol", "--verifier", verifier.url, "--ca", verifier.ca, "--config",
                        conf], env=tpm.env, check=True, stdout=sys.stderr)
        verifier.next_seconds, verifier.want_boot = 0, False
        fast = measure(tpm, verifier, conf)
        slow = measure(tpm, verifier, conf, SLOWER_MS)
        verifier.closing = "/v1/evidence"
        anew = measure(tpm, verifier, conf)
    print_figures([
        figure("attest round, quote in 20 ms", slow.round, "s", slow.quote, COMMAND, target=at_most(1.3)),
        figure("attest round, swtpm", fast.round, "s", fast.quote, COMMAND),
        figure("attest round beyond the quote", fast.round - fast.quote, "s", None, COMMAND),
        figure("attest round's processor time", fast.processor, "s", None, COMMAND),
        figure("attest round's processor time, new connection", anew.processor, "s", None, ANEW),
        figure("attest memory between rounds", fast.resident / MIB, "MiB", None, COMMAND,
               target=at_most(8, "value")),
        figure("attest memory between rounds, new connection", anew.resident / MIB, "MiB", None, ANEW,
               target=at_most(8, "value")),
        figure("attest memory of its own", fast.private / MIB, "MiB", None, COMMAND),
        figure("attest memory while it starts, at most", fast.most / MIB, "MiB", None, COMMAND),
    ])


if __name__ == "__main__":
    main()
