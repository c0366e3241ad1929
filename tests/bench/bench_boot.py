#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What Assay adds to a boot: time from kernel start to init, and bytes of the initramfs.

The same machine, the same kernel, boots in turn, ASSAY_BENCH_BOOTS times (8): signed but not enabled, then enforcing.
The fastest of each stand beside the median of the pairs, which is what the target is for: on a host that does something
else, too, they tell how uneven it was.  Both initramfs were made in the machine: one that was made in a chroot knows of
no root file system, and brings no fsck.
"""

import os
import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent), str(pathlib.Path(__file__).parent)]

from figures import at_most, figure, median, print_figures  # noqa: E402
from vm.lab.lab import Lab  # noqa: E402
from vm.lab.prepare import Preparer, Setup, assay_debs  # noqa: E402

BOOTS = int(os.environ.get("ASSAY_BENCH_BOOTS", "8"))
COMMAND = "tests/bench/bench_boot.py"
SETUPS = (Setup("6.1", "signature", "portable"), Setup("6.12", "verity", "portable"))


# What the kernel hashes before init runs, in the signature profile: every file that init maps, whole.  The rate is that
# of the kernel's own SHA-256, the one that IMA takes.
HASHING = """
import os, socket, time
paths = {line.split(None, 5)[5].strip() for line in open("/proc/1/maps") if "/" in line}
size = sum(os.stat(path).st_size for path in paths if os.path.isfile(path))
kernel = socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
kernel.bind(("hash", "sha256"))
data = bytes(1 << 16)
def seconds(rounds):
    hash, _ = kernel.accept()
    begun = time.monotonic()
    for _ in range(rounds):
        hash.send(data, socket.MSG_MORE)
    hash.send(b"")
    hash.recv(32)
    return time.monotonic() - begun
seconds(16)
print(size / (256 * len(data) / seconds(256)))
"""


def seconds_of_hashing(machine):
    """What the kernel needs in this machine to hash what init maps."""
    machine.start()
    text = machine.sh(["python3", "-c", HASHING], 300)
    machine.poweroff()
    return float(text)


def seconds_to_init(machine):
    """From the kernel's first instruction to systemd's, as systemd has it from the kernel's clock."""
    machine.start()
    text = machine.sh("systemctl show -P UserspaceTimestampMonotonic")
    size = machine.sh("stat -c %s /boot/initrd.img-$(uname -r)")
    machine.poweroff()
    return int(text) / 1e6, int(size)


def with_fsck(machine):
    """Makes the initramfs as the enforcing machine's was made."""
    machine.start()
    machine.sh("update-initramfs -u", 600)
    machine.poweroff()


def measure(preparer, setup):
    """Rows for one kernel and profile."""
    times = {"signed": [], "enforcing": []}
    sizes = {}
    machines = {stage: preparer.machine(setup, stage) for stage in times}
    with_fsck(machines["signed"])
    for _ in range(BOOTS):
        for stage, machine in machines.items():
            seconds, sizes[stage] = seconds_to_init(machine)
            times[stage].append(seconds)
    hashing = seconds_of_hashing(machines["signed"])
    for machine in machines.values():
        machine.close()
    base = median(times["signed"])
    pairs = [on / off for on, off in zip(times["enforcing"], times["signed"])]
    name = f"boot/{setup.kernel}-{setup.profile}"
    return [
        figure(f"{name}/kernel-start-to-init", median(times["enforcing"]), "s", base, COMMAND, ratio=median(pairs),
               target=at_most(1.05)),
        figure(f"{name}/kernel-start-to-init-fastest", min(times["enforcing"]), "s", min(times["signed"]), COMMAND),
        figure(f"{name}/hashing-what-init-maps", hashing, "s", base, COMMAND),
        figure(f"{name}/initramfs-added", (sizes["enforcing"] - sizes["signed"]) / 2**20, "MiB",
               sizes["signed"] / 2**20, COMMAND, target=at_most(3, "value")),
    ]


def main():
    """Prints the figures; progress goes to stderr."""
    lab = Lab()
    try:
        preparer = Preparer(lab, assay_debs(), say=lambda line: print(line, file=sys.stderr))
        print_figures([row for setup in SETUPS for row in measure(preparer, setup)])
    finally:
        lab.close()


if __name__ == "__main__":
    main()
