#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rounds a second through HTTPS, on SQLite and on PostgreSQL with 1, 2 and 4 verifiers; memory of a
verifier with 100,000 enrolled hosts, and its cold start.

The hosts are simulated on the same machine; their share of the processors is said.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

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


def load(verifiers):
    """Rounds a second of all of them together, and the hosts' share of the processor time."""
    each = max(1, CONNECTIONS // len(verifiers))
    hosts = HOSTS // len(verifiers)
    before = [cpu_of(v.process.pid) for v in verifiers]
    running = [subprocess.Popen(v.host_words("load", 1000 + hosts * n, count=hosts,
                                             connections=each, seconds=SECONDS),
                                stdout=subprocess.PIPE) for n, v in enumerate(verifiers)]
    told = [json.loads(process.communicate()[0]) for process in running]
    assert all(t["failed"] == t["errors"] == 0 for t in told), told
    service = sum(cpu_of(v.process.pid) - b for v, b in zip(verifiers, before))
    made = sum(t["cpu"] for t in told)
    rate = sum(t["passed"] for t in told) / SECONDS
    say(f"{len(verifiers)} verifiers: {rate:.0f} rounds/s; processor: service {service:.1f} s, "
        f"hosts {made:.1f} s of {SECONDS} s on each processor")
    return rate, made / (made + service)


def warm(verifier):
    """Everyone is enrolled, and was judged once."""
    verifier.enrol(1000, HOSTS)
    subprocess.run(verifier.host_words("load", 1000, count=HOSTS, connections=16, seconds=2),
                   check=True, stdout=subprocess.DEVNULL)


def rows_of(name, verifiers, target=None):
    """Two figures of one arrangement."""
    rate, share = load(verifiers)
    command = f"host load --connections {CONNECTIONS} --count {HOSTS}"
    return [figure(f"rounds, {name}", rate, "rounds/s", None, command,
                   target=target and at_least(target, "value")),
            figure(f"hosts' share of the processors, {name}", share, "of 1", None, command)]


def bench_sqlite(top, keys):
    """One verifier with SQLite."""
    verifier = Verifier(top / "sqlite", BUILD, keys).start()
    try:
        warm(verifier)
        return rows_of("SQLite", [verifier], TARGET)
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
                            TARGET if count == 1 else None)
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
