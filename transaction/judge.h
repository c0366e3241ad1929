/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the packages that dpkg or pacman is to unpack are taken: judged, and signed, on all
 * cores. */
#ifndef ASSAY_TRANSACTION_JUDGE_H
#define ASSAY_TRANSACTION_JUDGE_H

#include <jansson.h>

#include "pkg/table.h"
#include "trust/trust.h"

#define JUDGE_THREADS_MAX 64

struct judge;

/* Whose packages they are. */
struct judge_source {
	int (*read)(int fd, deb_entry_fn fn, void *ctx, struct deb *ret_deb, struct err *err);
	/* 0 only if somebody whom the host takes packages from vouches for the file, which has this
	 * digest; thread-safe.  Without a reason in err there is nothing to say. */
	int (*vouch)(const struct judge *judge, const char *path, int fd,
		     const struct digest *digest, struct err *err);
	const char *vouched_by; /* struct taken */
};

extern const struct judge_source judge_dpkg;
extern const struct judge_source judge_pacman;

/* By what they are judged; shared by all threads, nothing of it changes meanwhile. */
struct judge {
	const struct judge_source *source;
	struct trust *trust;
	const struct signing *signing;
	const struct package_signing *how; /* NULL: there is no key that can be used */
	struct package_wants wants;
	struct apt *apt; /* NULL: no archive vouches for anything */
	/* The packages, in the order in which they were named: */
	struct judged *item;
	char **path; /* of the item with the same index; owned by it */
	size_t n;
};

/* Adds one to those that are to be judged, unless it is there; ctx is the judge. */
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

/* Is a package of that name among those that could be read? */
bool judge_has(const struct judge *judge, const char *name);
void judge_done(struct judge *judge);

#endif
