# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab of real machines: Debian roots, disk images, QEMU, software TPMs, a channel inside."""

from .errors import BootFailed, Deadline, GuestError, LabError
from .lab import Lab
from .machine import Machine
from .channel import Result

__all__ = ["BootFailed", "Deadline", "GuestError", "Lab", "LabError", "Machine", "Result"]
