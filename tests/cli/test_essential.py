# SPDX-License-Identifier: GPL-2.0-or-later
"""What `assay enable` refuses to go without: each kind of file that booting or logging in needs."""

import json
import os
import struct

import pytest

from frame.operator import SCRIPT

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="security.* attributes take root")


@pytest.fixture
def put(signed):
    """put(path, content=SCRIPT, mode=0o755) writes an unsigned file below the signed root."""
    def write(path, content=SCRIPT, mode=0o755):
        where = signed / path.lstrip("/")
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(content.encode() if isinstance(content, str) else content)
        where.chmod(mode)
        return path
    return write


@pytest.fixture
def needed(assay):
    """needed() -> the files that enable refuses to go without, as its answer lists them."""
    def ask():
        answer = json.loads(assay("enable", "--json").out)
        return {f["file"] for p in answer.get("packages") or [] for f in p["files"]} | {
            f["text"].split(": ")[0] for f in answer["findings"]
            if f["level"] == "reason" and f["id"] == "unowned"}
    return ask


def elf(*needs, bits=64, machine=62):
    """A shared object with DT_NEEDED entries; of 32 bits only the head."""
    ident = b"\x7fELF" + bytes([2 if bits == 64 else 1, 1, 1]) + bytes(9)
    if bits == 32:
        return ident + struct.pack("<HH", 3, machine) + bytes(44)
    strings = b"\0" + b"".join(n.encode() + b"\0" for n in needs)
    at, dynamic, where = 1, b"", 64 + 2 * 56
    for name in needs:
        dynamic += struct.pack("<QQ", 1, at)
        at += len(name) + 1
    size = len(dynamic) + 32
    dynamic += struct.pack("<QQQQ", 5, where + size, 0, 0)
    total = where + size + len(strings)
    head = ident + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, total, total, 4096)
    dyn = struct.pack("<IIQQQQQQ", 2, 4, where, where, where, size, size, 8)
    return head + load + dyn + dynamic + strings


def test_libraries_are_those_of_the_programs_own_architecture(put, needed):
    """With i386 beside amd64 the library that ld.so would take is needed, not the first of the name."""
    put("/usr/lib/i386-linux-gnu/libx.so.1", elf(bits=32, machine=3))
    put("/usr/lib/x86_64-linux-gnu/libx.so.1", elf())
    put("/usr/bin/login", elf("libx.so.1"))
    assert needed() == {"/usr/bin/login", "/usr/lib/x86_64-linux-gnu/libx.so.1"}


@pytest.mark.parametrize("path, line", [
    ("/etc/systemd/system/a.service", "  ExecStart=-@/opt/x y"),
    ("/etc/systemd/system/a.service", "ExecStart=\\\n  /opt/x"),
    ("/etc/systemd/system/a.service", "ExecStart=/bin/true ; /opt/x"),
    ("/etc/systemd/system/a.service", "ExecStart=/bin/true; x\nExecStop=/bin/sh -c '/opt/x && true'"),
    ("/etc/systemd/system/a.service", 'ExecStartPre=+/usr/bin/env A=b "/opt/x"'),
    ("/etc/systemd/system/a.swap", "ExecStart=/opt/x"),
    ("/usr/lib/systemd/system/a.mount", "ExecStart=/opt/x"),
    ("/run/systemd/generator.late/a.service", "ExecStart=/opt/x"),
    ("/etc/ssh/sshd_config", "AuthorizedKeysCommand /opt/x %u"),
    ("/etc/ssh/sshd_config", "authorizedprincipalscommand=/opt/x"),
    ("/etc/ssh/sshd_config", "Match User a\n\tForceCommand /bin/sh -c \"/opt/x\""),
    ("/etc/ssh/sshd_config.d/a.conf", "Subsystem\tsftp /opt/x -l"),
    ("/etc/pam.d/sshd", "auth [success=1 default=ignore] /opt/x debug"),
    ("/etc/pam.d/common-session", "session optional pam_exec.so quiet /opt/x"),
    ("/etc/pam.conf", "sshd auth required /opt/x"),
    ("/etc/network/interfaces", "iface eth0 inet dhcp\n\tpre-up /opt/x || true"),
    ("/etc/network/interfaces.d/eth0", "up ip link; /opt/x")])
