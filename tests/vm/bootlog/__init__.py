# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots that measure themselves: each way that a Debian starts, for real event logs."""
