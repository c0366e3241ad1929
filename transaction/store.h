/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures of packages that dpkg has unpacked and not configured yet: apt does the one and the
 * other in runs of their own, and a power cut may lie between. */
#ifndef ASSAY_TRANSACTION_STORE_H
#define ASSAY_TRANSACTION_STORE_H

#include "pkg/package.h"
#include "sig/dpkg.h"

#define STORE_DIR "/var/lib/assay/packages"

/* Keeps the text that package_format made of the package. */
MUST_USE int store_put(const struct package *package, const struct buf *text, struct err *err);

/* Is nothing kept?  Then nobody needs to know what dpkg has installed. */
bool store_is_empty(void);

/* Called with each package whose configuration is still to come; *package may be taken over. */
typedef int (*store_fn)(void *ctx, struct package **package, const struct dpkg_package *installed,
			struct err *err);

/*
 * Verifies each text that is kept and tells of those that are still of use; the others are removed,
 * what does not verify among them.
 */
MUST_USE int store_each(const struct dpkg *db, const struct cert_set *trusted, store_fn fn,
			void *ctx, struct err *err);

#endif
