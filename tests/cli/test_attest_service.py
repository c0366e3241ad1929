# SPDX-License-Identifier: GPL-2.0-or-later
"""assay-attest and assay-verifier with each other: a software TPM, the real programs, no machine."""

import hashlib
import json
import pathlib
import shutil

import pytest

from frame import mlist
from frame.attested import AttestedHost
from frame.host_tpm import HostTpm
from frame.measured import Measured
from frame.verifier import Verifier


@pytest.fixture(scope="session")
def pair(make_keys):
    """(key, certificate, another key)."""
    key, cert = make_keys("rsa2048", "attested")
    return pathlib.Path(key), pathlib.Path(cert), make_keys("rsa2048", "not-attested")[0]


@pytest.fixture
def service(tmp_path, build_dir, pair):
    """The service, which knows no EK's CA yet."""
    made = Verifier(tmp_path / "v", build_dir, pair, rounds="interval = 5").start()
    made.url = f"https://localhost:{made.port}"
    yield made
    made.stop()


def make_host(run, tpm, folder, pair):
    """A host that has just booted."""
    folder.mkdir()
    host = AttestedHost(run, tpm, folder, b"")
    host.boot = Measured(tpm, folder / "boot", pair[0], pair[1])
    host.list, host.more = host.boot.list, host.boot.files
    return host


def know_maker(service, tpm):
    """The CA of this TPM's maker is one that counts."""
    for path in tpm.ca.glob("*cert.pem"):
        shutil.copy(path, service.top / "ek" / path.name)
    service.reload()


@pytest.fixture
def certified(run, certified_tpm, tmp_path, pair, service):
    """A host whose TPM has a certificate that the service takes."""
    know_maker(service, certified_tpm)
    host = make_host(run, certified_tpm, tmp_path / "h", pair)
    done = host.enrol(service)
    assert done.rc == 0, done
    return host


def says(done, code, *parts):
    """Exit status, and what it prints."""
    assert done.rc == code and all(part in done.out + done.err for part in parts), done


def test_a_host_passes_and_goes_on_passing(certified):
    """With news and without."""
    says(certified.run("report"), 0, "pass\n")
    first = json.loads(certified.run("report", "--json").out)
    certified.boot.run(b"/usr/bin/one")
    second = json.loads(certified.run("report", "--json").out)
    assert first["state"] == second["state"] == "pass"
    assert first["list_offset"] < second["list_offset"] == certified.list.stat().st_size


def test_an_unsigned_program_fails_for_good(certified):
    """Until an administrator says otherwise."""
    says(certified.run("report"), 0, "pass\n")
    certified.boot.run(b"/tmp/evil", signed=False)
    says(certified.run("report"), 1, "fail: ", "/tmp/evil")
    certified.boot.run(b"/usr/bin/good")
    says(certified.run("report"), 1, "fail: ")


def test_what_is_only_in_the_list_is_no_evidence(certified):
    """Nor is what is only in the TPM."""
    certified.boot.add(mlist.measured(b"/usr/bin/x", hashlib.sha256(b"x").digest(), b""), measure=False)
    says(certified.run("report"), 0, "pass\n")
    certified.boot.extend(10, b"nothing of the list")
    says(certified.run("report"), 1, "fail: ")


def test_a_reboot_begins_anew(certified):
    """The list too; a boot that enforces nothing fails."""
    says(certified.run("report"), 0, "pass\n")
    certified.tpm.stop()
    certified.tpm.start()
    certified.boot.boot()
    says(certified.run("report"), 0, "pass\n")
    certified.tpm.stop()
    certified.tpm.start()
    says(certified.run("report"), 1, "fail: ")


def test_without_a_certificate_an_administrator_must_say_so(run, host_tpm, tmp_path, pair, service):
    """And every host is told in his words."""
    host = make_host(run, host_tpm, tmp_path / "h", pair)
    says(host.enrol(service), 2, "EK certificate: none was sent")
    ident = json.loads(host.run("show", "--json").out)["host"]
    assert service.admin("POST", "/hosts", {"host": ident})[0] in (200, 201)
    says(host.enrol(service), 0, ident)
    says(host.run("report"), 0, "pass\n")


def test_a_certificate_of_an_unknown_maker(run, certified_tpm, tmp_path, pair, service):
    """Is none."""
    host = make_host(run, certified_tpm, tmp_path / "h", pair)
    says(host.enrol(service), 2, "HTTP 403", "EK certificate")
    assert not host.conf.exists()


def test_a_certificate_of_a_p384_key(run, certified_tpm, tmp_path, pair, service):
    """Is as good as one of an RSA key."""
    certified_tpm.tool("tpm2_nvundefine", "-Q", "-C", "p", "0x01c00002")
    know_maker(service, certified_tpm)
    host = make_host(run, certified_tpm, tmp_path / "h", pair)
    says(host.enrol(service), 0, "enrolled as")
    says(host.run("report"), 0, "pass\n")


def test_another_host_with_its_configuration(certified, run, build_dir, tmp_path, pair):
    """Is not this host; and neither does it make this host fail."""
    with HostTpm(build_dir / "tcti.so") as tpm:
        other = make_host(run, tpm, tmp_path / "o", pair)
        other.conf = certified.conf
        says(other.run("report"), 2, "refused (HTTP 403)")
    says(certified.run("report"), 0, "pass\n")


def test_enrolled_again_it_is_the_same(certified, service):
    """A host that was installed anew: same TPM, same keys."""
    says(certified.run("report"), 0, "pass\n")
    certified.conf.unlink()
    certified.tpm.tool("tpm2_evictcontrol", "-Q", "-c", "0x81024153")
    says(certified.enrol(service), 0, "enrolled as")
    says(certified.run("report"), 0, "pass\n")
    assert len(service.admin("GET", "/hosts")[1]["hosts"]) == 1


def test_a_list_of_many_parts(certified):
    """More than a message holds, for a verifier that sees the host for the first time."""
    name = b"/usr/bin/" + b"x" * 4000
    before = certified.list.stat().st_size
    certified.boot.run(name)
    entry = certified.list.read_bytes()[before:]
    count = (9 << 20) // len(entry)
    for _ in range(count):
        certified.boot.extend(10, entry[32 + len("ima-sig"):])
    with open(certified.list, "ab") as to:
        to.write(entry * count)
    done = certified.run("report", "--json")
    says(done, 0, '"pass"')
    assert json.loads(done.out)["list_offset"] == certified.list.stat().st_size


def test_evidence_in_a_file(certified, service, run, tmp_path, pair):
    """Is judged as a round is."""
    out = tmp_path / "evidence"
    says(certified.run("collect", "-o", out, "--nonce", "5a" * 32), 0)
    words = ["appraise", "--trust", service.top / "trust", "--ek-ca", service.top / "ek", "--unmeasured"]
    says(run("assay-verifier", *words, "--nonce", "5a" * 32, out), 0, "pass")
    says(run("assay-verifier", *words, "--nonce", "5b" * 32, out), 1, "another nonce")
    certified.boot.run(b"/tmp/evil", signed=False)
    says(certified.run("collect", "-o", out, "--nonce", "5a" * 32), 0)
    says(run("assay-verifier", *words, "--nonce", "5a" * 32, out), 1, "/tmp/evil")
    data = bytearray(out.read_bytes())
    data[-1000] ^= 1
    out.write_bytes(data)
    assert run("assay-verifier", *words, "--nonce", "5a" * 32, out).rc in (1, 2)
