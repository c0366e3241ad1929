# SPDX-License-Identifier: GPL-2.0-or-later
"""An initramfs is made anew on a host with a lock: approved at once, or said at once."""

import os

import pytest

from frame.lock import LockHost

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace takes root")

LOG = "/sys/kernel/security/tpm0/binary_bios_measurements"
STUB = "/sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
IMAGE = "/opt/initrd.img-1"


INITRAMFS, INSTALL, REMOVE = (f"/etc/{name}.d/zzz-assay-lock" for name in
                              ("initramfs/post-update", "kernel/postinst", "kernel/postrm"))
PLUGIN = "/etc/kernel/install.d/95-assay-lock.install"  # or in /usr/lib, which is lent here


def hooks(host, root_dir, bin_dir):
    """What update-initramfs and packages of kernels run."""
    text = (root_dir / "initramfs/update/assay-lock").read_text().replace("/usr/lib/assay", str(bin_dir))
    for name in (INITRAMFS, INSTALL, REMOVE, PLUGIN):
        (host.root / name[1:]).parent.mkdir(parents=True, exist_ok=True)
        host.write(name, text, 0o755)


@pytest.fixture
def update(plain_bin_dir, root_dir):
    """update(mode) -> (host, hook): a host that GRUB booted, and what update-initramfs runs at its end."""
    made = []

    def make(attended):
        host = LockHost(plain_bin_dir.parent)
        made.append(host)
        log = (root_dir / "tests/fuzz/corpus/boot_log/shim-grub-a").read_bytes()
        (host.root / LOG[1:]).parent.mkdir(parents=True)
        host.write(LOG, log)
        host.boot(log)
        host.authority(attended)
        words = ["--passphrase-file", "/opt/pass"] if attended else []
        assert host.set("--credential", "one=/opt/secret", *words).rc == 0
        host.write(IMAGE, (root_dir / "tests/unit/data/boot/initrd-b").read_bytes())
        hooks(host, root_dir, plain_bin_dir)
        return host, lambda version: host.inside.run(INITRAMFS, version, IMAGE, where="")

    yield make
    for host in made:
        host.close()


def test_the_host_approves_by_itself(update):
    """In the automatic mode; then all is as it will be booted."""
    host, hook = update(False)
    done = hook(os.uname().release)
    assert done.rc == 0 and done.out == f"approval 2: {os.uname().release}\n" and not done.err, done
    assert host.lock("test", "--change", f"initrd={IMAGE}").rc == 0
    assert "holds for that boot already" in hook(os.uname().release).out


def test_without_the_passphrase_it_is_said(update):
    """In the attended mode, without a terminal; the initramfs is made all the same."""
    host, hook = update(True)
    done = hook(os.uname().release)
    assert done.rc == 0 and f"assay: {IMAGE} is not approved: the next boot with it asks" in done.err, done
    assert len(host.get()["approvals"]) == 1
    assert host.lock("test", "--change", f"initrd={IMAGE}").rc == 1


def test_another_kernel_s_is_not_approved_and_that_is_said(update):
    """It is not what this boot's log is of."""
    host, hook = update(False)
    done = hook("0.1-other")
    assert done.rc == 0 and not done.out and "a boot of 0.1-other is not approved" in done.err, done
    (host.root / "var/lib/assay/lock/blob").unlink()
    done = hook(os.uname().release)
    assert done.rc == 0 and not done.out and not done.err, done


def test_the_image_around_it_is_the_operator_s(update):
    """Where systemd-stub was booted: nothing is approved, and what is to be done is said."""
    host, hook = update(False)
    (host.root / STUB[1:]).parent.mkdir(parents=True, exist_ok=True)
    host.write(STUB, b"stub")
    done = hook(os.uname().release)
    assert done.rc == 0 and not done.out and "'assay lock approve --change uki=WAS:NOW'" in done.err, done
    assert len(host.get()["approvals"]) == 1
