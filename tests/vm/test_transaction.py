# SPDX-License-Identifier: GPL-2.0-or-later
"""dpkg and apt on a host that enforces: packages that carry signatures install and run, others are refused
before anything is unpacked."""

import os

import pytest

from frame.deb import build_deb
from vm.lab.prepare import Setup
from vm.packages import PLACE, Signer, download, give_lists, put

pytestmark = [pytest.mark.vm,
              pytest.mark.parametrize("setup", [Setup("6.12", "verity", "portable"),
                                                Setup("6.1", "signature", "portable")],
                                      ids=str, indirect=True)]

LONG = bool(os.environ.get("ASSAY_LONG"))

TOOL = b"#!/bin/sh\necho tool runs\n"
POSTINST = "#!/bin/sh\nset -e\n/usr/bin/tool\n/usr/sbin/copy-of-true\nldd /usr/sbin/copy-of-true >/dev/null\n"
SCRIPT = "#!/bin/sh\nset -e\n{}\n"


# What is met in the older kernel's profile, too; the others there with ASSAY_LONG.
EVERYWHERE = {"test_signed_packages_install_and_run", "test_others_are_refused"}


@pytest.fixture(autouse=True)
def everywhere(request, setup):
    """By default the older kernel has a part of it."""
    if setup.kernel == "6.1" and not LONG and request.function.__name__ not in EVERYWHERE:
        pytest.skip("with ASSAY_LONG")


@pytest.fixture
def host(enforcing_machine):
    """An enforcing machine with a place for packages."""
    enforcing_machine.sh(f"mkdir -m 755 {PLACE}")
    return enforcing_machine


@pytest.fixture
def sign(host, bin_dir, tmp_path):
    """Signs packages outside, by the key that the host trusts."""
    return Signer(host, bin_dir / "assay-pkg", tmp_path)


@pytest.fixture
def tool(host, tmp_path):
    """A package whose maintainer script runs what it brings."""
    files = {"/usr/bin/tool": (TOOL, 0o755), "/usr/sbin/copy-of-true": (host.get("/bin/true") + b"x", 0o755),
             "/usr/share/doc/tool/readme": (b"text\n", 0o644)}
    return build_deb(tmp_path / "tool", "tool", files, scripts={"preinst": "#!/bin/sh\n", "postinst": POSTINST,
                                                               "prerm": "#!/bin/sh\n", "postrm": "#!/bin/sh\n"})


def test_signed_packages_install_and_run(host, sign, tool, setup):
    """By dpkg and by apt, maintainer scripts included; removal, too; nothing is denied."""
    sign(tool)
    put(host, tool)
    host.sh(f"dpkg -i {PLACE}/tool.deb", 300)
    assert host.sh("tool") == "tool runs\n"
    assert host.sh("assay verify --package tool") == ""
    if setup.profile == "verity":
        host.sh("fsverity measure /usr/bin/tool")
    host.sh("dpkg --purge tool", 300)
    host.sh(f"apt-get install -y {PLACE}/tool.deb", 300)
    assert host.sh("tool") == "tool runs\n" and host.denials() == []
    host.sh(f"apt-get install -y --reinstall {PLACE}/tool.deb", 300)
    assert host.sh("tool") == "tool runs\n" and host.denials() == []
    assert host.run("ls /run/assay/transaction").stdout == ""


def test_signatures_beside_a_package(host, sign, tool):
    """The package as its archive has it, the signatures in a file of their own, by apt's links too."""
    sign(tool, words=["--detached"])
    put(host, tool, tool.with_name("tool.deb.assay"))
    host.sh(f"apt-get install -y {PLACE}/tool.deb", 300)
    assert host.sh("tool") == "tool runs\n" and host.denials() == []


def test_others_are_refused(host, sign, tool, tmp_path):
    """Unsigned, changed, signed by another key: one line for each, nothing unpacked, dpkg as it was."""
    files = {"/usr/bin/other": (TOOL, 0o755)}
    unsigned = build_deb(tmp_path / "unsigned", "unsigned", files)
    changed = build_deb(tmp_path / "changed", "changed", files)
    sign(changed)
    data = bytearray(changed.read_bytes())
    data[data.index(b"data.tar") + 100] ^= 1
    changed.write_bytes(data)
    sign(tool)
    put(host, unsigned, changed, tool)
    before = host.sh("dpkg-query -W; cat /var/lib/dpkg/status | sha256sum")
    for name in ("unsigned", "changed"):
        done = host.run(f"dpkg -i {PLACE}/{name}.deb {PLACE}/tool.deb", 300)
        ours = [line for line in done.stderr.splitlines() if line.startswith("assay: refused: ")]
        assert done.rc == 2 and len(ours) == 1 and f"{PLACE}/{name}.deb: " in ours[0], done
    assert host.sh("dpkg-query -W; cat /var/lib/dpkg/status | sha256sum") == before
    assert host.run("tool").rc == 127 and host.run("other").rc == 127


