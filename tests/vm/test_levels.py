# SPDX-License-Identifier: GPL-2.0-or-later
"""Acceptance levels on a host that enforces: by the record in force, whatever is configured since."""

import json
import os
import subprocess

import pytest

from frame.deb import build_deb
from vm.lab.lab import Image
from vm.lab.prepare import Setup
from vm.packages import PLACE, put

pytestmark = [pytest.mark.vm,
              pytest.mark.parametrize("setup", [Setup("6.12", "verity", "portable")], ids=str, indirect=True)]

TOOL = b"#!/bin/sh\necho tool runs\n"
LEVELS = """
[levels]
vendor = /etc/assay/levels/vendor.der
debian = /usr/share/keyrings/debian-archive-keyring.gpg
site = /etc/assay/levels/site.der
"""


@pytest.fixture(scope="module")
def makers(bin_dir, tmp_path_factory):
    """name -> (key, certificate) of who makes packages."""
    top = tmp_path_factory.mktemp("makers")
    pairs = {name: (top / f"{name}.key", top / f"{name}.der") for name in ("vendor", "site", "stranger")}
    for key, cert in pairs.values():
        subprocess.run([bin_dir / "assay-sign", "keygen", "--type", "rsa2048", "--no-passphrase", "--key", key,
                        "--cert", cert], check=True)
    return pairs


@pytest.fixture(scope="module")
def packages(makers, bin_dir, tmp_path_factory):
    """name -> a package that holds /usr/bin/NAME, signed by that maker."""
    made, top = {}, tmp_path_factory.mktemp("packages")
    for name, (key, cert) in makers.items():
        made[name] = build_deb(top / name, name, {f"/usr/bin/{name}": (TOOL, 0o755)})
        subprocess.run([bin_dir / "assay-pkg", "sign", "--key", key, "--cert", cert, made[name]], check=True)
    return made


@pytest.fixture(scope="module")
def with_levels(preparer, setup, makers, packages, tmp_path_factory):
    """The image of an enforcing machine with three levels, the lowest in force, and the packages; up and frozen."""
    place = tmp_path_factory.mktemp("image")
    with preparer.resumed(setup, "enforcing") as machine:
        machine.sh("mkdir -m 755 /etc/assay/levels")
        for name in ("vendor", "site"):
            machine.put(f"/etc/assay/levels/{name}.der", makers[name][1])
        put(machine, *packages.values())
        machine.put("/tmp/levels", LEVELS.encode())
        machine.sh("cat /tmp/levels >>/etc/assay/assay.conf && assay enable", 600)
        machine.reboot()
        machine.suspend(place)
    return Image.at(place)


@pytest.fixture
def host(with_levels, setup, machines):
    """A machine of it."""
    return machines(with_levels, kernel=setup.kernel).resume()


def refusal(host, name):
    """The line by which dpkg refuses the package; nothing of it is there."""
    done = host.run(f"dpkg -i {PLACE}/{name}.deb", 300)
    ours = [line for line in done.stderr.splitlines() if line.startswith("assay: refused: ")]
    assert done.rc == 2 and len(ours) == 1, done
    assert host.run(f"test -e /usr/bin/{name} || dpkg -s {name}").rc != 0
    return ours[0]


@pytest.mark.skipif(not os.environ.get("ASSAY_LONG"), reason="with ASSAY_LONG")
def test_levels(host):
    """Who is taken, who is not, from when on, and what root's edits of the configuration change: nothing."""
    assert host.sh("assay level get").strip() == "site"
    for name in ("vendor", "site"):
        host.sh(f"dpkg -i {PLACE}/{name}.deb", 300)
        assert host.sh(name) == "tool runs\n"
    assert "signed by a key that is not trusted" in refusal(host, "stranger")
    host.sh("assay level set debian && dpkg --purge site", 600)
    # Until the next boot the record in force counts.
    assert host.sh("assay level get").split() == ["debian", "(in", "force:", "site)"]
    host.sh(f"dpkg -i {PLACE}/site.deb && site", 300)
    host.reboot()
    # What is of a lower level now is not run any more, and not installed.
    assert host.run("site").rc == 126 and host.sh("vendor") == "tool runs\n"
    host.sh("dpkg --purge site", 300)
    line = refusal(host, "site")
    assert "is of level 'site'; this host takes 'debian' and above" in line, line
    # The configuration, the record, and what it names, are not root's to edit.
    host.sh("sed -i 's/^level = .*/level = site/' /etc/assay/assay.conf")
    refusal(host, "site")
    host.sh("cp -a /run/assay/record /tmp/record && sed -i 's/^level .*/level site/' /run/assay/record")
    done = host.run(f"dpkg -i {PLACE}/vendor.deb", 300)
    assert done.rc != 0 and "is not the record that the TPM" in done.stderr, done
    host.sh("cp -a /tmp/record /run/assay/record && for f in /var/lib/assay/trust/*; do echo x >>$f; done")
    done = host.run(f"dpkg -i {PLACE}/vendor.deb", 300)
    assert done.rc != 0 and "is not what its name says" in done.stderr, done
    assert host.sh("vendor") == "tool runs\n"


def entries(host, *words):
    """What assay log tells."""
    return [json.loads(line) for line in host.sh(["assay", "log", "--json", *words]).splitlines()]


def test_what_was_taken_and_admitted(host):
    """Each package is in the log with who vouches for it; a single file is admitted with a reason, where the level
    allows it; owner tells both; nobody cuts the log short."""
    host.sh(f"dpkg -i {PLACE}/vendor.deb", 300)
    taken = entries(host, "--package", "vendor")
    assert len(taken) == 1 and taken[0]["by"] == "signature" and taken[0]["level"] == "vendor", taken
    assert taken[0]["sha256"] == host.sh(f"sha256sum {PLACE}/vendor.deb").split()[0] and taken[0]["files"] == 1
    refusal(host, "stranger")
    assert entries(host, "--package", "stranger") == []
    told = json.loads(host.sh("assay owner --json /usr/bin/vendor"))[0]
    assert told["package"] == "vendor" and told["level"] == "vendor" and told["log"] == taken[0], told
    assert any(e["event"] == "sign" and e["what"] == "--installed" for e in entries(host))
    host.put("/usr/local/bin/agent", TOOL, mode=0o755)
    assert host.run("agent").rc == 126
    done = host.run("assay admit --reason 'pushed by the backup service' /usr/local/bin/agent")
    # The host's own certificate is in none of these levels.
    assert done.rc == 2 and "is of no level, and this host takes 'site' and above" in done.stderr, done
    assert host.run("agent").rc == 126
    host.sh("sed -i 's#^site = #&/etc/assay/certs/signing.der #' /etc/assay/assay.conf")
    host.sh("assay admit --reason 'pushed by the backup service' /usr/local/bin/agent")
    assert host.sh("agent") == "tool runs\n"
    last = entries(host)[-1]
    assert last["event"] == "admit" and last["path"] == "/usr/local/bin/agent", last
    assert "no package's" in host.sh("assay owner /usr/local/bin/agent")
    assert "admitted: pushed by the backup service" in host.sh("assay owner /usr/local/bin/agent")
    for command in ("rm /var/lib/assay/log", "truncate -s 0 /var/lib/assay/log", "echo x >/var/lib/assay/log"):
        assert host.run(command).rc != 0
    assert "pushed by the backup service" in host.sh("journalctl -t assay --grep assay.log | cat")
