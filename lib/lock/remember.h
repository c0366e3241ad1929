/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The approved boot, kept in the volume's token: what a boot that is not approved is explained by.
 */
#ifndef ASSAY_LOCK_REMEMBER_H
#define ASSAY_LOCK_REMEMBER_H

#include "base/buf.h"
#include "base/err.h"

/* "approved" of docs/PROTOCOL.unlock, section 2.  Whoever writes to the disk chooses it: words
 * only. */
#define REMEMBER_MAX 4096 /* bytes: TOKEN_APPROVED_MAX */

/*
 * Appends this boot, by the kernel's copy of the firmware's log and /proc/cmdline, and the record;
 * where they do not fit, without the record.
 */
MUST_USE int remember_boot(const struct buf *record, struct buf *out, struct err *err);

/* Appends what differs now, in at most so many lines with "; " between two.  Nothing: none can be
 * told. */
MUST_USE int remember_explain(const struct buf *approved, const struct buf *record_now,
			      size_t lines, struct buf *out, struct err *err);

#endif
