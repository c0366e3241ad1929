# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the attacker's material on the host, brings it into a machine and runs attacks there."""

import io
import json
import subprocess
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = "/opt/attacks"
CC = ["gcc", "-O1", "-Wall", "-Wextra", "-Werror"]
PROGRAMS = {
    "static": ["-static", "say.c"],
    "dynamic": ["say.c"],
    "lib.so": ["-shared", "-fPIC", "lib.c"],
}


def build(target):
    """Compile the payloads into a directory."""
    for name, words in PROGRAMS.items():
        words = [HERE / "payload" / w if w.endswith(".c") else w for w in words]
        subprocess.run([*CC, "-o", Path(target) / name, *words], check=True, timeout=120)


def vfat(target):
    """A FAT file system that holds a payload."""
    path = Path(target) / "vfat"
    subprocess.run(["mkfs.vfat", "-C", path, "4096"], check=True, capture_output=True, timeout=60)
    subprocess.run(["mcopy", "-i", path, Path(target) / "static", "::static"], check=True, timeout=60)


def keys(target):
    """The attacker's own key and certificate."""
    target = Path(target)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "3650",
                    "-subj", "/CN=attacker", "-addext", "keyUsage=digitalSignature",
                    "-addext", "subjectKeyIdentifier=hash", "-addext", "basicConstraints=CA:false",
                    "-keyout", target / "attacker.pem", "-outform", "DER",
                    "-out", target / "attacker.der"], check=True, capture_output=True, timeout=60)


def bundle(work):
    """A tar archive of the guest's part: programs that attack, and what they drop."""
    work = Path(work)
    build(work)
    vfat(work)
    keys(work)
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for path in sorted((HERE / "guest").glob("*.py")):
            tar.add(path, path.name)
        for path in sorted(work.iterdir()):
            tar.add(path, f"payload/{path.name}")
    return data.getvalue()


def names():
    """Every attack's name and claim, asked of the same files that run in the guest."""
    done = subprocess.run(["/usr/bin/python3", HERE / "guest" / "runner.py", "--list"],
                          capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def land(machine, archive):
    """Bring the bundle into a machine."""
    machine.put("/root/attacks.tar", archive)
    machine.sh(f"mkdir -p {HOME} && tar -C {HOME} --no-same-owner -xf /root/attacks.tar && chmod 755 {HOME}")


def strike(machine, attacks, timeout=1800):
    """Run attacks in a machine; a dict of name -> {outcome, log, seconds}."""
    done = machine.run(["/usr/bin/python3", f"{HOME}/runner.py", *attacks], timeout=timeout)
    results = {}
    for line in done.stdout.splitlines():
        result = json.loads(line)
        results[result.pop("name")] = result
    for name in attacks:
        results.setdefault(name, {"outcome": "broken", "log": [done.stdout[-500:] + done.stderr[-3000:]]})
    return results
