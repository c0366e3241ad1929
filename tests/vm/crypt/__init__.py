# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines whose root file system is in a LUKS2 volume, as Debian's installer lays them out."""
