# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks that have somebody else run the program: the kernel's helpers, PID 1, cron, udev, dpkg."""

import socket
import time
from pathlib import Path

from arena import attack, run

BINFMT = Path("/proc/sys/fs/binfmt_misc")


def waited(scene, path, seconds=10):
    """Whether the payload at a path leaves its mark within that time."""
    for _ in range(seconds * 5):
        if Path(f"{path}.ran").exists():
            break
        time.sleep(0.2)
    return scene.ran(path)


def with_setting(path, value, action):
    """Do something while a file of /proc or /sys says something else."""
    before = Path(path).read_text(encoding="utf-8")
    Path(path).write_text(str(value), encoding="utf-8")
    try:
        return action()
    finally:
        Path(path).write_text(before, encoding="utf-8")


@attack()
def core_helper(scene):
    """The kernel pipes a crashed process's core to an unsigned program."""
    helper = scene.payload("static")

    def crash():
        run("ulimit -c unlimited; kill -SEGV $$")
        return waited(scene, helper, 3)
    return with_setting("/proc/sys/kernel/core_pattern", f"|{helper} %p", crash)


@attack()
def modprobe_helper(scene):
    """The kernel runs an unsigned program as its modprobe."""
    helper = scene.payload("static")

    def ask():
        for family in (41, 43, 36, 35, 9):
            try:
                socket.socket(family, socket.SOCK_DGRAM, 0).close()
            except OSError as error:
                scene.say(f"family {family}: {error}")
        return waited(scene, helper, 3)
    return with_setting("/proc/sys/kernel/modprobe", helper, ask)


@attack()
def release_agent(scene):
    """The kernel runs an unsigned program when a control group becomes empty."""
    helper, place = scene.payload("static"), scene.folder("cgroup")
    scene.shell(f"mount -t cgroup -o none,name=attack x {place}")
    try:
        (place / "release_agent").write_text(str(helper), encoding="ascii")
        group = place / "x"
        group.mkdir()
        (group / "notify_on_release").write_text("1", encoding="ascii")
        run(f"echo $$ > {group}/cgroup.procs")
        return waited(scene, helper, 3)
    finally:
        run(f"rmdir {place}/x; umount {place}")


@attack()
def key_helper(scene):
    """The kernel's request for a key is answered by an unsigned program."""
    helper = scene.payload("static")
    rules = Path("/etc/request-key.d/attack.conf")
    rules.write_text(f"create user attack * {helper} %k\n", encoding="ascii")
    try:
        run("keyctl request2 user attack x @s", seconds=20)
        return waited(scene, helper, 3)
    finally:
        rules.unlink()


def registered(name, rule, action):
    """Do something while binfmt_misc knows a format."""
    run("modprobe binfmt_misc")
    if not (BINFMT / "register").exists():
        run(f"mount -t binfmt_misc binfmt_misc {BINFMT}")
    (BINFMT / "register").write_text(rule, encoding="latin-1")
    try:
        return action()
    finally:
        (BINFMT / name).write_text("-1", encoding="ascii")


@attack()
def format_of_a_script(scene):
    """binfmt_misc gives files of a name to an unsigned interpreter."""
    helper, file = scene.payload("static"), scene.file("data.attack", "data")
    return registered("attack", f":attack:E::attack::{helper}:", lambda: scene.runs(file))


@attack()
def format_of_signed_programs(scene):
    """binfmt_misc gives signed programs to an unsigned interpreter, opened when it is registered."""
    helper = scene.payload("static")
    entry = Path("/usr/bin/hello").read_bytes()[24:32]  # tells hello from most other programs
    magic = "".join(f"\\x{byte:02x}" for byte in entry)
    return registered("attack", f":attack:M:24:{magic}::{helper}:F", lambda: scene.runs("/usr/bin/hello"))


@attack()
def unit_of_the_first_process(scene):
    """A systemd unit starts an unsigned program."""
    helper = scene.payload("static")
    unit = Path("/run/systemd/system/attack.service")
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text(f"[Service]\nType=oneshot\nExecStart={helper}\n", encoding="ascii")
    run("systemctl daemon-reload; systemctl start attack.service")
    return scene.ran(helper)


@attack()
def generator_of_the_first_process(scene):
    """An unsigned generator, which systemd runs before any unit."""
    place = Path("/etc/systemd/system-generators")
    place.mkdir(parents=True, exist_ok=True)
    helper = scene.payload("static", place, "attack")
    try:
        run("systemctl daemon-reload")
        return scene.ran(helper)
    finally:
        helper.unlink()
        Path(f"{helper}.ran").unlink(missing_ok=True)


@attack()
def library_for_everything(scene):
    """/etc/ld.so.preload puts an unsigned library into every program."""
    preload = Path("/etc/ld.so.preload")
    preload.write_text(f"{scene.payload('lib.so')}\n", encoding="ascii")
    try:
        return scene.runs("/bin/true")
    finally:
        preload.unlink()


@attack()
def rule_of_udev(scene):
    """A udev rule runs an unsigned program at an event."""
    helper = scene.payload("static")
    rules = Path("/run/udev/rules.d/99-attack.rules")
    rules.parent.mkdir(parents=True, exist_ok=True)
    rules.write_text(f'SUBSYSTEM=="mem", KERNEL=="null", RUN+="{helper}"\n', encoding="ascii")
    try:
        run("udevadm control --reload; udevadm trigger --action=change /sys/class/mem/null; udevadm settle")
        return waited(scene, helper, 5)
    finally:
        rules.unlink()
        run("udevadm control --reload")


@attack()
def script_of_a_package(scene):
    """A package's installation script, which dpkg runs by its path."""
    tree = scene.folder("package")
    control = tree / "DEBIAN"
    control.mkdir(exist_ok=True)
    mark = scene.directory / "script"
    (control / "control").write_text("Package: attack\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\n"
                                     "Description: x\n", encoding="ascii")
    scene.file("postinst", f"#!/bin/sh\ntouch {mark}.ran\n", where=control)
    scene.shell(f"dpkg-deb --build {tree} attack.deb", cwd=scene.directory)
    scene.maybe("ASSAY_UNSIGNED=accept dpkg -i attack.deb; dpkg -P --force-all attack", cwd=scene.directory)
    return scene.ran(mark)


@attack("root", "user")
def shell_of_a_user(scene):
    """A signed program told to run an unsigned one as its helper (tar, find, awk, vi, git do so)."""
    helper = scene.payload("static")
    scene.file("file", "text", 0o644)
    return (scene.runs("tar", "-cf", "/dev/null", "--checkpoint=1", f"--checkpoint-action=exec={helper} >&2; {helper}",
                       scene.directory / "file")
            or scene.runs("find", scene.directory / "file", "-exec", helper, ";"))
