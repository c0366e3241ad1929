# SPDX-License-Identifier: GPL-2.0-or-later
"""What assay status tells of the lock, and enable and level of the next boot's."""

import os

import pytest

from frame.operator import fake_boot

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


@pytest.mark.parametrize("word, say", [
    ("opened seal\nvolume 6d7f2a0e-55a3-4e7a-9c1f-0a55a7ab1e01 root\n", None),
    ("opened recovery\nwhy PCR 9 differs\n", "this boot was opened by the recovery key: PCR 9 differs"),
    ("opened recovery\n", "this boot was opened by the recovery key: "),
    (None, "the lock was not opened at this boot")])
def test_status_tells_how_the_lock_was_opened(assay, signed, word, say):
    """Advice, with what makes it last; nothing where the TPM did it."""
    assay("enable")
    fake_boot(signed, "enforce")
    assert "no lock is set" in assay("status").out
    (signed / "var/lib/assay/lock").mkdir()
    (signed / "var/lib/assay/lock/blob").touch()
    if word:
        (signed / "run/assay/lock").write_text(word)
    done = assay("status")
    assert done.rc == 0 and "no lock is set" not in done.out, done
    if say:
        assert say in done.out and "mend: " in done.out, done
    else:
        assert "the lock" not in done.out and "recovery" not in done.out, done


def test_check_tells_that_a_locked_host_can_suspend(assay, signed):
    """Advice, with what to do about it; not without a lock, and not where systemd's target is masked."""
    (signed / "sys/power").mkdir(parents=True)
    (signed / "sys/power/state").write_text("freeze mem disk\n")
    assert "suspend" not in assay("check").out
    (signed / "var/lib/assay/lock").mkdir(parents=True)
    (signed / "var/lib/assay/lock/blob").touch()
    done = assay("check")
    assert "can suspend to RAM" in done.out and "systemctl mask sleep.target" in done.out, done
    (signed / "etc/systemd/system").mkdir(parents=True, exist_ok=True)
    (signed / "etc/systemd/system/sleep.target").symlink_to("/dev/null")
    assert "suspend" not in assay("check").out


def test_a_boot_that_nobody_approved_yet(assay, signed):
    """Below a root no initramfs is made, so that nothing can be approved by it."""
    config = signed / "etc/assay/assay.conf"
    (signed / "var/lib/assay/lock").mkdir(parents=True)
    (signed / "var/lib/assay/lock/blob").touch()
    done = assay("enable")
    assert done.rc == 0 and "advice  the lock opens in that boot only if it is approved first" in done.out, done
    config.write_text(config.read_text() + "\n[levels]\nlocal = /etc/assay/certs/signing.der\n")
    done = assay("level", "set", "local")
    assert done.rc == 0 and "only if it is approved first" in done.out, done
