# SPDX-License-Identifier: GPL-2.0-or-later
"""The demonstration: acts that are played on a real machine, each step said and judged."""
