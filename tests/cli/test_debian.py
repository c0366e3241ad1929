# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian package: what it holds, and what its maintainer scripts do and refuse."""

import subprocess

import pytest


@pytest.fixture
def script(root_dir, tmp_path):
    """script("prerm", "remove") runs a maintainer script on a host that lies in tmp_path."""
    (tmp_path / "bin").mkdir()
    for path in ("run/assay", "var/lib/assay/boot", "etc/assay/keys", "etc/assay/certs"):
        (tmp_path / path).mkdir(parents=True)
    update = tmp_path / "bin/update-initramfs"
    update.write_text(f"#!/bin/sh\necho \"$@\" >>'{tmp_path}/updates'\n")
    update.chmod(0o755)

    def run_script(name, *words):
        text = (root_dir / f"debian/assay.{name}").read_text()
        for path in ("/var/lib/assay", "/etc/assay", "/run/assay"):
            text = text.replace(path, f"{tmp_path}{path}")
        return subprocess.run(["sh", "-c", text, f"assay.{name}", *words], capture_output=True,
                              text=True, check=False, env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"})

    return run_script


def test_installing_changes_nothing(script, tmp_path):
    """Without a boot bundle no initramfs is built, and removal is let go on."""
    assert script("postinst", "configure", "").returncode == 0
    assert script("prerm", "remove").returncode == 0
    assert not (tmp_path / "updates").exists()


def test_an_upgrade_reaches_the_initramfs(script, tmp_path):
    """Where the next boot starts enforcement, it does so with the new assay-boot."""
    (tmp_path / "var/lib/assay/boot/record").write_text("assay-record 1\n")
    assert script("prerm", "upgrade", "0.2").returncode == 0
    assert script("postinst", "configure", "0.1").returncode == 0
    assert (tmp_path / "updates").read_text() == "-u -k all\n"


def test_removal_while_enforcement_is_set_is_refused(script, tmp_path):
    """One line says what to do first; nothing is removed."""
    (tmp_path / "var/lib/assay/boot/record").write_text("assay-record 1\n")
    done = script("prerm", "remove")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "run 'assay disable'" in done.stderr


def test_removal_behind_a_disable_that_was_cut_off_is_refused(script, tmp_path):
    """The bundle that it left means that the initramfs may still enforce."""
    (tmp_path / "var/lib/assay/boot.old").mkdir()
    done = script("prerm", "remove")
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done
    assert "run 'assay disable'" in done.stderr


@pytest.mark.parametrize("state, refused", [("enforce", True), ("log", True), ("off", False)])
def test_removal_while_it_is_in_force_takes_a_disable_in_this_boot(script, tmp_path, state, refused):
    """Without its mark nobody knows that the next boot will not enforce; with it there is a way."""
    (tmp_path / "run/assay/boot").write_text(f"version 1\nstate {state}\n")
    done = script("prerm", "remove")
    assert done.returncode == (1 if refused else 0), done
    assert ("run 'assay disable'" in done.stderr) == refused
    (tmp_path / "run/assay/disabled").touch()
    assert script("prerm", "remove").returncode == 0


def test_removal_takes_run_init_out_of_the_initramfs(script, tmp_path):
    """Every image is made anew without the hook; an upgrade leaves that to the new version."""
    assert script("postrm", "upgrade", "0.2").returncode == 0
    assert not (tmp_path / "updates").exists()
    assert script("postrm", "remove").returncode == 0
    assert (tmp_path / "updates").read_text() == "-u -k all\n"
    (tmp_path / "bin/update-initramfs").unlink()
    assert script("postrm", "remove").returncode == 0


def test_purging_keeps_keys(script, tmp_path):
    """The setting goes, what was derived from it too; a private key is the operator's."""
    key = tmp_path / "etc/assay/keys/signing.key"
    key.write_text("secret")
    (tmp_path / "etc/assay/assay.conf").write_text("")
    assert script("postrm", "purge").returncode == 0
    assert key.exists() and not (tmp_path / "etc/assay/assay.conf").exists()
    assert not (tmp_path / "var/lib/assay").exists() and not (tmp_path / "etc/assay/certs").exists()
    key.unlink()
    assert script("postrm", "purge").returncode == 0
    assert not (tmp_path / "etc/assay").exists()


def test_version_is_one(root_dir, run):
    """VERSION, the changelog of the package, and what every program says."""
    version = (root_dir / "VERSION").read_text().strip()
    head = (root_dir / "debian/changelog").read_text().splitlines()[0]
    assert head.startswith(f"assay ({version}) ")
    for program in ("assay", "assay-sign", "assay-policy", "assay-pkg", "assay-boot"):
        assert run(program, "--version").out == f"{program} {version}\n"


def test_install_rpm_has_rpm_find_the_plugin(root_dir, tmp_path):
    """By a macro that names where it is."""
    subprocess.run(["make", "-s", "-C", root_dir, "install-rpm", f"DESTDIR={tmp_path}", "PREFIX=/opt/a",
                    "SAN=", "COV="], check=True, stdout=subprocess.DEVNULL)
    macros = tmp_path / "opt/a/lib/rpm/macros.d/macros.transaction_assay"
    told = subprocess.run(["rpm", "--macros", f"/usr/lib/rpm/macros:{macros}", "--eval", "%{__transaction_assay}"],
                          check=True, capture_output=True, text=True).stdout.strip()
    assert told == "/opt/a/lib/assay/rpm/assay.so" and (tmp_path / told.lstrip("/")).is_file()
    assert (tmp_path / "opt/a/share/man/man8/assay-rpm.8").is_file()


def test_install_pacman_has_libalpm_find_the_hooks(root_dir, tmp_path):
    """Where it always looks, the first and the last of all; they call what is installed."""
    subprocess.run(["make", "-s", "-C", root_dir, "install-pacman", f"DESTDIR={tmp_path}", "PREFIX=/opt/a",
                    "SAN=", "COV="], check=True, stdout=subprocess.DEVNULL)
    hooks = sorted((tmp_path / "opt/a/share/libalpm/hooks").iterdir())
    assert [h.name for h in hooks] == ["00-assay-begin.hook", "zz-assay-end.hook"]
    texts = [h.read_text().splitlines() for h in hooks]
    for text, verb, when in zip(texts, ("before", "after"), ("PreTransaction", "PostTransaction")):
        assert f"Exec = /opt/a/lib/assay/assay-dpkg {verb} pacman" in text and f"When = {when}" in text
    assert {"AbortOnFail", "NeedsTargets"} <= set(texts[0])
    assert (tmp_path / "opt/a/share/man/man8/assay-pacman.8").is_file()


def test_install_lays_everything_out(root_dir, tmp_path):
    """make install honours DESTDIR and PREFIX, and nobody else reads the keys' directory."""
    subprocess.run(["make", "-s", "-C", root_dir, "install", f"DESTDIR={tmp_path}", "PREFIX=/opt/a",
                    "SAN=", "COV="], check=True, stdout=subprocess.DEVNULL)
    found = {str(p.relative_to(tmp_path)): p.stat().st_mode & 0o777
             for p in tmp_path.rglob("*")}
    assert found["opt/a/bin/assay"] == 0o755 and found["etc/assay/keys"] == 0o700
    for name in ("sign", "policy", "boot"):
        assert found[f"opt/a/lib/assay/assay-{name}"] == 0o755
        assert found[f"opt/a/share/man/man8/assay-{name}.8"] == 0o644
    assert found["opt/a/lib/assay/assay-dpkg"] == 0o755
    assert found["etc/dpkg/dpkg.cfg.d/assay"] == 0o644
    assert "-x /opt/a/lib/assay/assay-dpkg ]" in (tmp_path / "etc/dpkg/dpkg.cfg.d/assay").read_text()
    assert found["opt/a/share/initramfs-tools/hooks/assay"] == 0o755
    assert found["opt/a/share/initramfs-tools/assay-guard"] == 0o644
