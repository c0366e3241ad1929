# SPDX-License-Identifier: GPL-2.0-or-later
"""What dpkg asks before and after it installs: refused where it would break, else no hindrance."""

import os
import pathlib
import subprocess

import pytest

from frame.dpkg_root import DpkgRoot

ENFORCING = "state enforce\nrecord sha256:00\n"
RECORD = "assay-record 1\nmode enforce\n"


class Host:
    """dpkg with the hooks of debian/dpkg, on a host that lies below a directory."""

    def __init__(self, source, top):
        self.top = top
        self.script = top / "usr/lib/assay/assay-dpkg"
        self.write("usr/lib/assay/assay-dpkg", self.below((source / "assay-dpkg").read_text()))
        self.script.chmod(0o755)
        self.transaction(0, 1)
        lines = self.below((source / "dpkg.cfg").read_text()).splitlines()
        # dpkg is given a root of its own here, of which the hooks must not know.
        self.hooks = ["--" + line.replace("=", "=unset DPKG_ROOT; ", 1)
                      for line in lines if not line.startswith("#")]
        self.root = DpkgRoot(top / "root")
        self.deb = self.build()

    def below(self, text):
        """The text with this host's paths."""
        for path in ("/run/assay", "/var/lib/assay", "/usr/lib/assay"):
            text = text.replace(path, f"{self.top}{path}")
        return text

    def write(self, path, text):
        """A file of the host."""
        (self.top / path).parent.mkdir(parents=True, exist_ok=True)
        (self.top / path).write_text(text)

    def transaction(self, begin, end):
        """A transaction that ends so, and notes how it was called."""
        path = "usr/lib/assay/assay-transaction"
        self.write(path, f"""#!/bin/sh
echo "$*" >>{self.top}/calls
case $1 in begin) exit {begin} ;; end) exit {end} ;; esac
""")
        (self.top / path).chmod(0o755)

    def calls(self):
        """How it was called."""
        path = self.top / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def build(self):
        """A package with nothing in it."""
        control = self.top / "tree/DEBIAN/control"
        control.parent.mkdir(parents=True)
        control.write_text("Package: empty\nVersion: 1\nArchitecture: all\n"
                           "Maintainer: Nobody <nobody@example.com>\nDescription: test\n")
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", control.parent.parent,
                        self.top / "empty.deb"], check=True, capture_output=True)
        return self.top / "empty.deb"

    def dpkg(self, *words, hooks=None, **env):
        """Runs dpkg with the hooks: its status and what was said on stderr."""
        done = subprocess.run(["dpkg", f"--root={self.root.path}", "--force-not-root",
                               *(self.hooks if hooks is None else hooks), *words],
                              capture_output=True, text=True, check=False, env=os.environ | env)
        return done.returncode, done.stderr

    def is_installed(self):
        """Whether dpkg knows the package as unpacked or installed."""
        return "Package: empty" in (self.root / "var/lib/dpkg/status").read_text()


@pytest.fixture
def host(root_dir, tmp_path):
    """See Host."""
    return Host(pathlib.Path(root_dir) / "debian/dpkg", tmp_path)


def said(err):
    """Assay's own lines."""
    return [line for line in err.splitlines() if line.startswith("assay: ")]


@pytest.mark.parametrize("action", ["--install", "--unpack"])
@pytest.mark.parametrize("code, say", [(1, "nothing was unpacked"), (2, "could not be signed"), (126, "could not be signed")])
def test_an_enforcing_host_refuses(host, action, code, say):
    """What nobody vouches for is not unpacked, nor is anything where it can't be signed; a line says what to do."""
    host.write("run/assay/boot", ENFORCING)
    host.transaction(code, 1)
    done, err = host.dpkg(action, host.deb)
    assert done == 2 and len(said(err)) == 1 and say in said(err)[0], err
    assert not host.is_installed() and host.calls() == ["begin --enforcing"]


