# SPDX-License-Identifier: GPL-2.0-or-later
"""What can go wrong in the lab, as opposed to in what is tested."""


class LabError(Exception):
    """The lab itself failed: a tool is missing, an image can't be made, QEMU won't start."""


class Deadline(LabError):
    """Something did not happen in the time it was given."""


class Gone(LabError):
    """The machine went away before it answered: it is off, or on its way there."""


class BootFailed(LabError):
    """The machine stopped or said nothing before the channel was up; ends with its console."""


class GuestError(LabError):
    """A request over the channel failed in the guest (no such file, ...); errno is the guest's."""

    def __init__(self, text, errno=None):
        super().__init__(text)
        self.errno = errno
