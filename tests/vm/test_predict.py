# SPDX-License-Identifier: GPL-2.0-or-later
"""PCRs predicted from one boot and the changed files are those that the TPM holds after the next one."""

import subprocess

import pytest

from vm.bootlog import ways
from vm.bootlog.machine import make_initrd
from vm.policy.kernels import kernel

pytestmark = pytest.mark.vm

LINE = "console=ttyS0 panic=-1 quiet loglevel=0"
MASK = 0xfbff     # 0-9, 11-15
PCRS = [n for n in range(16) if MASK >> n & 1]


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """A host before and after an update of kernel, initrd and command line."""
    work = tmp_path_factory.mktemp("states")
    before = ways.Host(kernel("6.1").image, make_initrd(work / "initrd-a", b"a"), LINE)
    after = ways.Host(kernel("6.12").image, make_initrd(work / "initrd-b", b"b"), LINE + ' "x=a b"', version="2",
                      older=["1"])
    return before, after


@pytest.fixture(name="predict")
def predict_fixture(build_dir, tmp_path):
    """predict(boot, bank, mask, [kind@name, was, now]...): the PCRs by number; was "-": not known."""
    def predict(boot, bank, mask, *changes):
        (tmp_path / "log").write_bytes(boot.log)
        words = []
        for kind, *files in changes:
            words.append(kind)
            for content in files:
                path = content
                if isinstance(content, (bytes, str)) and content != "-":
                    path = tmp_path / f"file{len(words)}"
                    path.write_bytes(content if isinstance(content, bytes) else content.encode())
                words.append(path)
        done = subprocess.run([build_dir / "interop/predict", tmp_path / "log", bank, hex(mask), *words],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return {int(n): value for n, value in map(str.split, done.stdout.splitlines())}

    return predict


def check(predict, before, after, *changes):
    """All banks, all PCRs; and that the update changed what it should."""
    for bank in ("sha1", "sha256", "sha384", "sha512"):
        held = {n: after.pcrs[bank, n] for n in PCRS}
        assert predict(before, bank, MASK, *changes) == held, bank
        assert predict(before, bank, MASK) == {n: before.pcrs[bank, n] for n in PCRS}
        assert predict(before, bank, MASK) != held


def test_systemd_boot(states, predict):
    """Kernel, initrd and an entry's options."""
    before, after = states
    first, second = ways.boot_systemd_boot(before), ways.boot_systemd_boot(after)
    check(predict, first, second, ("image", before.kernel, after.kernel),
          ("initrd", before.initrd, after.initrd), ("cmdline", first.cmdline, second.cmdline))
    check(predict, first, second, ("image@/boot/vmlinuz", "-", after.kernel), ("initrd", "-", after.initrd),
          ("cmdline", first.cmdline, second.cmdline))


def test_unified_kernel_image(states, predict, tmp_path):
    """Under Secure Boot with the owner's own key."""
    before, after = states
    old, new = ways.uki(before, tmp_path / "old.efi"), ways.uki(after, tmp_path / "new.efi")
    check(predict, ways.boot_uki(old, "own"), ways.boot_uki(new, "own"), ("uki", old, new))


def test_shim_and_grub(states, predict, tmp_path):
    """Debian's own, under Secure Boot with Microsoft's keys; a menu with one entry more."""
    before, after = states
    packages = ways.grub_packages(tmp_path)
    first, second = ways.boot_grub(before, packages), ways.boot_grub(after, packages)
    check(predict, first, second, ("image", before.kernel, after.kernel),
          ("initrd", before.initrd, after.initrd),
          ("grub-cfg", ways.grub_cfg(before), ways.grub_cfg(after)))
    check(predict, first, second, ("image@/boot/vmlinuz-1", "-", after.kernel),
          ("initrd@/boot/initrd.img-1", "-", after.initrd),
          ("grub-cfg", ways.grub_cfg(before), ways.grub_cfg(after)))


def test_grub_without_secure_boot_hands_no_log_on(states, tmp_path):
    """What docs say of it, and the reason why the lock asks for Secure Boot there."""
    assert ways.boot_grub(states[0], ways.grub_packages(tmp_path), "off").log == b""
