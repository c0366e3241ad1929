# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes "newc" archives; the kernel unpacks one appended to an initramfs over what came before."""

ALIGN = 512  # the kernel skips zeroes between archives


def _entry(number, name, mode, data):
    """One header, name and data, each padded to four bytes (Documentation/driver-api/early-userspace)."""
    raw = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(raw), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields)
    return _pad(head + raw, 4) + _pad(data, 4)


def _pad(data, size):
    """With zeroes up to a multiple of size."""
    return data + b"\0" * (-len(data) % size)


def archive(files):
    """The archive of {path: bytes, or None for a link to nowhere}; parent directories are included."""
    out, made = b"", set()
    for number, (path, data) in enumerate(sorted(files.items()), 1):
        parts = path.split("/")
        for depth in range(1, len(parts)):
            parent = "/".join(parts[:depth])
            if parent not in made:
                made.add(parent)
                out += _entry(number * 100 + depth, parent, 0o040755, b"")
        if data is None:
            out += _entry(number * 100, path, 0o120777, b"/nowhere")
        else:
            out += _entry(number * 100, path, 0o100755, data)
    return out + _entry(0, "TRAILER!!!", 0, b"")


def appended(initrd, files):
    """The initramfs with these files put over its own."""
    return _pad(initrd, ALIGN) + _pad(archive(files), ALIGN)
