/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single files that are compressed, by libarchive. */
#ifndef ASSAY_PKG_UNPACK_H
#define ASSAY_PKG_UNPACK_H

#include "base/buf.h"
#include "base/err.h"

/* Appends what is in the file, uncompressed; one that is not compressed as it is. */
MUST_USE int unpack_file(const char *path, struct buf *out, struct err *err);

#endif
