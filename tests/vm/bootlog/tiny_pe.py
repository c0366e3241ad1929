# SPDX-License-Identifier: GPL-2.0-or-later
"""EFI images of a few bytes: unified kernel images in form, for tests of what is measured of them."""

import struct

HEADERS = 1024
ALIGN = 512


def image(sections, stub="252.39-1"):
    """A PE32+ with these sections: a dict of name -> bytes, or (bytes, size in memory)."""
    sections = {**sections, ".sdmagic": f"#### LoaderInfo: systemd-stub {stub} ####".encode()}
    table, body, address = b"", b"", 4096
    for name, content in sections.items():
        data, size = content if isinstance(content, tuple) else (content, len(content))
        raw = data + b"\0" * (-len(data) % ALIGN)
        table += struct.pack("<8sIIIIIIHHI", name.encode(), size, address, len(raw), HEADERS + len(body), 0, 0,
                             0, 0, 0x40000040)
        body += raw
        address += (size + 4095) & ~4095
    optional = struct.pack("<HBBIIIII", 0x20b, 0, 0, 512, 512, 0, 4096, 4096)
    optional += struct.pack("<QIIHHHHHHIIIIHHQQQQII", 0x400000, 4096, ALIGN, 0, 0, 0, 0, 0, 0, 0, address,
                            HEADERS, 0, 10, 0, 0, 0, 0, 0, 0, 16)
    optional += b"\0" * 128
    head = b"MZ" + b"\0" * 58 + struct.pack("<I", 64)
    head += b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, len(sections), 0, 0, 0, len(optional), 0x206)
    return (head + optional + table).ljust(HEADERS, b"\0") + body


def tiny():
    """One that has a section with fewer and one with more bytes in the file than in memory."""
    return image({".text": b"code", ".zeroes": (b"zeroes", 5000), ".cmdline": (b"ro quiet\n", 9)})


def write_all(corpus, data):
    """The images that tests of lib/lock read."""
    (corpus / "tiny.efi").write_bytes(tiny())
    (corpus / "tiny-odd.efi").write_bytes(tiny() + b"tail!")
    parts = {".osrel": b"ID=debian\n", ".cmdline": b" ro quiet\n", ".linux": image({".text": b"kernel a"}),
             ".initrd": b"initrd a"}
    other = {**parts, ".cmdline": b"ro\t\tdebug \n\0", ".linux": image({".text": b"kernel b"}),
             ".initrd": b"initrd of b"}
    (data / "tiny-uki-a.efi").write_bytes(image(parts))
    (data / "tiny-uki-b.efi").write_bytes(image(other))
    (data / "tiny-uki-more.efi").write_bytes(image({**other, ".dtb": b"dtb"}))
    (data / "tiny-uki-newer.efi").write_bytes(image(other, stub="257.8-1"))