def test_a_crash_denies_and_the_next_run_mends(host, sign, tmp_path):
    """The process that watches is killed before anything is unpacked: what comes is denied, and dpkg's next run has
    it signed from what was kept."""
    deb = build_deb(tmp_path / "tool", "tool", {"/usr/bin/tool": (TOOL, 0o755)},
                    scripts={"preinst": SCRIPT.format("kill -9 $(pidof assay-transaction)"),
                             "postinst": SCRIPT.format("tool")})
    sign(deb)
    put(host, deb)
    assert host.run(f"dpkg -i {PLACE}/tool.deb", 300).rc != 0
    assert host.run("tool").rc == 126
    host.sh("dpkg --configure --pending", 300)
    assert host.sh("tool") == "tool runs\n" and host.sh("assay verify --package tool") == ""


CHANGES = {"chmod 4755 /usr/bin/tool": "4755 root:root", "chown user:user /usr/bin/tool": "755 user:user",
           "setcap cap_net_raw+ep /usr/bin/tool": "755 root:root"}


@pytest.mark.parametrize("change", CHANGES)
def test_scripts_change_their_files(host, sign, tmp_path, setup, change):
    """Owner, mode and capabilities that a maintainer script sets are signed when it has set them, in apt's two runs."""
    if setup.profile == "signature" and "chown" in change:
        pytest.skip("in the signature profile no user's files run")
    deb = build_deb(tmp_path / "tool", "tool", {"/usr/bin/tool": (host.get("/bin/true") + b"x", 0o755)},
                    scripts={"postinst": SCRIPT.format(f"{change}\n/usr/bin/tool")})
    sign(deb)
    put(host, deb)
    host.sh(f"apt-get install -y {PLACE}/tool.deb", 300)
    assert host.sh("stat -c '%a %U:%G' /usr/bin/tool").strip() == CHANGES[change]
    host.sh("tool")
    assert host.sh("assay verify --package tool") == "" and host.denials() == []


CORE = "libc6 libc-bin dpkg systemd bash coreutils dash perl-base passwd cron openssh-server".split()
if LONG:
    CORE += "apt tar sed grep gzip findutils util-linux login libssl3 libpam-modules debianutils kmod udev hello".split()


def test_debians_packages_in_one_run(host, tmp_path):
    """libc, dpkg, systemd and the like, from Debian's archive, which vouches for them; without its lists they are
    refused.  Nothing is denied, then and after a reboot; owners, modes and capabilities are signed as they are."""
    debs = download(CORE, tmp_path)
    put(host, *debs)
    done = host.run(f"dpkg -i {PLACE}/*.deb", 300)
    assert done.rc == 2 and done.stderr.count("no archive whose key is trusted vouches for it") == len(debs), done
    give_lists(host)
    host.sh(f"dpkg -i {PLACE}/*.deb", 1200)
    assert host.denials() == []
    # Conffiles that were changed since, and what a script of root's own made, are not the packages'.
    done = host.run("assay verify --installed", timeout=600)
    assert done.rc == 0, done
    assert host.run("runuser -l user -c 'crontab -l'").stderr.startswith("no crontab for user")
    host.reboot()
    assert host.failed_units() == [] and host.denials() == []
    assert host.run("assay status").rc == 0


def test_a_user_does_not_hold_it_up(host, sign, tool):
    """Endless files of a user's, written and executed while dpkg runs, are not read."""
    host.put("/tmp/endless", b"#!/bin/sh\n", mode=0o755)
    host.sh("truncate -s 7T /tmp/endless && chown user /tmp/endless")
    host.sh("systemd-run --uid=user sh -c 'while :; do : >>/tmp/endless; /tmp/endless; done'")
    sign(tool)
    put(host, tool)
    host.sh(f"dpkg -i {PLACE}/tool.deb", 240)
    assert host.sh("tool") == "tool runs\n"


# A user's files under leases, executed: opening one waits for the lease to be broken, or denies.
LEASES = """import fcntl, os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for n in range(20):
    fd = os.open(f"/tmp/leased{n}", os.O_RDWR | os.O_CREAT, 0o755)
    os.write(fd, b"#!/bin/sh\\n")
    os.close(fd)
    fd = os.open(f"/tmp/leased{n}", os.O_RDONLY)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK if n % 2 else fcntl.F_WRLCK)
    if os.fork() == 0:
        os.execv(f"/tmp/leased{n}", ["x"])
while True:
    for name in os.listdir("/usr/sbin") + ["/var/lib/dpkg/tmp.ci/postinst"]:
        if name.endswith((".dpkg-new", "postinst")) and os.fork() == 0:
            try:
                os.execv(os.path.join("/usr/sbin", name), ["x"])
            finally:
                os._exit(0)
"""


