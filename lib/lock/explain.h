/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between the approved boot and this one, in words. */
#ifndef ASSAY_LOCK_EXPLAIN_H
#define ASSAY_LOCK_EXPLAIN_H

#include <stddef.h>

#include "base/err.h"
#include "lock/boot.h"

#define LOCK_LINES_MAX 24
#define LOCK_LINE_MAX 512 /* bytes, NUL included; longer ones are cut */

/* Lines without a newline, control characters escaped, what weighs most first. */
struct lock_explanation {
	size_t n;
	size_t more; /* that found no room */
	char lines[LOCK_LINES_MAX][LOCK_LINE_MAX];
};

/* The two sides.  A record (docs/PROTOCOL.record) of length 0: there was none. */
struct lock_side {
	const struct lock_boot *boot;
	const char *record;
	size_t record_len;
};

/*
 * n is 0 where nothing differs.  What is said is for the reader: it comes from logs and records
 * that nobody vouches for, and decides nothing.
 */
MUST_USE int lock_explain(const struct lock_side *approved, const struct lock_side *now,
			  struct lock_explanation *ret, struct err *err);

/* Leaves at most max lines (1 at least); the last one says how many more there were. */
void lock_explanation_cut(struct lock_explanation *explanation, size_t max);

/* Appends a line; for the two halves of lock_explain. */
void lock_explanation_add(struct lock_explanation *explanation, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

/* The records' half: mode, policy, level, certificates, and the rest of what is enforced. */
MUST_USE int lock_explain_records(const struct lock_side *approved, const struct lock_side *now,
				  struct lock_explanation *explanation, struct err *err);

#endif
