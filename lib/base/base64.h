/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as base64, and back: RFC 4648, sections 4 and 5. */
#ifndef ASSAY_BASE_BASE64_H
#define ASSAY_BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the text, padded, on one line. */
MUST_USE int base64_format(const void *data, size_t len, struct buf *out, struct err *err);

/* Appends the bytes.  Takes only what base64_format writes: no blanks, no missing padding, no bits
 * set beyond the last byte. */
MUST_USE int base64_parse(const char *text, size_t len, struct buf *out, struct err *err);

/* The same with the alphabet of URLs, and without padding. */
MUST_USE int base64url_format(const void *data, size_t len, struct buf *out, struct err *err);
MUST_USE int base64url_parse(const char *text, size_t len, struct buf *out, struct err *err);

#endif