def test_a_user_does_not_spoil_it(host, sign, tool):
    """Leases, and executions of what dpkg is not through with, hold up nothing and let nothing fail."""
    host.put("/tmp/leases", LEASES)
    host.sh("systemd-run --uid=user python3 /tmp/leases && sleep 2")
    sign(tool)
    put(host, tool)
    host.sh(f"dpkg -i {PLACE}/tool.deb", 240)
    assert host.sh("tool", timeout=60) == "tool runs\n"


# A user's files, written and closed as fast as that goes.
FLOOD = """import os
top = f"/dev/shm/flood{os.getpid()}"
os.mkdir(top)
names = [f"{top}/{n}" for n in range(5000)]
while True:
    for name in names:
        os.close(os.open(name, os.O_WRONLY | os.O_CREAT))
"""


@pytest.mark.skipif(not LONG, reason="with ASSAY_LONG")
def test_a_user_does_not_flood_it(host, sign, tool):
    """No execution waits for what a user closes."""
    host.put("/tmp/flood", FLOOD)
    for _ in range(3):
        host.sh("systemd-run --uid=user python3 /tmp/flood")
    sign(tool)
    put(host, tool)
    host.sh(f"dpkg -i {PLACE}/tool.deb", 300)
    assert host.sh("tool", timeout=60) == "tool runs\n"
    assert host.sh("assay verify --package tool", timeout=120) == ""


def test_packages_that_do_not_serve_this_host(host, sign, tool, tmp_path, setup):
    """Signed for the other profile, without EVM where no key is here, or of a format that nobody signs: refused."""
    other = "signature" if setup.profile == "verity" else "verity"
    sign(tool, words=["--profile", other])
    bare = build_deb(tmp_path / "bare", "bare", {"/usr/bin/bare": (TOOL, 0o755)})
    sign(bare, words=["--no-evm"])
    old = build_deb(tmp_path / "old", "old", {"/usr/bin/old": (TOOL, 0o755)}, options=["--deb-format=0.939000"])
    put(host, tool, bare, old)
    host.sh("mv /etc/assay/keys/signing.key /root/")
    for name, say in (("tool", "for hosts of the other profile"), ("bare", "no portable EVM signature"), ("old", "")):
        done = host.run(f"dpkg -i {PLACE}/{name}.deb", 300)
        assert done.rc == 2 and f"{name}.deb: " in done.stderr and say in done.stderr, done
    done = host.run(f"dpkg -iR {PLACE}", 300)
    assert done.rc == 2 and done.stderr.count("assay: refused: ") == 3, done
    done = host.run("dpkg --configure -a", 300)
    assert (done.rc, done.stderr) == (0, ""), done


def test_a_stat_override(host, sign, tool, setup):
    """The administrator's owner and mode, which dpkg sets, are signed as they are."""
    if setup.profile == "signature":
        pytest.skip("in the signature profile no user's files run")
    sign(tool)
    put(host, tool)
    host.sh("dpkg-statoverride --add user user 0711 /usr/sbin/copy-of-true")
    host.sh(f"dpkg -i {PLACE}/tool.deb", 300)
    host.sh("/usr/sbin/copy-of-true")
    assert host.sh("assay verify --package tool") == "" and host.denials() == []


# What is there before the transaction comes to it: copies without attributes.  After that nothing runs any more.
UNSIGN = """import os, shutil, sys
for path in sys.argv[1:]:
    path = os.path.realpath(path)
    shutil.copyfile(path, path + ".new")
    shutil.copymode(path, path + ".new")
    os.rename(path + ".new", path)
os.sync()
"""


def test_what_a_power_cut_left_is_mended_at_boot(host, sign, tmp_path, setup):
    """bash and libc unpacked and renamed, not signed, when the power goes: the next boot enforces, and runs them."""
    debs = download(["bash", "libc6", "coreutils"], tmp_path)
    sign(*debs)
    put(host, *debs)
    host.sh(f"dpkg --unpack {PLACE}/*.deb", 600)
    host.sh(["python3", "-c", UNSIGN, "/usr/bin/bash", "/usr/bin/ls", "/lib/x86_64-linux-gnu/libc.so.6"])
    host.kill()
    host.start()
    assert host.sh("grep ^mended /run/assay/boot") == "mended 3 files\n"
    host.sh("dpkg --configure --pending", 600)
    assert host.denials() == [] and host.sh("assay verify --package bash --package libc6") == ""
    if setup.profile == "verity":
        host.sh("fsverity measure /lib/x86_64-linux-gnu/libc.so.6")
