#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`assay check` on a minbase root, nothing signed and everything signed, beside finding and hashing
the same files on as many cores."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from bench_sign import SIGN, all_files, debian_root, hash_commands, say, strip  # noqa: E402
from figures import at_most, figure, median, print_figures  # noqa: E402

ROUNDS = 5
ASSAY = pathlib.Path(SIGN).parent / "assay"
CONFIG = "[enforcement]\nprofile = signature\nevm = portable\n"


def seconds(words, good=(0,)):
    """How long a command takes that ends with one of these."""
    begun = time.monotonic()
    rc = subprocess.run([str(w) for w in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                        check=False).returncode
    took = time.monotonic() - begun
    assert rc in good, (words, rc)
    return took


def set_up(root):
    """The key and certificate where the root's configuration has them."""
    etc = root / "etc/assay"
    for part in ("keys", "certs"):
        (etc / part).mkdir(parents=True, exist_ok=True)
    (etc / "assay.conf").write_text(CONFIG)
    pair = etc / "keys/signing.key", etc / "certs/signing.der"
    if not pair[0].exists():
        subprocess.run([SIGN, "keygen", "--no-passphrase", "--key", pair[0], "--cert", pair[1]],
                       check=True)
    return pair


def measure(root, listing, what):
    """One row: check's time over that of find and hashing, in turns."""
    times, base = [], []
    for _ in range(ROUNDS):
        found = seconds(["find", root, "-xdev", "-type", "f"])
        base.append(found + min(seconds(["sh", "-c", c]) for c in hash_commands(listing)))
        times.append(seconds([ASSAY, "check", "--root", root], good=(0, 1)))
        say(f"check {what}: {times[-1]:.2f} s, find and hash {base[-1]:.2f} s")
    return figure(f"check of a minbase root, {what}", median(times), "s", median(base),
                  "assay check --root ROOT", target=at_most(2))


def main():
    """Prints the list of figures."""
    assert os.geteuid() == 0, "security.* attributes take root"
    with debian_root() as root, tempfile.TemporaryDirectory() as tmp:
        root = pathlib.Path(root)
        files = all_files(root)
        listing = pathlib.Path(tmp) / "listing"
        listing.write_bytes(b"\0".join(os.fsencode(f) for f in files))
        strip(files)
        key, cert = set_up(root)
        rows = [measure(root, listing, "unsigned")]
        subprocess.run([SIGN, "sign", "--installed", "--root", root, "--evm", "--profile", "signature",
                        "--key", key, "--cert", cert], stdout=subprocess.DEVNULL, check=False)
        rows.append(measure(root, listing, "signed"))
        strip(files)
        subprocess.run(["rm", "-rf", root / "etc/assay", root / "var/lib/assay"], check=True)
    print_figures(rows)


if __name__ == "__main__":
    main()
