# SPDX-License-Identifier: GPL-2.0-or-later
"""assay check and enable on the init that the next boot will execute."""

import os

import pytest

from frame.operator import CONFIG, findings

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


def no_init(root):
    """Nothing is there."""
    (root / "usr/sbin/init").unlink()


def dangling(root):
    """A link to nothing."""
    (root / "usr/sbin/init").unlink()
    (root / "usr/sbin/init").symlink_to("/lib/systemd/none")


def no_program(root):
    """A file that nobody may execute."""
    (root / "usr/sbin/init").chmod(0o644)


@pytest.mark.parametrize("damage", [no_init, dangling, no_program])
def test_an_init_that_is_none(assay, signed, damage):
    """Such a boot would stop: it is a reason, and enable refuses; in log mode it is told."""
    damage(signed)
    found = findings(assay("check", "--json"), "reason")["init.program"]
    assert "the boot executes /sbin/init, which is no executable file" in found
    done = assay("enable")
    assert done.rc == 1 and "/sbin/init" in done.out and not (signed / "var/lib/assay/boot").exists(), done
    assert "init.program" in findings(assay("enable", "--log", "--json"), "advice")


@pytest.mark.parametrize("words", ["/bin/nosuch", "/lib/systemd/systemd /usr/lib/systemd/systemd"])
def test_an_init_that_is_not_listed(assay, signed, words):
    """The boot executes /sbin/init, whatever assay.conf would rather have."""
    (signed / "etc/assay/assay.conf").write_text(CONFIG.replace("[boot]", f"[boot]\ninit = {words}"))
    assert "does not list as an init" in findings(assay("check", "--json"), "reason")["init.listed"]
    assert assay("enable").rc == 1


def test_an_init_of_the_command_line(assay, signed):
    """What the boot loader names is what is executed: it must be there."""
    line = signed / "etc/kernel/cmdline"
    line.parent.mkdir(parents=True)
    line.write_text("root=/dev/vda1 init=/lib/systemd/systemd quiet\n")
    assert "which is no executable file" in findings(assay("check", "--json"), "reason")["init.program"]
    (signed / "lib").symlink_to("usr/lib")
    assert "init.program" not in findings(assay("check", "--json"), "reason")
    line.write_text("root=/dev/vda1 init=/bin/bash\n")
    assert "init=/bin/bash" in findings(assay("check", "--json"), "reason")["cmdline"]
