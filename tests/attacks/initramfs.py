# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes an initramfs apart and puts it together again, as somebody who can write /boot does."""

import subprocess
from pathlib import Path

MAGIC = b"070701"
END = "TRAILER!!!"
PACKERS = {b"\x28\xb5\x2f\xfd": ["zstd", "-dc"], b"\x1f\x8b": ["gzip", "-dc"], b"\xfd7zX": ["xz", "-dc"]}


def pad(data):
    """newc aligns everything to four bytes."""
    return data + bytes(-len(data) % 4)


def take_archive(data, start):
    """The entries of the cpio archive at start, as name -> (the header's fields, bytes), and its end."""
    entries = {}
    while True:
        if data[start:start + 6] != MAGIC:
            raise ValueError(f"no cpio header at {start}")
        fields = [int(data[start + 6 + 8 * n:start + 14 + 8 * n], 16) for n in range(13)]
        size, length = fields[6], fields[11]
        name = data[start + 110:start + 110 + length - 1].decode()
        body = start + (110 + length + 3) // 4 * 4
        start = body + (size + 3) // 4 * 4
        if name == END:
            return entries, start
        entries[name] = fields, data[body:body + size]


def archive(entries):
    """A cpio archive of entries."""
    parts = []
    for name, (fields, body) in [*entries.items(), (END, ([0] * 13, b""))]:
        fields = [*fields[:6], len(body), *fields[7:11], len(name) + 1, 0]
        header = MAGIC + b"".join(b"%08x" % n for n in fields) + name.encode() + b"\0"
        parts += [pad(header), pad(body)]
    return b"".join(parts)


class Initramfs:
    """The files of an initramfs; early archives (microcode) stay in front as they are."""

    def __init__(self, path):
        data, start = Path(path).read_bytes(), 0
        self.path, self.entries = Path(path), {}
        while start < len(data):
            if data[start:start + 1] == b"\0":
                start += 1
            elif data[start:start + 6] == MAGIC:
                entries, start = take_archive(data, start)
                self.entries |= entries
            else:
                words = next(w for m, w in PACKERS.items() if data[start:].startswith(m))
                done = subprocess.run(words, input=data[start:], capture_output=True, check=True, timeout=120)
                data, start = done.stdout, 0

    def get(self, name):
        """A file's bytes."""
        return self.entries[name][1]

    def put(self, name, data):
        """Change a file's bytes."""
        self.entries[name] = self.entries[name][0], data

    def remove(self, name):
        """Take a file out."""
        del self.entries[name]

    def names(self, part):
        """Names that hold a word."""
        return [name for name in self.entries if part in name]

    def save(self):
        """Write it back, not compressed."""
        self.path.write_bytes(archive(self.entries))
