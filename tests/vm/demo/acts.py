# SPDX-License-Identifier: GPL-2.0-or-later
"""The acts, in their order; ACTS at the end is what is played.  A later part adds its own there."""

import json
import tempfile
from pathlib import Path

from frame.deb import build_deb
from ..lab.verifier import URL

GUEST = Path(__file__).resolve().parent / "guest"
OVERWRITE = "python3 /root/overwrite /usr/bin/hello"


def stock(stage):
    """A Debian as it comes: what was dropped runs."""
    stage.act("A stock Debian, nothing installed yet")
    stage.do("uname -sr; . /etc/os-release; echo $PRETTY_NAME")
    stage.tell("somebody drops a program:")
    stage.do("cp /usr/bin/id /home/user/dropped && /home/user/dropped", user="user")


def install(stage):
    """Assay from its package, then the operator's commands."""
    stage.act("The operator installs Assay, makes a key, signs what dpkg installed")
    stage.tell("(a host's operator runs 'check' first and a boot in log mode before enforcing; both are left out here)")
    stage.tell("apt install ./" + " ./".join(deb.name for deb in stage.debs))
    stage.machine.install(*stage.debs)
    stage.do("assay keygen --no-passphrase")
    stage.do("assay sign --installed")
    stage.do("assay check")


def enable(stage):
    """The next boot enforces."""
    stage.act("Enforcement is switched on; it takes effect at the next boot")
    stage.machine.hardware.net, stage.machine.hardware.reach = True, stage.verifier.reach
    stage.do("assay enable")
    stage.act("Reboot, from now on by UEFI and systemd-boot")
    stage.machine.use_uefi()
    stage.machine.reboot()
    stage.tell(f"up again after {stage.machine.boot_seconds:.0f} s")
    failed = stage.machine.failed_units()
    stage.judge(not failed, f"failed units: {' '.join(failed) or 'none'}")
    denied = stage.machine.denials()
    stage.judge(not denied, f"denials while booting: {len(denied)}")
    stage.do("assay status")


def only_installed(stage):
    """What was installed runs, what was not does not."""
    stage.act("Only what was installed runs")
    stage.do("hello")
    stage.refused("/home/user/dropped", user="user")
    stage.refused("/home/user/dropped")
    stage.tell("by way of the loader, of memory, of a script:")
    stage.refused("/lib64/ld-linux-x86-64.so.2 /home/user/dropped", user="user")
    stage.machine.put("/root/memfd", (GUEST / "memfd").read_bytes())
    stage.refused("python3 /root/memfd /usr/bin/id")
    stage.refused("printf '#!/bin/sh\\nid\\n' >/tmp/s; chmod +x /tmp/s; /tmp/s", user="user")


def packages(stage):
    """dpkg on a host that enforces."""
    stage.act("Packages are installed while it enforces")
    with tempfile.TemporaryDirectory() as place:
        deb = build_deb(Path(place) / "tool", "tool", {"/usr/bin/tool": (b"#!/bin/sh\necho tool runs\n", 0o755)},
                        scripts={"postinst": "#!/bin/sh\nset -e\n/usr/bin/tool\n"})
        stage.machine.put("/root/tool.deb", deb)
    stage.tell("one that nobody vouches for:")
    stage.refused("dpkg -i /root/tool.deb")
    stage.tell("the same, signed by the key that this host trusts; its maintainer script runs what it brings:")
    stage.do("assay pkg sign /root/tool.deb")
    stage.do("dpkg -i /root/tool.deb")
    stage.do("tool", user="user")


def tampering(stage):
    """A signed program is changed, as a file and behind the file system's back."""
    stage.act("What was installed and then changed does not run")
    stage.refused("echo x >>/usr/bin/hello")
    stage.tell("root writes to the disk under the file, and drops the caches:")
    stage.machine.put("/root/overwrite", (GUEST / "overwrite").read_bytes())
    stage.do(OVERWRITE)
    stage.refused("hello")
    stage.tell("fs-verity answers with an I/O error, which is in the kernel's log; what IMA denied in this boot:")
    stage.machine.run("sleep 1")
    stage.do("assay events")


