#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What enforcement costs an execution: a cached one, beside fapolicyd, and the first of a big program.

Cached: a user's fork and exec of /bin/true, the median of 400, in alternate boots of the same image, without and
with a policy in force, and without Assay's policy but with fapolicyd's daemon; one machine is up at a time.  The same
counted in instructions, which no other load of this machine changes: an emulator whose clock counts them, one boot of
each.  First: a program of 200 MB after the caches were dropped, its whole hash in the signature profile, only its
touched pages under fs-verity.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent), str(pathlib.Path(__file__).parent)]

from figures import at_most, figure, median, print_figures, unmeasured  # noqa: E402
from vm.lab.errors import LabError  # noqa: E402
from vm.lab.lab import Image, Lab  # noqa: E402
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
def timed():
    begin = time.monotonic()
    one()
    return time.monotonic() - begin
for _ in range(50):
    one()
print(sorted(timed() for _ in range({EXECS}))[{EXECS} // 2])
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
# Debian's build knows no package database, and its package brings no trusted file and one rule, which denies
# every execution: at its first start nothing runs any more, so it must not start by its installation.  The
# rules are those that README-rules beside them calls known-libs, upstream's default.
FAPOLICYD_SETUP = r"""
fapolicyd-cli --file add /usr --trust-file installed
sed -i 's/^trust *=.*/trust = file/' /etc/fapolicyd/fapolicyd.conf
cd /usr/share/fapolicyd/sample-rules
cp 10-languages.rules 20-dracut.rules 21-updaters.rules 30-patterns.rules 40-bad-elf.rules 41-shared-obj.rules \
	42-trusted-elf.rules 70-trusted-lang.rules 72-shell.rules 90-deny-execute.rules 95-allow-open.rules \
	/etc/fapolicyd/rules.d/
systemctl unmask fapolicyd
systemctl enable --now fapolicyd
"""
LISTENS = """systemctl is-active fapolicyd || exit 1
until journalctl -b -u fapolicyd | grep -q 'Starting to listen'; do sleep 1; done"""

UNTRUSTED = "/var/tmp/untrusted"
# What starts by itself is not what is measured.
QUIET = """systemctl stop cron.service '*.timer'
systemctl list-units --plain --no-legend --state=activating | awk '{print $1}' | xargs -r systemctl stop"""


def python(machine, text, **options):
    """Runs a program by the guest's interpreter; its last word is a figure."""
    return float(machine.sh(["python3", "-c", text], 600, **options).split()[-1])


def install_fapolicyd(machine):
    """Debian's fapolicyd, by apt from packages that the host's apt verified; it trusts all of /usr."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        subprocess.run(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", *FAPOLICYD_PACKAGES],
                       cwd=place, check=True, stdout=subprocess.DEVNULL)
        machine.sh("systemctl mask fapolicyd")
        machine.install(*sorted(pathlib.Path(place).glob("*.deb")))
    machine.sh(f"cp /bin/true {UNTRUSTED} && chmod 755 {UNTRUSTED}")
    machine.sh(UNTRUSTED, user="user")
    machine.sh(f"set -e\n{FAPOLICYD_SETUP}\n{LISTENS}", 300)


def check_decides(machine):
    """Raises LabError unless fapolicyd lets a user execute what a package brought, and nothing else."""
    machine.sh("systemctl is-active fapolicyd")
    machine.sh("/bin/true", user="user")
    denied = machine.run(UNTRUSTED, user="user")
    if denied.rc != 126 or "not permitted" not in denied.stderr:
        raise LabError(f"a user's own program is not denied: exit {denied.rc} {denied.stderr}")


def fapolicyd_image(lab, preparer, setup):
    """The image of a machine with fapolicyd at work."""
    place = lab.work / f"fapolicyd-{setup}"
    place.mkdir()
    with preparer.resumed(setup, "signed") as machine:
        install_fapolicyd(machine)
        check_decides(machine)
        machine.poweroff()
        machine.save_disk(place)
    return Image.at(place)


def turn(machine, ready="true"):
    """Seconds that one exec takes in a machine, which is booted for that, and ended."""
    with machine:
        machine.start()
        machine.sh(f"{ready}\n{QUIET}", 300)
        return python(machine, LOOP, user="user")


def measure_counted(preparer, setup):
    """The row of the instructions of a cached exec."""
    count = {stage: 1e9 * turn(preparer.machine(setup, stage, counted=True, cpus=1)) for stage in ("signed", "enforcing")}
    return figure(f"exec/{setup.kernel}-{setup.profile}/cached-instructions", count["enforcing"], "instructions",
                  count["signed"], COMMAND)


def row_of(name, times, base, target=None):
    """A row: what was measured over the baseline, turn by turn."""
    pairs = [on / off for on, off in zip(times, base)]
    return figure(name, median(times), "s", median(base), COMMAND, ratio=median(pairs), target=target)


def measure_cached(lab, preparer, setup):
    """Rows of the cached exec: enforcing, and fapolicyd, each over neither."""
    label = f"exec/{setup.kernel}-{setup.profile}/cached"
    turns = {"none": lambda: turn(preparer.machine(setup, "signed")),
             "enforcing": lambda: turn(preparer.machine(setup, "enforcing"))}
    try:
        image = fapolicyd_image(lab, preparer, setup)
        turns["fapolicyd"] = lambda: turn(lab.machine(image, kernel=setup.kernel), LISTENS)
    except (LabError, subprocess.CalledProcessError) as error:
        beside = unmeasured(f"{label}-fapolicyd", "s", COMMAND, str(error).splitlines()[0])
    times = {name: [] for name in turns}
    for _ in range(TURNS):
        for name, take in turns.items():
            times[name].append(take())
    if "fapolicyd" in times:
        beside = row_of(f"{label}-fapolicyd", times["fapolicyd"], times["none"])
    return [row_of(label, times["enforcing"], times["none"], at_most(1.05)), beside]


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
        rows = [row for setup in SETUPS for row in measure_cached(lab, preparer, setup)]
        rows += [measure_counted(preparer, setup) for setup in SETUPS]
        verity = measure_first(preparer, Setup("6.12", "verity", "portable"))
        signature = measure_first(preparer, Setup("6.12", "signature", "portable"))
        rows.append(figure(f"exec/6.12/first-of-{BIG_MB}-MB/verity-over-signature", verity, "s",
                           signature, COMMAND))
        print_figures(rows)
    finally:
        lab.close()


if __name__ == "__main__":
    main()