def test_commands_of_configuration(put, needed, path, line):
    """Whatever way a program is written there, the host may not be enabled without it."""
    put("/opt/x")
    assert needed() == set()
    put(path, line + "\n", 0o644)
    assert needed() == {"/opt/x"}


@pytest.mark.parametrize("path", [
    "/etc/network/if-up.d/x", "/etc/NetworkManager/dispatcher.d/x", "/usr/sbin/dhclient-script",
    "/usr/lib/NetworkManager/nm-dhcp-helper", "/usr/bin/ip", "/usr/bin/passwd", "/etc/init.d/x",
    "/usr/lib/dbus-1.0/dbus-daemon-launch-helper"])
def test_programs_that_bring_an_operator_in(put, needed, path):
    """The network, the system bus, an expired password."""
    put(path)
    assert needed() == {path}


def test_init_scripts_that_units_stand_for(put, needed):
    """systemd starts the unit of that name, not the script."""
    put("/etc/init.d/x")
    put("/usr/lib/systemd/system/x.service", "", 0o644)
    assert needed() == set()


def test_comments_and_missing_programs_are_nothing(put, needed):
    """Nor are files that are no programs."""
    put("/opt/x")
    put("/etc/pam.d/sshd", "# auth required /opt/x\nauth required /none\n", 0o644)
    put("/etc/systemd/system/a.service", "# ExecStart=/opt/x\nExecStart=/etc/pam.d/sshd\n", 0o644)
    assert needed() == set()


@pytest.mark.parametrize("name, fields, counts", [
    ("base", "Essential: yes\n", True), ("other", "Essential: no\n", False), ("kmod", "", True),
    ("initramfs-tools-core", "", True), ("klibc-utils", "", True), ("busybox", "", True)])
def test_packages_that_everything_counts_on(signed, needed, name, fields, counts):
    """Packages' scripts and the making of an initramfs run what is in them."""
    signed.install(name, {"/usr/bin/x": (SCRIPT, 0o755), "/usr/share/doc/x/run": (SCRIPT, 0o755)},
                   fields=fields)
    assert needed() == ({"/usr/bin/x"} if counts else set())


def module(*firmware):
    """A relocatable with names of firmware in its .modinfo."""
    info = b"\0license=GPL\0" + b"".join(b"firmware=" + f.encode() + b"\0" for f in firmware)
    names = b"\0.modinfo\0"
    head = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    sections = 64 + len(info) + len(names)
    head += struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, sections, 0, 64, 0, 0, 64, 3, 2)
    section = "<IIQQQQIIQQ"
    return head + info + names + bytes(64) + struct.pack(
        section, 1, 1, 0, 0, 64, len(info), 0, 0, 1, 0) + struct.pack(
        section, 0, 3, 0, 0, 64 + len(info), len(names), 0, 0, 1, 0)


def test_modules_of_the_kernel_that_boots_next(put, needed):
    """What is loaded now counts in every kernel that can be booted, with what it needs there."""
    put("/proc/modules", "net_x 1 0 - Live 0\n")
    put("/proc/sys/kernel/osrelease", "6.1.0-1-amd64\n")
    put("/boot/vmlinuz-6.2", b"", 0o644)
    for release in ("6.1.0-1-amd64", "6.2", "6.0"):
        put(f"/lib/modules/{release}/modules.dep", "k/net-x.ko: k/new.ko\nk/other.ko:\n", 0o644)
        for name in ("net-x", "new", "other"):
            put(f"/lib/modules/{release}/k/{name}.ko", module("x/a.bin", "x/none", "x/c.bin"), 0o644)
    for name in ("a.bin", "b.bin", "c.bin.zst"):
        put(f"/lib/firmware/x/{name}", b"data", 0o644)
    assert needed() == {"/lib/firmware/x/a.bin", "/lib/firmware/x/c.bin.zst"} | {
        f"/lib/modules/{release}/k/{name}.ko" for release in ("6.1.0-1-amd64", "6.2")
        for name in ("net-x", "new")}
