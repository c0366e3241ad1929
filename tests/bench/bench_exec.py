#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What enforcement costs an execution: a cached one, beside fapolicyd, and the first of a big program.

Cached: fork and exec of /bin/true, in turns on the same image, booted without and with a policy in
force, and without Assay's policy but with fapolicyd's daemon.  First: a program of 200 MB after the
caches were dropped, its whole hash in the signature profile, only its touched pages under fs-verity.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent), str(pathlib.Path(__file__).parent)]

from figures import at_most, figure, median, print_figures  # noqa: E402
from vm.lab.errors import LabError  # noqa: E402
from vm.lab.lab import Lab  # noqa: E402
from vm.lab.prepare import Preparer, Setup, assay_debs  # noqa: E402

TURNS = int(os.environ.get("ASSAY_BENCH_TURNS", "7"))
EXECS = 400
BIG_MB = 200
COMMAND = "tests/bench/bench_exec.py"
SETUPS = (Setup("6.1", "signature", "portable"), Setup("6.12", "verity", "portable"))

LOOP = f"""
import os, time
def one():
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {{}}), 0)
for _ in range(20):
    one()
begin = time.monotonic()
for _ in range({EXECS}):
    one()
print((time.monotonic() - begin) / {EXECS})
"""

FIRST = """
import os, time
os.sync()
open("/proc/sys/vm/drop_caches", "w").write("3")
begin = time.monotonic()
pid = os.posix_spawn("/opt/big", ["big"], {})
status = os.waitpid(pid, 0)[1]
assert status == 0, status
print(time.monotonic() - begin)
"""

FAPOLICYD_PACKAGES = ("fapolicyd", "liblmdb0", "libcap-ng0", "libmagic1", "libmagic-mgc", "libseccomp2")
# It trusts what dpkg lists and watches the root file system, as its package sets it up.  Started by its own
# installation, before it knows any file, it would deny dpkg the triggers that follow.
FAPOLICYD_START = "systemctl unmask fapolicyd; fapolicyd-cli --update >/dev/null 2>&1; systemctl restart fapolicyd && sleep 10"

AS_NOBODY = "setpriv --reuid=65534 --regid=65534 --clear-groups"


def python(machine, text):
    """Runs a program by the guest's interpreter; its last word is a figure."""
    return float(machine.sh(["python3", "-c", text], 600).split()[-1])


def install_fapolicyd(machine):
    """Debian's fapolicyd, by apt from packages that the host's apt verified."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        subprocess.run(["apt-get", "download", "-q", *FAPOLICYD_PACKAGES], cwd=place, check=True,
                       stdout=subprocess.DEVNULL)
        machine.sh("systemctl mask fapolicyd")
        machine.install(*sorted(pathlib.Path(place).glob("*.deb")))
    machine.sh(FAPOLICYD_START, 300)
    check_decides(machine)


def check_decides(machine):
    """Ends the bench where fapolicyd runs but lets a user execute what no package brought."""
    conf = machine.sh("cat /etc/fapolicyd/fapolicyd.conf")
    if machine.sh("systemctl is-active fapolicyd").strip() != "active":
        raise SystemExit("bench_exec: fapolicyd does not run in the guest")
    if not re.search(r"^permissive *= *0 *$", conf, re.M):
        raise SystemExit("bench_exec: fapolicyd is permissive in the guest")
    machine.sh("cp /bin/true /var/tmp/untrusted && chmod 755 /var/tmp/untrusted")
    if machine.run(AS_NOBODY + " /bin/true").rc != 0:
        raise SystemExit("bench_exec: a user can't execute a trusted program in the guest")
    if machine.run(AS_NOBODY + " /var/tmp/untrusted").rc == 0:
        raise SystemExit("bench_exec: fapolicyd lets an untrusted program run in the guest")


def measure_cached(preparer, setup):
    """Rows of the cached exec: enforcing, and fapolicyd, each over neither."""
    machines = {"none": preparer.resumed(setup, "signed"),
                "enforcing": preparer.resumed(setup, "enforcing"),
                "fapolicyd": preparer.resumed(setup, "signed")}
    try:
        install_fapolicyd(machines["fapolicyd"])
    except LabError as error:
        print(f"bench_exec: fapolicyd is left out: {str(error).splitlines()[0]}", file=sys.stderr)
        machines.pop("fapolicyd").close()
    times = {name: [] for name in machines}
    for _ in range(TURNS):
        for name, machine in machines.items():
            times[name].append(python(machine, LOOP))
    for machine in machines.values():
        machine.close()
    label = f"exec/{setup.kernel}-{setup.profile}/cached"
    rows = []
    for name, text, target in (("enforcing", label, at_most(1.05)),
                               ("fapolicyd", f"{label}-fapolicyd", None)):
        if name not in times:
            continue
        pairs = [on / off for on, off in zip(times[name], times["none"])]
        rows.append(figure(text, median(times[name]), "s", median(times["none"]), COMMAND,
                           ratio=median(pairs), target=target))
    return rows


def measure_first(preparer, setup):
    """Seconds until a program of BIG_MB has run, with nothing of it cached."""
    with preparer.resumed(setup, "enforcing") as machine:
        machine.sh(f"cp /bin/true /opt/big && head -c {BIG_MB}000000 /dev/zero >>/opt/big", 300)
        machine.sh("assay sign /opt/big", 300)
        return median([python(machine, FIRST) for _ in range(3)])


def main():
    """Prints the figures; progress goes to stderr."""
    lab = Lab()
    try:
        preparer = Preparer(lab, assay_debs(), say=lambda line: print(line, file=sys.stderr))
        rows = [row for setup in SETUPS for row in measure_cached(preparer, setup)]
        verity = measure_first(preparer, Setup("6.12", "verity", "portable"))
        signature = measure_first(preparer, Setup("6.12", "signature", "portable"))
        rows.append(figure(f"exec/6.12/first-of-{BIG_MB}-MB/verity-over-signature", verity, "s",
                           signature, COMMAND))
        print_figures(rows)
    finally:
        lab.close()


if __name__ == "__main__":
    main()
