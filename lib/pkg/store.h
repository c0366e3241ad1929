/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures of packages that dpkg has unpacked and not configured yet: apt does the one and the
 * other in runs of their own, and a power cut may lie between. */
#ifndef ASSAY_PKG_STORE_H
#define ASSAY_PKG_STORE_H

#include <stdbool.h>

#include "pkg/package.h"

#define STORE_DIR "/var/lib/assay/packages" /* of the running system */
#define STORE_TEXTS_MAX 16384		    /* packages that wait for their configuration */

/* Keeps the text that package_format made of the package. */
MUST_USE int store_put(const char *dir, const struct package *package, const struct buf *text,
		       struct err *err);

/* Its text is not kept any more. */
void store_remove(const char *dir, const struct package *package);

/* Is nothing kept? */
bool store_is_empty(const char *dir);

/* Is the package of use yet?  By what its text is named after; nothing of it is verified. */
typedef bool (*store_wanted_fn)(void *ctx, const char *name, const char *architecture);

/* Called with each package that is; *package may be taken over. */
typedef int (*store_fn)(void *ctx, struct package **package, struct err *err);

/*
 * Verifies each text that is kept and wanted, and tells of it.  With prune the others are removed,
 * and what does not verify.  wanted NULL: all are.
 */
struct store_reading {
	const char *dir;
	const struct cert_set *trusted;
	store_wanted_fn wanted;
	store_fn fn; /* NULL: only to prune */
	void *ctx;
	bool prune;
};
MUST_USE int store_each(const struct store_reading *reading, struct err *err);

#endif
