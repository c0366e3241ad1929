# SPDX-License-Identifier: GPL-2.0-or-later
"""Packages for a machine: what apt here would install there, and signed ones, put in their place."""

import subprocess
from pathlib import Path

LISTS = "/var/lib/apt/lists"

# A server's: several languages and what they bring; more than two hundred packages on the lab's Debian.
SERVER = """python3-full ruby-full perl default-jre-headless nginx-full postgresql redis-server php-cli php-fpm
    git build-essential tcl lua5.4 nodejs sqlite3 rsync vim tmux golang-go bind9-dnsutils python3-flask
    imagemagick""".split()


def give_lists(host):
    """Gives the machine what apt here knows of its archives."""
    for path in Path(LISTS).iterdir():
        if path.name.endswith("InRelease") or "_binary-amd64_Packages" in path.name:
            host.put(f"{LISTS}/{path.name}", path)


def closure(host, names, place):
    """name=version of all that apt would unpack on the machine to install these."""
    status = Path(place) / "status"
    status.write_bytes(host.get("/var/lib/dpkg/status"))
    told = subprocess.run(["apt-get", "-o", f"Dir::State::status={status}", "-o", "Debug::NoLocking=1", "-s", "-q",
                           "--no-install-recommends", "install", *names], check=True, capture_output=True, text=True)
    found = [line.split() for line in told.stdout.splitlines() if line.startswith("Inst ")]
    return [f"{words[1]}={next(w for w in words[2:] if w.startswith('('))[1:]}" for words in found]


def download(names, place):
    """Packages as the archive has them; those that are there already are kept."""
    place = Path(place)
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o777)
    subprocess.run(["apt-get", "download", "-q", *names], cwd=place, check=True, capture_output=True)
    return sorted(place.glob("*.deb"))


PLACE = "/var/tmp/packages"


def put(host, *debs):
    """Copies packages to the machine."""
    host.sh(f"mkdir -p -m 755 {PLACE}")
    for deb in debs:
        host.put(f"{PLACE}/{deb.name}", deb)


class Signer:
    """Signs packages outside, by the key that a machine trusts."""

    def __init__(self, host, program, top):
        self.program, self.key, self.cert = program, Path(top) / "k.key", Path(top) / "k.der"
        self.key.write_bytes(host.get("/etc/assay/keys/signing.key"))
        self.key.chmod(0o600)
        self.cert.write_bytes(host.get("/etc/assay/certs/signing.der"))

    def __call__(self, *debs, words=()):
        subprocess.run([self.program, "sign", *words, "--key", self.key, "--cert", self.cert, *debs], check=True)
