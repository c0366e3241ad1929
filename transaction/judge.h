/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the packages that dpkg was told to unpack are taken: judged, and signed, on all cores.
 */
#ifndef ASSAY_TRANSACTION_JUDGE_H
#define ASSAY_TRANSACTION_JUDGE_H

#include <jansson.h>

#include "pkg/table.h"
#include "trust/trust.h"

#define JUDGE_THREADS_MAX 64

/* By what they are judged; shared by all threads, nothing of it changes meanwhile. */
struct judge {
	struct trust *trust;
	const struct package_signing *how; /* NULL: there is no key that can be used */
	struct package_wants wants;
	struct apt *apt; /* NULL: no archive vouches for anything */
	/* The packages, in dpkg's order: */
	struct judged *item;
	char **path; /* of the item with the same index; owned by it */
	size_t n;
};

/* Adds one to those that are to be judged; ctx is the judge. */
MUST_USE int judge_add(void *ctx, const char *path, struct err *err);

/*
 * Judges all.  What is taken is kept in the store, put into the table, and noted in the array; each
 * that is not is told of on stderr where tell says so, and counted.  Fails where a package could
 * not be judged for want of memory or disk.
 */
struct judge_result {
	struct table *table;
	json_t *taken;
	bool tell;
	size_t refused;
};
MUST_USE int judge_all(struct judge *judge, struct judge_result *result, struct err *err);
void judge_done(struct judge *judge);

#endif
