#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""assay pkg sign over Debian's own packages, beside decompressing and hashing the same on all cores.

In turns on fresh copies; and the peak memory for the smallest and the largest package.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent), str(pathlib.Path(__file__).parent)]

from figures import at_least, at_most, figure, median, print_figures  # noqa: E402
from vm.packages import download  # noqa: E402

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = pathlib.Path(os.environ.get("ASSAY_CACHE", TOP / "build/cache"))
COMMAND = "tests/bench/bench_pkg.py"
ROUNDS = int(os.environ.get("ASSAY_BENCH_ROUNDS", "3"))
PACKAGES = """libc6 bash coreutils perl-base perl-modules-5.36 python3.11-minimal libpython3.11-stdlib systemd openssl
    git vim-runtime gcc-12 libgcc-12-dev cpp-12 binutils-x86-64-linux-gnu ruby3.1 libruby3.1 golang-1.19-go
    openjdk-17-jre-headless postgresql-15 nginx php8.2-cli sqlite3 tmux rsync gdb tcl8.6""".split()


def timed(words, **kwargs):
    """(seconds, peak KiB of the largest process) of a command that must work."""
    begun = time.monotonic()
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, **kwargs) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, words
    return time.monotonic() - begun, usage.ru_maxrss


def sign(pair, debs):
    """Seconds and peak KiB of signing these."""
    return timed([str(TOP / "build/bin/assay-pkg"), "sign", "--key", str(pair[0]), "--cert", str(pair[1]),
                  *map(str, debs)])


def copies(debs, place):
    """Fresh ones, in the page cache."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    made = [pathlib.Path(shutil.copy(deb, place)) for deb in debs]
    os.sync()
    return made


def main():
    """Prints the figures; progress goes to stderr."""
    debs = download(PACKAGES, CACHE / "bench-debs")
    debs = [deb for deb in debs if deb.name.split("_")[0] in PACKAGES]
    cores = len(os.sched_getaffinity(0))
    mib = sum(deb.stat().st_size for deb in debs) / 2**20
    with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
        top = pathlib.Path(temporary)
        pair = top / "p256.key", top / "p256.der"
        subprocess.run([TOP / "build/bin/assay-sign", "keygen", "--type", "p256", "--no-passphrase", "--key", pair[0],
                        "--cert", pair[1]], check=True)
        names = top / "names"
        names.write_text("".join(f"{deb}\0" for deb in debs))
        plain = f"xargs -0 -P {cores} -n 1 sh -c 'dpkg-deb --fsys-tarfile \"$0\" | sha256sum' <{names}"
        base, times = [], []
        for _ in range(ROUNDS):
            base.append(timed(["sh", "-c", plain])[0])
            times.append(sign(pair, copies(debs, top / "debs"))[0])
            print(f"bench: pkg: {times[-1]:.2f} s, decompressing and hashing {base[-1]:.2f} s", file=sys.stderr)
        sizes = sorted(debs, key=lambda deb: deb.stat().st_size)
        peak = [sign(pair, copies([deb], top / "debs"))[1] / 1024 for deb in (sizes[0], sizes[-1])]
    name = f"pkg sign {len(debs)} packages, {mib:.0f} MiB"
    print_figures([
        figure(f"{name}: rate of decompressing and hashing", median(times), "s", median(base), COMMAND,
               ratio=median([b / t for b, t in zip(base, times)]), target=at_least(0.8)),
        figure(f"pkg sign: peak memory, {sizes[-1].stat().st_size / 2**20:.0f} MiB package over "
               f"{sizes[0].stat().st_size / 2**20:.1f} MiB", peak[1], "MiB", peak[0], COMMAND, target=at_most(64, "value")),
    ])


if __name__ == "__main__":
    main()
