# SPDX-License-Identifier: GPL-2.0-or-later
"""Small Debian packages, built by dpkg-deb."""

import os
import subprocess

ARCH = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True,
                      check=True).stdout.strip()
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + bytes(46)  # an ET_DYN, header only


def build_deb(tree, name, files, *, conffiles=(), scripts=None, fields="", md5sums=True, options=()):
    """Builds TREE.deb of files, path -> (content, mode); what else lies in the tree is in it, too."""
    for path, (content, mode) in files.items():
        where = os.path.join(os.fsencode(tree), os.fsencode(path).lstrip(b"/"))
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, "wb") as out:
            out.write(content)
        os.chmod(where, mode)
    control = tree / "DEBIAN"
    control.mkdir(parents=True)
    (control / "control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: {ARCH}\n{fields}"
        "Maintainer: Nobody <nobody@example.com>\nDescription: test\n")
    if conffiles:
        (control / "conffiles").write_text("".join(f"{c}\n" for c in conffiles))
    for script, text in (scripts or {}).items():
        (control / script).write_text(text)
        (control / script).chmod(0o755)
    if md5sums:
        write_md5sums(tree, control / "md5sums", conffiles)
    deb = tree.with_name(f"{tree.name}.deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", *options, "--build", tree, deb], check=True,
                   capture_output=True)
    return deb


def write_md5sums(tree, out, conffiles):
    """As dh_md5sums: everything but the conffiles."""
    lines = b""
    for top, _, names in os.walk(os.fsencode(tree)):
        for name in names:
            path = os.path.relpath(os.path.join(top, name), os.fsencode(tree))
            if path.startswith(b"DEBIAN/") or "/" + os.fsdecode(path) in conffiles:
                continue
            with open(os.path.join(os.fsencode(tree), path), "rb") as content:
                done = subprocess.run(["md5sum"], stdin=content, capture_output=True, check=True)
            lines += done.stdout[:32] + b"  " + path + b"\n"
    out.write_bytes(lines)
