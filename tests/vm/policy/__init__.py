# SPDX-License-Identifier: GPL-2.0-or-later
"""The policy language against the kernels themselves: what they take, what they decide."""