@pytest.mark.parametrize("end, lines", [(0, 0), (1, 0), (2, 1)])
def test_configuring_reminds_only_of_trouble(host, end, lines):
    """Where nothing was to be signed, nothing is said."""
    assert host.dpkg("--unpack", host.deb, hooks=[])[0] == 0
    host.write("run/assay/boot", ENFORCING)
    host.write("var/lib/assay/boot/record", RECORD)
    host.transaction(0, end)
    code, err = host.dpkg("--configure", "--pending")
    assert code == 0 and len(said(err)) == lines, err


@pytest.mark.parametrize("code, rc", [(0, 0), (1, 2), (2, 0)])
def test_the_record_in_force_has_the_last_word(host, code, rc):
    """Whatever /run/assay/boot says: where the transaction refuses, dpkg does not go on."""
    host.write("run/assay/boot", "state log\n")
    host.write("run/assay/record", RECORD)
    host.transaction(code, 1)
    assert host.dpkg("--install", host.deb)[0] == rc and host.is_installed() == (rc == 0)
    assert host.calls()[0] == "begin"


def test_a_transaction_around_dpkg(host):
    """It begins before dpkg unpacks and ends after; what it signed needs no reminder."""
    host.write("run/assay/boot", ENFORCING)
    host.write("var/lib/assay/boot/record", RECORD)
    host.transaction(0, 0)
    assert host.dpkg("--install", host.deb) == (0, "") and host.is_installed()
    assert host.calls() == ["begin --enforcing", "end"]


def test_who_signs_by_hand_may_install(host):
    """ASSAY_UNSIGNED=accept installs, and the reminder is given; other values do not."""
    host.write("run/assay/boot", ENFORCING)
    host.write("var/lib/assay/boot/record", RECORD)
    host.transaction(1, 1)
    assert host.dpkg("--install", host.deb, ASSAY_UNSIGNED="yes")[0] == 2
    code, err = host.dpkg("--install", host.deb, ASSAY_UNSIGNED="accept")
    assert code == 0 and host.is_installed()
    assert said(err) == ["assay: sign what was installed before the reboot: assay sign --installed"]


def test_removing_and_configuring_is_let_go_on(host):
    """Only what brings files is refused."""
    assert host.dpkg("--unpack", host.deb, hooks=[])[0] == 0
    host.write("run/assay/boot", ENFORCING)
    assert host.dpkg("--configure", "--pending") == (0, "")
    assert host.dpkg("--purge", "empty") == (0, "")


@pytest.mark.parametrize("boot, record, lines", [
    (None, None, 0), ("state log\nrecord sha256:00\n", None, 0), ("", "", 0),
    ("state log\n", "assay-record 1\nmode log\n", 0), (None, RECORD, 1),
    ("note state enforce\n", None, 0)])
def test_other_hosts_are_not_hindered(host, boot, record, lines):
    """No /run, log mode, nothing enabled, or enabled for the next boot only: a reminder at most."""
    if boot is not None:
        host.write("run/assay/boot", boot)
    if record is not None:
        host.write("var/lib/assay/boot/record", record)
    code, err = host.dpkg("--install", host.deb)
    assert code == 0 and len(said(err)) == lines and host.is_installed(), err


def test_without_the_package_the_conffile_does_nothing(host):
    """A removed package leaves its conffile behind: not a word."""
    host.write("run/assay/boot", ENFORCING)
    host.script.unlink()
    assert host.dpkg("--install", host.deb) == (0, "")


def test_another_root_is_not_this_host(host):
    """An image that is built on an enforcing host: dpkg --root is let go on."""
    host.write("run/assay/boot", ENFORCING)
    plain = [hook.replace("unset DPKG_ROOT; ", "") for hook in host.hooks]
    assert host.dpkg("--install", host.deb, hooks=plain) == (0, "")


def test_the_script_alone(host):
    """Called without dpkg, with or without a word, it is silent and succeeds."""
    host.write("run/assay/boot", ENFORCING)
    host.transaction(1, 1)
    for words in ([], ["before"], ["after"], ["nonsense"]):
        done = subprocess.run([host.script, *words], capture_output=True, check=False,
                              env={"PATH": "/usr/bin:/bin"})
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), words
