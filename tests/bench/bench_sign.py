#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Signing and verifying every file of a minbase Debian root, beside evmctl and beside plain hashing.

Runs of both sides take turns on the same files, without attributes from the run before, everything in
the page cache and written out.  ASSAY_BENCH_ROUNDS runs of each (3); the medians are printed.
ASSAY_BENCH_ROOT is the root to use instead of one made by mmdebstrap under ASSAY_CACHE.
"""

import contextlib
import fcntl
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent), str(pathlib.Path(__file__).parent)]

from figures import at_least, at_most, figure, median, print_figures  # noqa: E402
from vm.lab.root import archive  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SIGN = TOP / "build/bin/assay-sign"
CACHE = pathlib.Path(os.environ.get("ASSAY_CACHE", TOP / "build/cache"))
ROUNDS = int(os.environ.get("ASSAY_BENCH_ROUNDS", "3"))
ATTRIBUTES = ("security.ima", "security.evm")
RELEASE = "bookworm"
FASTER = {"p256": 20, "rsa2048": 7.5}  # than evmctl, at least
PEAK_MIB = 64


def say(text):
    """Progress, on stderr."""
    print(f"bench: sign: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def debian_root():
    """The root, locked against other benches for as long as it is used."""
    given = os.environ.get("ASSAY_BENCH_ROOT")
    root = pathlib.Path(given) if given else CACHE / f"bench-{RELEASE}-minbase"
    root.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{root}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            say("making a minbase Debian root")
            part = pathlib.Path(f"{root}.part")
            subprocess.run(["rm", "-rf", part], check=True)
            subprocess.run(["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase",
                            "--format=directory", RELEASE, part, archive()], check=True,
                           stdout=sys.stderr)
            part.rename(root)
        yield root


def all_files(root):
    """Every regular file of the root."""
    found = []
    for folder, _, names in os.walk(root):
        paths = (os.path.join(folder, name) for name in names)
        found += [p for p in paths if os.path.isfile(p) and not os.path.islink(p)]
    return found


def strip(files):
    """Takes the signatures off, and waits until that is written."""
    for path in files:
        for name in ATTRIBUTES:
            with contextlib.suppress(OSError):
                os.removexattr(path, name)
    os.sync()


def timed(words, **kwargs):
    """(seconds, peak KiB) of a command that must work."""
    words = [str(word) for word in words]
    begun = time.monotonic()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          **kwargs) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - begun
    assert process.returncode == 0, words
    return took, usage.ru_maxrss


def shown(words, root):
    """The command as a reader would type it."""
    return " ".join(pathlib.Path(str(w)).name if "/" in str(w) else str(w) for w in words).replace(
        root.name, "ROOT")


def make_key(folder, kind):
    """(key, certificate)."""
    pair = folder / f"{kind}.key", folder / f"{kind}.der"
    subprocess.run([SIGN, "keygen", "--type", kind, "--no-passphrase", "--key", pair[0], "--cert",
                    pair[1]], check=True)
    return pair


def bench_signing(root, files, kind, pair, evm):
    """evmctl and assay-sign in turns; the rows, and the signatures left behind."""
    key, cert = pair
    theirs = ["evmctl", *(["sign", "--imasig", "--portable"] if evm else ["ima_sign"]), "-a",
              "sha256", "-r", "-k", key, root]
    ours = [SIGN, "sign", "-r", "--all-files", "--profile", "signature",
            *(["--evm"] if evm else []), "--key", key, "--cert", cert, root]
    times, base, peak = [], [], 0
    for _ in range(ROUNDS):
        strip(files)
        base.append(timed(theirs)[0])
        strip(files)
        took, kib = timed(ours)
        times.append(took)
        peak = max(peak, kib)
        say(f"{kind}{' evm' if evm else ''}: {took:.2f} s, evmctl {base[-1]:.2f} s")
    value, baseline = median(times), median(base)
    name = f"sign {kind}{' evm' if evm else ''} {len(files)} files"
    return [figure(name, value, "s", baseline, shown(ours, root),
                   ratio=baseline / value, target=at_least(FASTER[kind])),
            figure(f"{name}: peak memory", peak / 1024, "MiB", PEAK_MIB, shown(ours, root),
                   target=at_most(PEAK_MIB, "value"))]


def hash_commands(files_from):
    """Ways to hash every file on all cores; the fastest counts."""
    cores = len(os.sched_getaffinity(0))
    return [f"xargs -0 -P {cores} -n 500 {tool} <{files_from}"
            for tool in ("sha256sum", "openssl dgst -sha256")]


def bench_again(root, files, kind, pair, listing):
    """Verifying, and signing what is signed, beside hashing the same files on as many cores."""
    key, cert = pair
    common = ["-r", "--all-files", "--profile", "signature"]
    runs = {"verify": [SIGN, "verify", *common, "--cert", cert, root],
            "sign again": [SIGN, "sign", *common, "--key", key, "--cert", cert, root]}
    times, base = {name: [] for name in runs}, []
    subprocess.run([str(word) for word in runs["sign again"]], check=True)
    os.sync()
    for _ in range(ROUNDS):
        base.append(min(timed(["sh", "-c", c])[0] for c in hash_commands(listing)))
        for name, words in runs.items():
            times[name].append(timed(words)[0])
        say(f"{kind}: hashing {base[-1]:.2f} s, verify {times['verify'][-1]:.2f} s, "
            f"sign again {times['sign again'][-1]:.2f} s")
    return [figure(f"{name} {kind} {len(files)} files", median(times[name]), "s", median(base),
                   shown(words, root), target=at_most(2)) for name, words in runs.items()]


def main():
    """Prints the list of figures."""
    assert os.geteuid() == 0, "security.* attributes take root"
    assert resource.getpagesize() == 4096
    rows = []
    with debian_root() as root, tempfile.TemporaryDirectory() as tmp:
        files = all_files(root)
        listing = pathlib.Path(tmp) / "listing"
        listing.write_bytes(b"\0".join(os.fsencode(f) for f in files))
        for path in files:
            with open(path, "rb") as source:
                while source.read(1 << 20):
                    pass
        for kind in ("p256", "rsa2048"):
            pair = make_key(pathlib.Path(tmp), kind)
            for evm in (False, True):
                rows += bench_signing(root, files, kind, pair, evm)
            strip(files)
            rows += bench_again(root, files, kind, pair, listing)
        strip(files)
    print_figures(rows)


if __name__ == "__main__":
    main()
