/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initramfs has what opens a lock only once it was made anew. */
#ifndef ASSAY_LOCK_INITRAMFS_H
#define ASSAY_LOCK_INITRAMFS_H

#include "base/err.h"

/*
 * Runs update-initramfs for every kernel; its hook approves the boot with the running one's.  Where
 * there is none, as in a root that is not booted, it does nothing.
 */
MUST_USE int initramfs_renew(struct err *err);

#endif
