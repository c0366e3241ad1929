# SPDX-License-Identifier: GPL-2.0-or-later
"""In which order files of tests run, so that at the end no processor waits for another."""

# Those that take a machine for more than a minute or two; the longest first.
LONG = ("vm/test_transaction.py", "attacks/test_attacks.py", "vm/test_way.py", "vm/test_upgrades.py", "vm/test_boot_stop.py",
        "vm/test_boot.py", "attacks/test_boot.py", "vm/test_lock.py", "vm/test_attest_hosts.py", "vm/test_attest.py",
        "vm/test_levels.py", "vm/test_policy_diff.py", "vm/test_reboots.py", "vm/test_sign.py", "vm/test_predict.py")


def rank(path, machines):
    """What a file is sorted by: first what needs no machine, while the lab makes its images; then LONG; then the rest."""
    if not machines:
        return 0
    name = "/".join(path.parts[-2:])
    return 1 + (LONG.index(name) if name in LONG else len(LONG))


def by_length(items, root):
    """Sorts items in place; those of one file stay together, in their order."""
    machines = (root / "tests/vm", root / "tests/attacks")
    items.sort(key=lambda item: rank(item.path, any(place in item.path.parents for place in machines)))
