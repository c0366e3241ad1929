# SPDX-License-Identifier: GPL-2.0-or-later
"""A host whose signing key is in its TPM: everything is signed by it, the host enforces, dpkg installs."""

import os

import pytest

from frame.deb import build_deb
from vm.lab.prepare import Setup
from vm.packages import PLACE, closure, download, give_lists, put

pytestmark = [pytest.mark.vm, pytest.mark.skipif("ASSAY_LONG" not in os.environ, reason="with ASSAY_LONG"),
              pytest.mark.parametrize("setup", [Setup("6.12", "verity", "portable")], ids=str, indirect=True)]

HANDLE = "0x81000100"
MAKE_KEY = f"""set -e
cd /root
tpm2_createprimary -Q -C o -g sha256 -G ecc -c primary.ctx
tpm2_create -Q -C primary.ctx -G rsa2048:rsassa-sha256:null -u key.pub -r key.priv \\
  -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
tpm2_load -Q -C primary.ctx -u key.pub -r key.priv -c key.ctx
tpm2_flushcontext -t || true
tpm2_evictcontrol -Q -C o -c key.ctx {HANDLE}
"""
CONF = f"""[keys]
signing = handle:{HANDLE}
certificate = /etc/assay/certs/tpm.der
"""


def test_a_key_in_the_tpm(signed_machine, tmp_path):
    """From keygen to a package of the archive; the file key is gone, and nothing is denied."""
    host = signed_machine
    tools = closure(host, ["tpm2-tools", "tpm2-openssl"], tmp_path)
    put(host, *download(tools, tmp_path / "tools"))
    host.sh(f"dpkg -i {PLACE}/*.deb && rm {PLACE}/*.deb", 600)
    host.sh(MAKE_KEY, 300)
    host.sh("rm /etc/assay/keys/signing.key /etc/assay/certs/signing.der")
    host.put("/tmp/conf", CONF.encode())
    host.sh("cat /tmp/conf >>/etc/assay/assay.conf")
    host.sh(f"assay keygen --key handle:{HANDLE} --cert /etc/assay/certs/tpm.der", 300)
    host.sh("assay sign --installed && assay enable", 3000)
    host.reboot()
    assert host.failed_units() == [] and host.denials() == []
    assert host.run("assay status").rc == 0
    deb = build_deb(tmp_path / "unsigned", "unsigned", {"/usr/bin/unsigned": (b"#!/bin/sh\n", 0o755)})
    put(host, deb)
    assert host.run(f"dpkg -i {PLACE}/unsigned.deb", 300).rc == 2
    give_lists(host)
    put(host, *download(["hello"], tmp_path / "hello"))
    host.sh(f"dpkg -i {PLACE}/hello_*.deb", 300)
    assert "Hello" in host.sh("hello") and host.denials() == []
