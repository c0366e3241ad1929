/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text under a package's signature. */
#ifndef ASSAY_PKG_PACKAGE_TEXT_H
#define ASSAY_PKG_PACKAGE_TEXT_H

#include "pkg/package.h"

#define PACKAGE_LINE_MAX 512 /* bytes of a line outside the manifests, NUL included */

MUST_USE int package_text_put(const struct package *package, struct buf *out, struct err *err);
MUST_USE int package_text_parse(const void *data, size_t len, struct package *package,
				struct err *err);

#endif
