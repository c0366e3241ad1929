#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lock costs a boot, beside what clevis and systemd-cryptenroll need to open such a volume.

An enforcing machine with a LUKS2 volume boots by its own ESP in turn: with the volume hanging on the lock, and with a
volume that nobody opens.  The difference is the lock's: a larger initramfs to unpack, the record, the seal, the volume.
Beside it the commands of clevis-tpm2 and systemd-cryptenroll, in a running machine that enforces nothing, on a volume
of the same format and PCRs: without what their own initramfs would add.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent), str(pathlib.Path(__file__).parent)]

from figures import at_most, figure, median, print_figures, unmeasured  # noqa: E402
from vm.crypt import volume  # noqa: E402
from vm.lab.errors import LabError  # noqa: E402
from vm.lab.lab import Lab  # noqa: E402
from vm.lab.prepare import Preparer, Setup, assay_debs  # noqa: E402

BOOTS = int(os.environ.get("ASSAY_BENCH_BOOTS", "5"))
COMMAND = "tests/bench/bench_lock.py"
SETUP = Setup("6.12", "verity", "portable")
PACKAGES = ("clevis-luks", "clevis-tpm2")
TO_INIT = "systemctl show -P UserspaceTimestampMonotonic"

# What each peer types once, what opens the volume, and what closes it again.
BIND = {
    "clevis": "clevis luks bind -y -k /root/pass -d /dev/vdb tpm2 '{{\"pcr_bank\":\"sha256\",\"pcr_ids\":\"{ids}\"}}'",
    "systemd-cryptenroll": "systemd-cryptenroll --unlock-key-file=/root/pass --tpm2-device=auto --tpm2-pcrs={plus}"
                           " /dev/vdb",
}
OPEN = {
    "clevis": "clevis luks unlock -d /dev/vdb -n peer",
    "systemd-cryptenroll": "/lib/systemd/systemd-cryptsetup attach peer /dev/vdb - tpm2-device=auto,headless=true",
}
TIMED = """
import subprocess, sys, time
begin = time.monotonic()
subprocess.run(sys.argv[1], shell=True, check=True, stdout=subprocess.DEVNULL)
print(time.monotonic() - begin)
"""


def seconds_to_init(machine):
    """From the kernel's first instruction to systemd's, which is when the lock has opened what hangs on it."""
    machine.start()
    text = machine.sh(TO_INIT)
    machine.poweroff()
    return int(text) / 1e6


def fetch(machine, place):
    """PACKAGES, and what they need that the machine does not have, by the host's apt, which verifies them."""
    (place / "status").write_bytes(machine.get("/var/lib/dpkg/status"))
    (place / "partial").mkdir()
    os.chmod(place, 0o755)
    subprocess.run(["apt-get", "install", "-qq", "-y", "--download-only", "--no-install-recommends",
                    "-o", f"Dir::State::status={place}/status", "-o", f"Dir::Cache::Archives={place}",
                    "-o", "APT::Sandbox::User=root", *PACKAGES], check=True, stdout=subprocess.DEVNULL)
    return sorted(place.glob("*.deb"))


def peers(preparer, pcrs):
    """Seconds that each peer needs to open the volume, by its name."""
    disk = preparer.lab.blank_disk()
    with preparer.machine(SETUP, "signed", efi=True, disks=[disk]) as machine:
        machine.start()
        with tempfile.TemporaryDirectory() as place:
            machine.install(*fetch(machine, pathlib.Path(place)))
        machine.sh(volume.FORMAT, 600)
        words = {"ids": ",".join(map(str, pcrs)), "plus": "+".join(map(str, pcrs))}
        took = {}
        for name, bind in BIND.items():
            machine.sh(bind.format(**words), 300)
            took[name] = []
            for _ in range(BOOTS):
                took[name].append(float(machine.sh(["python3", "-c", TIMED, OPEN[name]], 300)))
                machine.sh("cryptsetup close peer")
    return took


def locked_boots(preparer):
    """Seconds to init of boots in turn, with the lock and without; and the PCRs that the lock is bound to."""
    host = volume.locked(preparer, SETUP)
    disk = preparer.lab.blank_disk()
    image = preparer.image(SETUP, "enforcing")
    own, none = [], []
    with host.machine() as locked, preparer.lab.machine(image, kernel=SETUP.kernel, efi=True, disks=[disk]) as plain:
        locked.start()
        pcrs = volume.bound_pcrs(locked)
        locked.poweroff()
        for _ in range(BOOTS):
            none.append(seconds_to_init(plain))
            own.append(seconds_to_init(locked))
    return own, none, pcrs


def measure(preparer):
    """The rows."""
    own, none, pcrs = locked_boots(preparer)
    added = median([on - off for on, off in zip(own, none)])
    rows = [figure("lock/kernel-start-to-init", median(own), "s", median(none), COMMAND,
                   ratio=median([on / off for on, off in zip(own, none)]))]
    try:
        for name, took in peers(preparer, pcrs).items():
            rows.append(figure(f"lock/added-beside-{name}", added, "s", median(took), COMMAND, target=at_most(1)))
    except (LabError, subprocess.CalledProcessError) as error:
        rows.append(unmeasured("lock/added-beside-peers", "s", COMMAND, str(error).splitlines()[0]))
    return rows


def main():
    """Prints the figures; progress goes to stderr."""
    lab = Lab()
    try:
        print_figures(measure(Preparer(lab, assay_debs(), say=lambda line: print(line, file=sys.stderr))))
    finally:
        lab.close()


if __name__ == "__main__":
    main()
