# SPDX-License-Identifier: GPL-2.0-or-later
"""The summit: a whole upgrade from Debian 12 to 13 on a host that enforces."""

import os

import pytest

from vm.lab.prepare import Setup
from vm.release import Release

pytestmark = [pytest.mark.vm, pytest.mark.skipif("ASSAY_LONG" not in os.environ, reason="with ASSAY_LONG"),
              pytest.mark.parametrize("setup", [Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable")],
                                      ids=str, indirect=True)]

UPGRADE = """set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y --no-download -o APT::Install-Recommends=false -o Dpkg::Options::=--force-confdef \\
  -o Dpkg::Options::=--force-confold dist-upgrade
"""


def test_debian_12_to_13(enforcing_machine, tmp_path):
    """Every package that the archive vouches for comes out signed; nothing is denied on the way, and it boots."""
    host = enforcing_machine
    release = Release(tmp_path, "trixie")
    debs = release.upgrade(host.get("/var/lib/dpkg/status"))
    assert len(debs) >= 50, len(debs)
    host.sh("rm -rf /var/lib/apt/lists/* /etc/apt/sources.list.d/*")
    host.put("/etc/apt/sources.list", release.sources.encode())
    for path in release.lists():
        host.put(f"/var/lib/apt/lists/{path.name}", path)
    for deb in debs:
        host.put(f"/var/cache/apt/archives/{deb.name}", deb)
    host.sh(UPGRADE, 7200)
    assert host.denials() == []
    assert host.sh("cat /etc/debian_version").startswith("13")
    host.sh("apt-get clean")
    host.reboot()
    assert host.denials() == [] and host.failed_units() == []
    assert host.run("assay status").rc == 0
    assert host.run("assay verify --installed", timeout=1800).rc == 0
