# SPDX-License-Identifier: GPL-2.0-or-later
"""Tools of the boot tests: an initramfs with something changed in it, a record signed anew."""
