# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads what a guest reports: the kernel's integrity records, from journal or console."""

import json
import re

FIRST, LAST = 1800, 1808
NAMES = {"INTEGRITY_DATA": 1800, "INTEGRITY_METADATA": 1801, "INTEGRITY_STATUS": 1802,
         "INTEGRITY_HASH": 1803, "INTEGRITY_PCR": 1804, "INTEGRITY_RULE": 1805,
         "INTEGRITY_EVM_XATTR": 1806, "INTEGRITY_POLICY_RULE": 1807, "INTEGRITY_USERSPACE": 1808}
DENIALS = (1800, 1808)
PROBE = ("run-init", "memfd:assay-probe")   # what assay-boot has denied, to prove the policy
STAMP = re.compile(r"audit: type=(18\d\d) audit\((\d+\.\d+:\d+)\): (.*)")


def fields(text):
    """key=value and key="value" words as a dict; unquoted hex names of files are decoded."""
    pairs = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', text))
    for key, value in pairs.items():
        if value.startswith('"'):
            pairs[key] = value.strip('"')
        elif key in ("name", "file", "comm") and re.fullmatch(r"([0-9A-F]{2})+", value):
            pairs[key] = bytes.fromhex(value).decode(errors="surrogateescape")
    return pairs


def audit_records(journal, console=""):
    """Integrity records as dicts: type (int), stamp, and the record's own fields; each once.

    journal is `journalctl -o json`; what the kernel printed on the console fills the gaps."""
    found = {}
    for line in journal.splitlines():
        entry = json.loads(line)
        message = entry.get("MESSAGE")
        if not isinstance(message, str):
            continue
        kind = NAMES.get(message.split(" ")[0])
        if entry.get("_TRANSPORT") == "audit" and kind:
            second = int(entry["_SOURCE_REALTIME_TIMESTAMP"]) // 1000
            stamp = f"{second // 1000}.{second % 1000:03d}:{entry['_AUDIT_ID']}"
            found[stamp, message.partition(" ")[2]] = kind
        _printed(message, found)
    for line in console.splitlines():
        _printed(line, found)
    return [{"type": kind, "stamp": stamp, **fields(text)}
            for (stamp, text), kind in sorted(found.items())]


def _printed(line, found):
    match = STAMP.search(line)
    if match and FIRST <= int(match.group(1)) <= LAST:
        found[match.group(2), match.group(3).strip()] = int(match.group(1))
