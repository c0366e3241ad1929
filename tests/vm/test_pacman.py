# SPDX-License-Identifier: GPL-2.0-or-later
"""pacman on a host that enforces: what a trusted key has signed installs and runs, and all else is refused."""

import os

import pytest

from frame.pacman import Vendor
from vm.lab.prepare import Setup, assay_debs
from vm.packages import PLACE, Signer, closure, download, give_lists, put

LONG = bool(os.environ.get("ASSAY_LONG"))
SETUPS = [Setup("6.12", "verity", "portable"), Setup("6.1", "signature", "portable")]

pytestmark = [pytest.mark.vm, pytest.mark.skipif(not LONG, reason="with ASSAY_LONG"),
              pytest.mark.parametrize("setup", SETUPS, ids=str, indirect=True)]

TOOL = b"#!/bin/sh\necho tool runs\n"
SETUID = 0o4755
INSTALL = """post_install() { /usr/bin/tool; /usr/bin/copy-of-true && echo so does the other; chown daemon /usr/bin/owned; }
post_upgrade() { /usr/bin/tool; }
"""
MANY = 150


@pytest.fixture
def vendor(tmp_path):
    """Whose keyring the record names."""
    made = Vendor(tmp_path / "vendor-of")
    yield made
    made.close()


@pytest.fixture
def host(enforcing_machine, vendor, bin_dir, tmp_path):
    """A machine with Debian's pacman and the hooks, whose next boot has taken the vendor's keyring."""
    host = enforcing_machine
    give_lists(host)
    names = closure(host, ["pacman-package-manager"], tmp_path)
    put(host, *download(names, tmp_path / "debs"))
    host.sh(f"dpkg -i {PLACE}/*.deb", 600)
    sign = Signer(host, bin_dir / "assay-pkg", tmp_path)
    (hooks,) = assay_debs("assay-pacman")
    copy = tmp_path / hooks.name
    copy.write_bytes(hooks.read_bytes())
    sign(copy)
    put(host, copy)
    host.sh(f"dpkg -i {PLACE}/{copy.name}", 300)
    host.sh("printf '[options]\\nArchitecture = x86_64\\nSigLevel = Never\\nLocalFileSigLevel = Never\\n' >/etc/pacman.conf")
    host.put("/etc/assay/vendor.gpg", vendor.keyring)
    host.sh("printf '[packages]\\nkeyrings = /etc/assay/vendor.gpg\\n' >>/etc/assay/assay.conf")
    host.sh("assay enable", 600)
    host.reboot()
    return host


def test_pacman_installs(host, vendor, setup):
    """By its scripts and by hand what came runs; nothing is denied, and what nobody signed is not unpacked."""
    files = {"usr/bin/tool": (TOOL, 0o755), "usr/bin/copy-of-true": (host.get("/bin/true") + b"x", SETUID),
             "usr/bin/owned": (TOOL, 0o755), "usr/share/tool/readme": (b"text\n", 0o644),
             **{f"usr/lib/tool/{n}": (TOOL + b"# %d\n" % n, 0o755) for n in range(MANY)}}
    packages = [vendor.build("tool", files, install=INSTALL),
                vendor.build("tool", {"usr/bin/tool": (TOOL + b"echo anew\n", 0o755)}, version="2-1", install=INSTALL),
                vendor.build("bad", {"usr/bin/bad": (TOOL, 0o755)}, sign=False)]
    put(host, *packages, *(p.with_name(p.name + ".sig") for p in packages[:2]))
    old, new, bad = (f"{PLACE}/{p.name}" for p in packages)

    done = host.run(f"pacman --noconfirm -U {old} {bad}", timeout=300)
    assert done.rc != 0 and f"assay: refused: {bad}: carries no signatures" in done.stdout + done.stderr, done
    assert not host.run("test -e /usr/bin/tool -o -e /usr/bin/bad").ok

    done = host.run(f"pacman --noconfirm -U {old}", timeout=600)
    assert done.ok and "tool runs" in done.stdout and "so does the other" in done.stdout, done
    assert host.sh("tool; owned; for f in /usr/lib/tool/*; do $f; done", 300) == "tool runs\n" * (MANY + 2)
    if setup.profile == "verity":
        host.sh("fsverity measure /usr/bin/tool /usr/lib/tool/*")

    done = host.run(f"pacman --noconfirm -U {new}", timeout=600)
    assert done.ok and host.sh("tool") == "tool runs\nanew\n", done
    assert host.denials() == []
    assert host.run("ls /run/assay/transaction /var/lib/assay/packages").stdout.split() == [
        "/run/assay/transaction:", "/var/lib/assay/packages:"]
    host.reboot()
    assert host.sh("tool") == "tool runs\nanew\n" and host.denials() == []
    host.sh("pacman --noconfirm -R tool", 300)
    assert not host.run("test -e /usr/bin/tool").ok