def record(stage):
    """The state is in the TPM."""
    stage.act("What was enforced is measured into the TPM")
    stage.do("tpm2_pcrread sha256:13; grep -E 'state|record|policy|proof' /run/assay/boot")
    stage.tell("only this record extends the PCR to that value, before anything else runs; a verifier asks the TPM for it, as follows:")


def switched_off(stage):
    """The setting cannot be turned off from the kernel command line."""
    stage.act("Somebody turns enforcement off on the kernel command line: ima_appraise=off")
    stage.machine.stop_guest("reboot")
    stage.machine.start(append="ima_appraise=off", wait=False)
    match = stage.machine.wait_console(r"^.*assay: boot stopped: .*$")
    stage.say(f"     {match.group(0).strip()}")
    up = stage.machine.channel.wait_hello(8) if stage.machine.running() else False
    stage.judge(not up, "the boot stopped")
    stage.machine.kill()


def attestation(stage):
    """A verifier elsewhere, here on this host, is shown the state."""
    stage.act("The host proves its state to a verifier, which believes its TPM and signatures")
    stage.verifier.trust(stage.machine.get("/etc/assay/certs/signing.der"))
    stage.verifier.start()
    stage.tell("the verifier trusts the certificate of this host. It is told to take any boot here, and its administrator")
    stage.tell("vouches for a TPM without a maker's certificate; by default neither would pass:")
    stage.machine.put("/root/verifier.pem", stage.verifier.ca)
    stage.machine.wait_network()
    shown = stage.do("assay attest show --json")
    stage.verifier.do("host", "add", json.loads(shown.stdout)["host"])
    stage.do(f"assay attest enrol --verifier {URL} --ca /root/verifier.pem")
    stage.do("assay attest report")


def lock(stage):
    """A secret of the host's hangs on its enforcing."""
    stage.act("A secret is sealed to the TPM: only a boot that enforces gets it")
    stage.do("assay lock authority init --no-passphrase")
    stage.do("echo 'password of the database' >/root/secret && chmod 600 /root/secret")
    stage.do("assay lock set --require-enforcement --credential database=/root/secret"
             " --recovery-key-out /root/recovery && rm /root/secret")
    stage.recovery = stage.machine.sh("cat /root/recovery").strip()
    stage.tell(f"sealed, this boot approved; the recovery key, which the operator keeps: {stage.recovery}")


def opens(stage):
    """A boot as before."""
    stage.act("A boot that enforces: the lock opens by itself")
    stage.machine.start()
    stage.do("cat /run/assay/credentials/database")
    stage.machine.wait_network()
    stage.do("assay attest report")


def turned_off(stage):
    """The setting is turned off by root: the lock stays closed, and the verifier says so."""
    stage.act("Root turns enforcement off, and reboots")
    stage.do("assay enable --log")
    stage.machine.stop_guest("reboot")
    stage.machine.start(wait=False)
    stage.machine.wait_console(r"^Recovery key")
    for line in stage.machine.console_text().splitlines():
        if "the lock stays closed" in line or "Recovery" in line:
            stage.say(f"     {line.strip()}")
    up = stage.machine.channel.wait_hello(5)
    stage.judge(not up, "the lock refuses, and the boot waits for the recovery key")
    stage.tell("the operator types it:")
    stage.machine.console_send(stage.recovery + "\n")
    stage.machine.wait_up()
    stage.machine.wait_network()
    stage.refused("assay attest report", word="the verifier fails the host")


ACTS = [stock, install, enable, only_installed, packages, tampering, record, attestation, lock, switched_off, opens,
        turned_off]
# What --shell plays before it takes commands.
TO_ENFORCING = [install, enable]
