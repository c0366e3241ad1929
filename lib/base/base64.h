/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64: RFC 4648, section 4. */
#ifndef ASSAY_BASE_BASE64_H
#define ASSAY_BASE_BASE64_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the text, padded, on one line. */
MUST_USE int base64_format(const void *data, size_t len, struct buf *out, struct err *err);

/* Appends the bytes.  Takes only what base64_format writes: no blanks, no missing padding, no bits
 * set beyond the last byte. */
MUST_USE int base64_parse(const char *text, size_t len, struct buf *out, struct err *err);

#endif
