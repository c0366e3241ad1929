/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64 for URLs, without padding: RFC 4648, 5. */
#ifndef ASSAY_BASE_BASE64_H
#define ASSAY_BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the text. */
MUST_USE int base64url_format(const void *data, size_t len, struct buf *out, struct err *err);

/* Appends the bytes; fails on anything that base64url_format would not write. */
MUST_USE int base64url_parse(const char *text, size_t len, struct buf *out, struct err *err);

#endif
