#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judging measurement lists: replay beside evmctl, signatures beside plain verification.

The lists are made once by mlist_gen, with real signatures, and kept under ASSAY_CACHE: 100,000 entries
(ASSAY_BENCH_ENTRIES), each of a file of its own, and as many over a twentieth of the files.  evmctl and
our replay take turns.  ASSAY_BENCH_ROUNDS runs of each (5); the medians are printed.
"""

import fcntl
import json
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent), str(pathlib.Path(__file__).parent)]

from figures import at_least, figure, median, print_figures, unmeasured  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SIGN = TOP / "build/bin/assay-sign"
GENERATE = TOP / "build/timed/mlist_gen"
SPEED = TOP / "build/timed/mlist_speed"
CACHE = pathlib.Path(os.environ.get("ASSAY_CACHE", TOP / "build/cache"))
ROUNDS = int(os.environ.get("ASSAY_BENCH_ROUNDS", "5"))
ENTRIES = int(os.environ.get("ASSAY_BENCH_ENTRIES", "100000"))
SHARED = 20  # entries over one file, in the list that shares them
FIRST = {"rsa2048": 100_000, "p256": 28_000}  # entries/s, at least
AGAIN = 1_500_000
REPLAY = 10  # times evmctl
SPEED_NAMES = {"rsa2048": "rsa2048", "p256": "ecdsap256"}


def say(text):
    """Progress, on stderr."""
    print(f"bench: judge: {text}", file=sys.stderr, flush=True)


class List:
    """A list with its key; made once."""

    def __init__(self, kind, files):
        self.kind = kind
        folder = CACHE / f"lists/{kind}-{ENTRIES}-{files}"
        self.key, self.cert, self.path, self.pcrs = (folder / name for name in ("key", "cert", "list", "pcrs"))
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self.pcrs.exists():
                self.make(files)
        self.pcr = dict(line.split(":") for line in self.pcrs.read_text().split())

    def make(self, files):
        """Signs files times; the file of PCR values is written last."""
        say(f"signing {files} files, {self.kind}")
        for old in (self.key, self.cert):
            old.unlink(missing_ok=True)
        subprocess.run([SIGN, "keygen", "--type", self.kind, "--no-passphrase", "--key", self.key, "--cert",
                        self.cert], check=True)
        made = subprocess.run([GENERATE, self.key, self.cert, str(ENTRIES), str(files), self.path], check=True,
                              stdout=subprocess.PIPE, text=True)
        self.pcrs.write_text(made.stdout)


def measure(made):
    """Seconds of the judge."""
    done = subprocess.run([SPEED, made.cert, made.path, f"sha256:{made.pcr['sha256']}", "1"], check=True,
                          stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def evmctl(made):
    """Seconds of `evmctl ima_measurement`, which must find the same PCR."""
    pcrs = made.path.with_name("pcrs-evmctl")
    value = made.pcr["sha256"]
    pcrs.write_text("".join(f"PCR-{i:02}: {value if i == 10 else '0' * 64}\n" for i in range(24)))
    begun = time.monotonic()
    subprocess.run(["evmctl", "ima_measurement", "--pcrs", f"sha256,{pcrs}", made.path], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begun


def plain_verifications(kind):
    """Verifications a second that OpenSSL does on all processors, and nothing else."""
    cores = len(os.sched_getaffinity(0))
    done = subprocess.run(["openssl", "speed", "-seconds", "2", "-multi", str(cores), SPEED_NAMES[kind]],
                          check=True, capture_output=True, text=True)
    return float(re.findall(r"([\d.]+)\s*$", done.stdout)[-1])


def bench(kind, files):
    """The rows of one list."""
    made = List(kind, files)
    rounds = []
    theirs = []
    for _ in range(ROUNDS):
        theirs.append(evmctl(made))
        rounds.append(measure(made))
        rates = ", ".join(f"{name} {rounds[-1]['entries'] / rounds[-1][name]:,.0f}/s"
                          for name in ("first", "again", "replay"))
        say(f"{kind}, {files} files: {rates}, evmctl {ENTRIES / theirs[-1]:,.0f}/s")
    count = rounds[0]["entries"]
    rate = {name: count / median([r[name] for r in rounds]) for name in ("first", "again", "replay")}
    names = f"{kind} {ENTRIES} entries, {files} files"
    command = f"mlist_speed CERT LIST PCR ({names})"
    rows = [figure(f"judge {names}: again", rate["again"], "entries/s", None, command,
                   target=at_least(AGAIN, "value")),
            figure(f"judge {names}: replay alone", rate["replay"], "entries/s", count / median(theirs),
                   command, target=at_least(REPLAY))]
    if files == ENTRIES:
        rows.insert(0, figure(f"judge {names}: first seen", rate["first"], "entries/s",
                              plain_verifications(kind), command, target=at_least(FIRST[kind], "value")))
    return rows


def main():
    """Prints the list of figures."""
    rows = [row for kind in FIRST for row in bench(kind, ENTRIES)]
    rows += bench("rsa2048", max(ENTRIES // SHARED, 1))
    rows.append(unmeasured("judge beside Keylime", "entries/s", "keylime", "Debian 12 has no package of it"))
    print_figures(rows)


if __name__ == "__main__":
    main()
