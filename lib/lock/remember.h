/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The approved boot, kept in the volume's token: what a boot that is not approved is explained
 * beside. */
#ifndef ASSAY_LOCK_REMEMBER_H
#define ASSAY_LOCK_REMEMBER_H

#include "base/buf.h"
#include "base/err.h"
#include "lock/boot.h"
#include "lock/explain.h"

/* "approved" of docs/PROTOCOL.unlock, section 2.  Whoever writes to the disk chooses it: words
 * only. */
#define REMEMBER_MAX 4096 /* bytes: TOKEN_APPROVED_MAX */

/* This boot by the kernel's copy of the firmware's log and /proc/cmdline; without a log all zero.
 */
MUST_USE int remember_this_boot(struct lock_boot *ret_boot, struct err *err);

/* Appends both; where they do not fit, the boot without its record. */
MUST_USE int remember_encode(const struct lock_boot *boot, const struct buf *record,
			     struct buf *out, struct err *err);

/* What differs from it now.  n is 0 where nothing can be told. */
MUST_USE int remember_explain(const struct buf *approved, const struct buf *record_now,
			      struct lock_explanation *ret, struct err *err);

#endif
