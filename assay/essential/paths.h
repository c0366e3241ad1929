/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of paths, each with the reason why it is in it, in the order in which they came. */
#ifndef ASSAY_ESSENTIAL_PATHS_H
#define ASSAY_ESSENTIAL_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct paths_entry {
	char *path;
	const char *why; /* a constant text */
};

struct paths {
	struct paths_entry *entry;
	size_t n;
	size_t cap;
	size_t *slot; /* index + 1 into entry, 0: free */
	size_t slots; /* a power of two */
};

#define PATHS_INIT \
	{ \
		.n = 0 \
	}
#define AUTO_PATHS CLEANUP(paths_done) struct paths

/* Adds the path once; the first reason stands.  *ret_new (may be NULL): it was not there. */
MUST_USE int paths_add(struct paths *set, const char *path, const char *why, bool *ret_new,
		       struct err *err);

/* NULL: not in the set. */
const struct paths_entry *paths_find(const struct paths *set, const char *path);

void paths_done(struct paths *set);

#endif
