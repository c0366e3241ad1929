#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rounds a second through HTTPS, on SQLite and on PostgreSQL with 1, 2 and 4 verifiers; memory of a
verifier with 100,000 enrolled hosts, and its cold start.

The hosts are simulated on the same machine; their share of the processors is said.  What else runs
there takes from all of them: so beside what was seen stands what a round costs of processor time, and
how many of that cost the processors could do.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from figures import at_least, at_most, figure, print_figures, unmeasured  # noqa: E402
from frame.verifier import Postgres, Verifier  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
HOSTS = 256
CONNECTIONS = 32
SECONDS = 8
MANY = 100000
TARGET = 2000  # rounds a second


def say(text):
    """Talk goes to stderr."""
    print(text, file=sys.stderr, flush=True)


def make_keys(top):
    """(key, certificate, another key); RSA, whose signatures are the same in every process."""
    paths = []
    for name in ("signing", "other"):
        pair = top / f"{name}.key", top / f"{name}.der"
        subprocess.run([BUILD / "bin/assay-sign", "keygen", "--type", "rsa2048", "--no-passphrase",
                        "--key", pair[0], "--cert", pair[1]], check=True)
        paths += pair
    return paths[0], paths[1], paths[2]


def cpu_of(pid):
    """Seconds of processor that a process used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def database_cpu(cluster):
    """Seconds of processor that PostgreSQL's processes used."""
    if not cluster:
        return 0
    first = (cluster.top / "data/postmaster.pid").read_text().split()[0]
    listed = subprocess.run(["ps", "--ppid", first, "-o", "pid="], check=True, capture_output=True, text=True)
    return sum(cpu_of(int(pid)) for pid in listed.stdout.split())


class Used(NamedTuple):
    """What was used so far: seconds of processor, transactions, changes."""

    service: float
    database: float
    transactions: float
    changes: float

    @classmethod
    def now(cls, verifiers, cluster):
        """By all of these."""
        return cls(sum(cpu_of(v.process.pid) for v in verifiers), database_cpu(cluster),
                   *(sum(v.metric(f"store_{name}_total") for v in verifiers)
                     for name in ("transactions", "changes")))


class Load(NamedTuple):
    """Rounds a second of all of them together; seconds of processor of one round; how many rounds a
    transaction held."""

    rate: float
    service: float
    database: float
    hosts: float
    batch: float


