# SPDX-License-Identifier: GPL-2.0-or-later
"""What the command tests share: a key made once, small file systems."""

import subprocess

import pytest

from frame.attested import AttestedHost
from frame.deb import ELF
from frame.dpkg_root import DpkgRoot
from frame.host_tpm import HostTpm
from frame.measured import record_of, sha
from frame.mounts import Mounts
from frame.operator import CONFIG, KCONFIG, SCRIPT
from frame.played_verifier import Verifier


@pytest.fixture(scope="session")
def make_keys(tmp_path_factory, bin_dir):
    """make_keys("p256") -> (key, certificate), paths of new ones."""
    top = tmp_path_factory.mktemp("cli-keys")

    def make(kind, name=None):
        name = name or kind
        pair = (str(top / f"{name}.key"), str(top / f"{name}.der"))
        subprocess.run([bin_dir / "assay-sign", "keygen", "--type", kind, "--no-passphrase",
                        "--key", pair[0], "--cert", pair[1]], check=True)
        return pair

    return make


@pytest.fixture(scope="session")
def keys(make_keys):
    """(key, certificate) that most tests sign with."""
    return make_keys("p256", "signing")


@pytest.fixture(scope="session")
def other_keys(make_keys):
    """(key, certificate) of somebody else."""
    return make_keys("p256", "other")


@pytest.fixture
def mounts(tmp_path):
    """Mounts for one test: see frame/mounts.py."""
    made = Mounts(tmp_path)
    yield made
    made.close()


@pytest.fixture
def root(tmp_path):
    """A root with init, a kernel's configuration, initramfs-tools with the hook, one more package."""
    made = DpkgRoot(tmp_path / "root")
    made.install("init", {"/usr/lib/systemd/systemd": (ELF, 0o755), "/usr/sbin/init": (ELF, 0o755)})
    (made / "sbin").symlink_to("usr/sbin")
    made.install("tool", {"/usr/bin/tool": (SCRIPT, 0o755)})
    for path, text in {"boot/config-6.1.0-1-amd64": KCONFIG, "boot/vmlinuz-6.1.0-1-amd64": "",
                       "usr/sbin/update-initramfs": "",
                       "usr/share/initramfs-tools/hooks/assay": "",
                       "etc/assay/assay.conf": CONFIG}.items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(text)
    for directory in ("etc/assay/keys", "etc/assay/certs", "dev", "proc", "run", "sys"):
        (made / directory).mkdir(exist_ok=True)
    return made


@pytest.fixture
def keygen(run, root):
    """Makes the signing key where the root's configuration has it."""
    def make(**names):
        key = names.get("key", root / "etc/assay/keys/signing.key")
        cert = names.get("cert", root / "etc/assay/certs/signing.der")
        done = run("assay", "keygen", "--no-passphrase", "--key", key, "--cert", cert)
        assert done.rc == 0, done
        return key, cert
    return make


@pytest.fixture
def signed(run, root, keygen):
    """The root with a key, and everything signed."""
    key, cert = keygen()
    done = run("assay", "sign", "--installed", "--root", root.path, "--key", key, "--cert", cert,
               "--profile", "signature", "--no-evm")
    assert done.rc == 0, done
    return root


@pytest.fixture
def assay(run, root):
    """assay(command, option...) on the root."""
    return lambda command, *args: run("assay", command, "--root", root.path, *args)


@pytest.fixture
def host_tpm(build_dir):
    """A software TPM with fresh state, without a certificate."""
    with HostTpm(build_dir / "tcti.so") as tpm:
        yield tpm


@pytest.fixture
def certified_tpm(build_dir):
    """A software TPM with the certificate of its endorsement key."""
    with HostTpm(build_dir / "tcti.so", certified=True) as tpm:
        yield tpm


@pytest.fixture
def sample(root_dir):
    """A measurement list."""
    return (root_dir / "tests/fuzz/corpus/mlist/sig").read_bytes()


@pytest.fixture
def verifier(tmp_path):
    """One that believes what is right."""
    (tmp_path / "verifier").mkdir()
    with Verifier(tmp_path / "verifier") as played:
        yield played


@pytest.fixture
def host(run, host_tpm, tmp_path, sample):
    """Not enrolled yet."""
    return AttestedHost(run, host_tpm, tmp_path, sample)


@pytest.fixture
def enrolled(host, verifier):
    """A host that the verifier knows."""
    done = host.enrol(verifier)
    assert done.rc == 0, done
    return host


@pytest.fixture
def booted(enrolled, tmp_path):
    """A host with a boot log and a record, of whose two certificates one is there."""
    one, two = b"certificate one", b"certificate two"
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / sha(one)).write_bytes(one)
    (tmp_path / "record").write_bytes(record_of(one, two))
    (tmp_path / "record.sig").write_bytes(b"\x03\x02signature")
    (tmp_path / "log").write_bytes(b"boot log")
    (tmp_path / "cmdline").write_bytes(b"root=/dev/vda1 quiet\n")
    enrolled.more = ["--record", tmp_path / "record", "--boot-log", tmp_path / "log", "--certs", folder,
                     "--cmdline", tmp_path / "cmdline"]
    return enrolled
