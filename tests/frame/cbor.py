# SPDX-License-Identifier: GPL-2.0-or-later
"""CBOR as the messages of docs/PROTOCOL.attest have it: deterministic, few kinds (RFC 8949, 4.2.1)."""


def head(major, value):
    """An item's head in its shortest form."""
    if value < 24:
        return bytes([major << 5 | value])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | code]) + value.to_bytes(size, "big")
    raise ValueError(f"{value} is too large")


def encode(value):
    """One value: bool, int, bytes, str, list, or a dict whose keys come in order."""
    if isinstance(value, bool):
        return bytes([0xf5 if value else 0xf4])
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(encode(v) for v in value)
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    raise TypeError(type(value))


def decode_some(data):
    """(value, what follows it)."""
    first, data = data[0], data[1:]
    major, value = first >> 5, first & 31
    if major == 7:
        return {20: False, 21: True}[value], data
    if value >= 24:
        size = 1 << value - 24
        value, data = int.from_bytes(data[:size], "big"), data[size:]
    if major == 0:
        return value, data
    if major in (2, 3):
        taken, data = data[:value], data[value:]
        if len(taken) != value:
            raise ValueError("cut")
        return taken if major == 2 else taken.decode(), data
    items = []
    for _ in range(value * (2 if major == 5 else 1)):
        item, data = decode_some(data)
        items.append(item)
    return (dict(zip(items[::2], items[1::2])) if major == 5 else items), data


def decode(data):
    """Exactly one value, written as encode would."""
    value, rest = decode_some(data)
    if rest or encode(value) != data:
        raise ValueError("not one deterministic value")
    return value
