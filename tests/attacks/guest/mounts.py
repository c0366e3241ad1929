# SPDX-License-Identifier: GPL-2.0-or-later
"""Attacks by file systems of the attacker's making: images, overlays, bind mounts, files in flux."""

import os
from contextlib import contextmanager
from pathlib import Path

from arena import Broken, attack, copy_with_xattrs, drop_caches, run, tampered, write_at
from execute import LOADER
from labels import attackers_signature, escalates, verity_digest, wants_verity


@contextmanager
def mounted(scene, kind, source, options="", name="mounted"):
    """Mount something for a while; the mount point."""
    place = scene.folder(name)
    scene.shell(f"mount -t {kind} {'-o ' + options if options else ''} {source} {place}")
    try:
        yield place
    finally:
        run(["umount", "-l", str(place)])


@contextmanager
def image(scene, features="verity"):
    """A fresh ext4 image, mounted with everything allowed; (image file, mount point)."""
    path = scene.directory / "image"
    scene.shell(f"rm -f {path}; mke2fs -q -t ext4 -b 4096 -O {features} {path} 16M")
    with mounted(scene, "ext4", path, "loop,exec,suid,dev") as place:
        yield path, place


@attack()
def loop_image(scene):
    """An image of an ext4 with an unsigned program under stolen and forged labels."""
    with image(scene) as (_, place):
        plain, stolen, forged = (scene.payload("static", place, n) for n in ("plain", "stolen", "forged"))
        for name in os.listxattr("/bin/true"):
            os.setxattr(stolen, name, os.getxattr("/bin/true", name))
        attackers_signature(forged)
        return [p.name for p in (plain, stolen, forged) if scene.runs(p)]


@attack()
def loop_image_set_user_id(scene):
    """An image with a genuine signed program that is setuid root there."""
    with image(scene) as (_, place):
        path = copy_with_xattrs("/usr/bin/whoami", place / "whoami")
        if wants_verity(path):
            verity_digest(scene, path)
        place.chmod(0o755)
        return escalates(scene, path)


@attack()
def squashfs_image(scene):
    """A squashfs with an unsigned program."""
    folder = scene.folder("tree")
    scene.payload("static", folder)
    scene.shell(f"mksquashfs {folder} squashed -noappend -quiet", cwd=scene.directory)
    with mounted(scene, "squashfs", scene.directory / "squashed", "loop") as place:
        return scene.runs(place / "static")


@attack()
def squashfs_with_labels(scene):
    """A squashfs, which nobody can write, with a changed program under a signed one's labels."""
    folder = scene.folder("tree")
    path = scene.file("hello", tampered(Path("/usr/bin/hello").read_bytes()), where=folder)
    for name in os.listxattr("/usr/bin/hello"):
        os.setxattr(path, name, os.getxattr("/usr/bin/hello", name))
    scene.shell(f"mksquashfs {folder} squashed -noappend -quiet", cwd=scene.directory)
    with mounted(scene, "squashfs", scene.directory / "squashed", "loop") as place:
        return scene.runs(place / "hello")


@attack()
def vfat_image(scene):
    """A file system that has no attributes and makes every file executable."""
    with mounted(scene, "vfat", scene.payload("vfat"), "loop,exec") as place:
        return scene.runs(place / "static")


@attack()
def changed_under_the_image(scene):
    """A signed program on a mounted image runs; then its code is changed in the image's own file."""
    with image(scene) as (path, place):
        program = copy_with_xattrs("/usr/bin/hello", place / "hello")
        if wants_verity(program):
            verity_digest(scene, program)
        os.sync()
        scene.maybe([str(program)])
        good, whole = program.read_bytes(), path.read_bytes()
        start = whole.find(good)
        if start < 0:
            raise Broken("the program is not in one piece")
        write_at(path, start, tampered(good))
        scene.shell(f"blockdev --flushbufs $(findmnt -no SOURCE {place})")
        with open(program, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        drop_caches(1)
        return scene.runs(program)


@attack()
def overlay_upper(scene):
    """An overlay over /usr/bin with an unsigned program on top."""
    upper, work = scene.folder("upper"), scene.folder("work")
    scene.payload("static", upper, "hello")
    with mounted(scene, "overlay", "x", f"lowerdir=/usr/bin,upperdir={upper},workdir={work}") as place:
        return scene.runs(place / "hello")


@attack()
def overlay_changed_copy(scene):
    """A signed program changed through an overlay, which copies it and its labels up."""
    upper, work = scene.folder("upper"), scene.folder("work")
    with mounted(scene, "overlay", "x", f"lowerdir=/usr/bin,upperdir={upper},workdir={work}") as place:
        path = place / "hello"
        scene.maybe([str(path)])
        path.write_bytes(tampered(path.read_bytes()))
        return scene.runs(path)


@attack()
def overlay_changed_below(scene):
    """A signed program runs through an overlay; then its lower file is changed, unseen from above."""
    lower, upper, work = scene.folder("lower"), scene.folder("upper"), scene.folder("work")
    path = copy_with_xattrs("/usr/bin/hello", lower / "hello")
    with mounted(scene, "overlay", "x", f"lowerdir={lower},upperdir={upper},workdir={work}") as place:
        scene.maybe([str(place / "hello")])
        path.write_bytes(tampered(path.read_bytes()))
        return scene.runs(place / "hello")


@attack()
def bind_mount(scene):
    """An unsigned program mounted over a signed one."""
    scene.shell(f"mount --bind {scene.payload('static')} /usr/bin/hello")
    try:
        return scene.runs("/usr/bin/hello")
    finally:
        scene.shell("umount /usr/bin/hello")


@attack()
def changed_root_directory(scene):
    """An unsigned program in a root directory of the attacker's."""
    scene.payload("static")
    return scene.runs("chroot", scene.directory, "/static")


@attack("user")
def own_root_directory(scene):
    """An unsigned program in a root directory of a user's own namespace."""
    scene.payload("static")
    return scene.runs("unshare", "-Ur", "chroot", scene.directory, "/static")


@attack("root", "user")
def loader_mounted_over(scene):
    """The loader that all signed programs name covered by another, in a namespace of the attacker's own."""
    loader = scene.file("loader", tampered(Path(LOADER).read_bytes()))
    script = f"mount --bind {loader} {os.path.realpath(LOADER)} && /bin/true"
    return scene.runs("unshare", "-Urm" if os.getuid() else "-m", "sh", "-c", script)
