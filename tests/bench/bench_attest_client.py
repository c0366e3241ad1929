#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One idle round of assay-attest run beside what the TPM itself takes for the quote; its memory.

The TPM is swtpm, asked directly for the baseline.  A round is timed by a verifier that is played:
from its answer with the nonce until it has the evidence, its own time for reading that included.
swtpm signs in half a millisecond, a firmware TPM in 20 and more, a discrete one in 100 and more: the
target is for one whose quotes take 20 ms longer than swtpm's, and the figure beside it is what swtpm
gave.  ASSAY_BENCH_ROUNDS times ten rounds (3); medians are printed.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent), str(pathlib.Path(__file__).parent)]

from figures import at_most, figure, median, print_figures  # noqa: E402
from frame.host_tpm import HostTpm  # noqa: E402
from frame.played_verifier import EVIDENCE, Verifier  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
ATTEST = TOP / "build/bin/assay-attest"
LIST = TOP / "tests/fuzz/corpus/mlist/sig"
ROUNDS = 10 * int(os.environ.get("ASSAY_BENCH_ROUNDS", "3"))
COMMAND = "assay-attest run, idle: nothing new in the list"
# TPM2_Quote by 0x81024153, empty password, 32 bytes of nonce, SHA-256 PCRs 0-15 (part 3, 18.4).
QUOTE = bytes.fromhex("8002000000490000015881024153000000094000000900000000000020" + "11" * 32 +
                      "0010" + "00000001" + "000b" + "03ffff00")
MIB = 1 << 20
SLOWER_MS = 20


class Timed(Verifier):
    """Notes when it answers and when it has the evidence; checks nothing."""

    def __init__(self, *args):
        super().__init__(*args)
        self.asked, self.took = 0.0, []

    def round(self, body):
        answer = super().round(body)
        self.asked = time.monotonic()
        return answer

    def evidence(self, body):
        self.took.append(time.monotonic() - self.asked)
        got = self.keep("/v1/evidence", EVIDENCE, body)
        self.list += got["list"]
        return self.word()


def quote_times(tpm):
    """Seconds of each quote that the TPM makes when nobody is between."""
    times = []
    for _ in range(ROUNDS):
        begun = time.monotonic()
        tpm.command(QUOTE)
        times.append(time.monotonic() - begun)
        time.sleep(0.05)
    return times


def memory_of(pid):
    """(private bytes, resident bytes at most) of a process."""
    def field(name, what):
        text = pathlib.Path(f"/proc/{pid}/{name}").read_text(encoding="ascii")
        return sum(int(line.split()[1]) * 1024 for line in text.splitlines()
                   if line.startswith(what))

    return field("smaps_rollup", ("Private_Clean:", "Private_Dirty:")), field("status", "VmHWM:")


def processor_time(pid):
    """Seconds that its process has run, in the kernel and outside (proc(5), schedstat)."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def wait_for(verifier, count):
    """Until there were so many rounds."""
    while len(verifier.took) < count:
        time.sleep(0.02)
    time.sleep(0.1)


def rounds_of(tpm, verifier, conf, quote_ms):
    """(seconds of each round, processor time of one, private bytes, resident bytes at most)."""
    verifier.took.clear()
    with subprocess.Popen([ATTEST, "run", "--config", conf, "--list", LIST],
                          env=tpm.env | {"ASSAY_TEST_TPM_QUOTE_MS": str(quote_ms)}) as service:
        wait_for(verifier, 2)
        begun = processor_time(service.pid)
        wait_for(verifier, ROUNDS + 2)
        used = (processor_time(service.pid) - begun) / ROUNDS
        memory = memory_of(service.pid)
        service.terminate()
    return verifier.took[2:], used, *memory


def main():
    """Prints the figures."""
    with tempfile.TemporaryDirectory() as folder, HostTpm(TOP / "build/tcti.so") as tpm, \
            Timed(pathlib.Path(folder)) as verifier:
        conf = pathlib.Path(folder) / "conf"
        subprocess.run([ATTEST, "enrol", "--verifier", verifier.url, "--ca", verifier.ca, "--config",
                        conf], env=tpm.env, check=True, stdout=sys.stderr)
        quote = median(quote_times(tpm))
        verifier.next_seconds, verifier.want_boot = 0, False
        fast, used, private, peak = rounds_of(tpm, verifier, conf, 0)
        slow = rounds_of(tpm, verifier, conf, SLOWER_MS)[0]
    print_figures([
        figure("attest round, quote in 20 ms", median(slow), "s", quote + SLOWER_MS / 1000, COMMAND,
               target=at_most(1.3)),
        figure("attest round, swtpm", median(fast), "s", quote, COMMAND),
        figure("attest round beyond the quote", median(fast) - quote, "s", None, COMMAND),
        figure("attest round's processor time", used, "s", None, COMMAND),
        figure("attest memory of its own", private / MIB, "MiB", None, COMMAND,
               target=at_most(8, "value")),
        figure("attest memory with shared libraries, at most", peak / MIB, "MiB", None, COMMAND),
    ])


if __name__ == "__main__":
    main()
