# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel believes what assay-sign signed: every key type, every digest, both signature versions.

By default on one machine; with ASSAY_LONG on more, and what only fs-verity itself can show."""

import os

import pytest

from vm.lab.prepare import Setup

LONG = bool(os.environ.get("ASSAY_LONG"))
SETUPS = [Setup("6.12", "verity", "portable"), Setup("6.12", "signature", "portable"),
          Setup("6.1", "signature", "portable")]
pytestmark = [pytest.mark.vm,
              pytest.mark.parametrize("setup", SETUPS if LONG else SETUPS[:1], ids=str, indirect=True)]
only_long = pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")

RSA, EC = ("rsa2048", "rsa3072", "rsa4096"), ("p256", "p384")
DIGESTS = ("sha256", "sha384", "sha512")
DENIED = 126  # what a shell says of EACCES


def types_of(setup):
    """Debian's 6.1 has no ECDSA."""
    return RSA if setup.kernel == "6.1" else RSA + EC


@pytest.fixture
def machine(signed_machine, setup):
    """A machine that enforces, with a certificate of each type in its keyrings and the keys in /root."""
    for kind in types_of(setup):
        signed_machine.sh(f"assay keygen --type {kind} --no-passphrase --key /root/{kind}.key"
                          f" --cert /etc/assay/certs/{kind}.der")
    signed_machine.sh("assay enable", timeout=300)
    signed_machine.reboot()
    return signed_machine


def place(machine, name):
    """A fresh copy of a program, unsigned."""
    path = f"/opt/{name}"
    machine.sh(f"mkdir -p /opt; cp --no-preserve=xattr /bin/true {path}")
    return path


def test_kernel_accepts_every_key_and_digest(machine, setup):
    """Denied before it is signed, runs after, denied once its bytes or its mode are changed."""
    for kind in types_of(setup):
        for digest in DIGESTS:
            path = place(machine, f"{kind}-{digest}")
            assert machine.run(path).rc == DENIED, (kind, digest)
            machine.sh(f"assay sign --key /root/{kind}.key --cert /etc/assay/certs/{kind}.der"
                       f" --digest {digest} {path} && assay verify {path}")
            done = machine.run(path)
            assert done.rc == 0, (kind, digest, done)
        machine.sh(f"chmod u+s {path}")
        assert machine.run(path).rc == DENIED and machine.run(f"assay verify {path}").rc == 1
        machine.sh(f"chmod u-s {path}")
        assert machine.run(path).rc == 0 and machine.run(f"assay verify {path}").rc == 0
        machine.sh(f"cp --no-preserve=xattr {path} {path}.x; printf x >>{path}.x;"
                   f" setfattr -n security.ima -v 0x$(getfattr -e hex --only-values -n security.ima"
                   f" {path} | od -An -v -tx1 | tr -d ' \\n') {path}.x")
        assert machine.run(f"{path}.x").rc == DENIED


@only_long
def test_verity_digest_is_the_kernels(machine, setup):
    """In the verity profile a signed program is an fs-verity file with a v3 signature; data has v2."""
    if setup.profile != "verity":
        pytest.skip("the signature profile has no fs-verity")
    path = place(machine, "tool")
    machine.sh("head -c 5000000 /dev/urandom >/opt/data")
    machine.sh(f"assay sign --key /root/rsa2048.key {path} /opt/data")
    measured = machine.sh(f"fsverity measure {path}").split()[0]
    assert machine.sh(f"fsverity digest {path}").split()[0] == measured
    value = machine.sh(f"getfattr -e hex -n security.ima {path} | grep security.ima")
    assert "=0x060304" in value
    assert "=0x030204" in machine.sh("getfattr -e hex -n security.ima /opt/data | grep security.ima")
    assert machine.run(f"echo >>{path}").rc != 0


@only_long
def test_a_file_that_is_written_to_gets_no_verity(machine, setup):
    """Open for writing: a line that says so, exit 2, and no signature."""
    if setup.profile != "verity":
        pytest.skip("the signature profile has no fs-verity")
    path = place(machine, "busy")
    done = machine.run(f"exec 9>>{path}; assay sign --key /root/rsa2048.key {path}")
    assert done.rc == 2 and "the file is open for writing" in done.stderr, done
    assert machine.run(f"getfattr -n security.ima {path}").rc != 0


# Prints how many of the files were signed after each kill; a signature that is not valid ends it.
KILLS = r"""
set -e
cd /opt/many
begin=$(date +%s%N)
"$@" >/dev/null 2>&1
whole=$((($(date +%s%N) - begin) / 1000000 + 1))
n=0
while [ $n -lt "$KILLS" ]; do
	n=$((n + 1))
	rm -f ./*
	for f in $(seq 60); do cp --no-preserve=xattr /bin/true $f; echo $f >>$f; done
	pause=$(($(od -An -N4 -tu4 /dev/urandom) % whole))
	timeout -s KILL $((pause / 1000)).$(printf %03d $((pause % 1000))) "$@" >/dev/null 2>&1 || true
	getfattr -h -m '^security\.ima$' ./* 2>/dev/null | sed -n 's/^# file: //p' >/root/ima
	getfattr -h -m '^security\.evm$' ./* 2>/dev/null | sed -n 's/^# file: //p' >/root/evm
	[ ! -s /root/ima ] || xargs assay verify --no-evm </root/ima >&2
	[ ! -s /root/evm ] || xargs assay verify --evm </root/evm >&2
	wc -l </root/ima
done
"$@"
assay verify -r /opt/many >&2
./7
"""


@only_long
def test_killed_in_the_verity_profile(machine, setup, factor):
    """kill -9 at 200 random moments while fs-verity is enabled and files are signed: each is unsigned
    or validly signed; the run after them finishes."""
    if setup.profile != "verity":
        pytest.skip("the signature profile has no fs-verity")
    machine.sh("mkdir -p /opt/many; for n in $(seq 60); do cp --no-preserve=xattr /bin/true"
               " /opt/many/$n; echo $n >>/opt/many/$n; done")
    words = ["assay", "sign", "-r", "--key", "/root/rsa2048.key", "/opt/many"]
    done = machine.run(["sh", "-c", KILLS, "sh", *words], timeout=3000 * factor, env={"KILLS": str(200 * factor)})
    assert done.rc == 0, done
    counts = [int(line) for line in done.stdout.split()]
    assert len(counts) == 200 * factor
    assert sum(0 < n < 60 for n in counts) > 10, "hardly a kill came in the middle of a run"