def load(verifiers, cluster):
    """All hosts, as fast as they are answered."""
    each = max(1, CONNECTIONS // len(verifiers))
    hosts = HOSTS // len(verifiers)
    before = Used.now(verifiers, cluster)
    running = [subprocess.Popen(v.host_words("load", 1000 + hosts * n, count=hosts,
                                             connections=each, seconds=SECONDS),
                                stdout=subprocess.PIPE) for n, v in enumerate(verifiers)]
    told = [json.loads(process.communicate()[0]) for process in running]
    assert all(t["failed"] == t["errors"] == 0 for t in told), told
    used = [a - b for a, b in zip(Used.now(verifiers, cluster), before)]
    rounds = sum(t["passed"] for t in told)
    got = Load(rounds / SECONDS, used[0] / rounds, used[1] / rounds, sum(t["cpu"] for t in told) / rounds,
               used[3] / used[2])
    say(f"{len(verifiers)} verifiers: {got.rate:.0f} rounds/s; processor, us a round: service "
        f"{got.service * 1e6:.0f}, database {got.database * 1e6:.0f}, hosts {got.hosts * 1e6:.0f}; "
        f"{got.batch:.1f} rounds a transaction")
    return got


def warm(verifier):
    """Everyone is enrolled, and was judged once."""
    verifier.enrol(1000, HOSTS)
    subprocess.run(verifier.host_words("load", 1000, count=HOSTS, connections=16, seconds=2),
                   check=True, stdout=subprocess.DEVNULL)


def rows_of(name, verifiers, cluster=None, target=None):
    """The figures of one arrangement."""
    got = load(verifiers, cluster)
    command = f"host load --connections {CONNECTIONS} --count {HOSTS}"
    whole = got.service + got.database + got.hosts
    return [figure(f"rounds, {name}", got.rate, "rounds/s", None, command,
                   target=target and at_least(target, "value")),
            figure(f"rounds, {name}, if nothing else ran here", len(os.sched_getaffinity(0)) / whole,
                   "rounds/s, computed", None, command),
            figure(f"a round's processor time, {name}", got.service + got.database, "s", None, command),
            figure(f"rounds a transaction, {name}", got.batch, "rounds", None, command),
            figure(f"hosts' share of the processors, {name}", got.hosts / whole, "of 1", None, command)]


def bench_sqlite(top, keys):
    """One verifier with SQLite."""
    verifier = Verifier(top / "sqlite", BUILD, keys).start()
    try:
        warm(verifier)
        return rows_of("SQLite", [verifier], target=TARGET)
    finally:
        verifier.stop()


def bench_postgres(top, keys):
    """1, 2 and 4 verifiers on one PostgreSQL."""
    if not shutil.which("psql"):
        return [unmeasured("rounds, PostgreSQL", "rounds/s", "host load", "no PostgreSQL here")]
    cluster = Postgres(top / "pg")
    verifiers = []
    rows = []
    try:
        for number in range(4):
            verifiers.append(Verifier(top / f"pg-{number}", BUILD, keys,
                                      service=f"store = {cluster.url}"))
        for count in (1, 2, 4):
            for verifier in verifiers[:count]:
                if not verifier.process:
                    verifier.start()
            if count == 1:
                warm(verifiers[0])
            rows += rows_of(f"PostgreSQL, {count} verifier{'s' * (count > 1)}", verifiers[:count],
                            cluster, TARGET if count == 1 else None)
    finally:
        for verifier in verifiers:
            verifier.stop()
        cluster.stop()
    return rows


def multiply(store):
    """As many hosts as it shall be, like the one that is there."""
    columns = "name, ak, certified, state, stale, since, reasons, progress, boots, nonce_us, last_round, version"
    subprocess.run(["sqlite3", store,
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                    f"{MANY}) INSERT INTO hosts (id, {columns}) SELECT randomblob(32), {columns} "
                    "FROM n, (SELECT * FROM hosts LIMIT 1)"], check=True)


def bench_many(top, keys):
    """100,000 hosts: the start, and what each of them takes in memory after all were listed."""
    verifier = Verifier(top / "many", BUILD, keys, rounds="stale-after = 86400").start()
    try:
        verifier.enrol(0)
        verifier.round(0)
        alone = verifier.rss()
        verifier.stop()
        multiply(verifier.top / "state/verifier.db")
        subprocess.run(["sync"], check=True)
        begun = time.monotonic()
        verifier.start()
        assert verifier.round(0).state == "pass"
        took = time.monotonic() - begun
        after, hosts = "", 0
        while True:
            page = verifier.admin("GET", f"/hosts{after}")[1]
            hosts += len(page["hosts"])
            if not page["more"]:
                break
            after = f"?after={page['hosts'][-1]['host']}"
        assert hosts == MANY + 1, hosts
        each = max(0, verifier.rss() - alone) * 1024 / MANY
        say(f"{MANY} hosts: started and judged in {took:.2f} s, {each:.0f} bytes of memory each")
    finally:
        verifier.stop()
    return [figure(f"start with {MANY} hosts, to the first round judged", took, "s", None,
                   "assay-verifier serve", target=at_most(5, "value")),
            figure("memory of one enrolled host", each, "bytes", None,
                   "GET /v1/admin/hosts, all pages", target=at_most(1024, "value"))]


def main():
    """Prints the list of figures."""
    with tempfile.TemporaryDirectory(prefix="assay-rounds-") as tmp:
        top = pathlib.Path(tmp)
        top.chmod(0o755)
        keys = make_keys(top)
        rows = bench_sqlite(top, keys) + bench_postgres(top, keys) + bench_many(top, keys)
    print_figures(rows)


if __name__ == "__main__":
    main()
