/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CBOR an item at a time (RFC 8949), in its one deterministic form (4.2.1), without allocation. */
#ifndef ASSAY_ATTEST_ITEM_H
#define ASSAY_ATTEST_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"

/* The kinds that our messages have; no tags, no floats, nothing of indefinite length. */
enum item_kind { ITEM_UINT, ITEM_BYTES, ITEM_TEXT, ITEM_ARRAY, ITEM_MAP, ITEM_BOOL };

struct item {
	enum item_kind kind;
	uint64_t value;	     /* the number, the length, the count (pairs of a map), 0 or 1 */
	const uint8_t *data; /* of bytes and text: leads into the message; no NUL behind it */
};

/* The next item's head and, for bytes and text, the whole of it.  Fails on another kind, on a head
 * that is longer than it must be, and on one that claims more than there is. */
MUST_USE int item_next(struct rd *in, enum item_kind kind, struct item *ret_item, struct err *err);

MUST_USE int item_put_uint(struct buf *out, uint64_t value, struct err *err);
MUST_USE int item_put_bool(struct buf *out, bool value, struct err *err);
MUST_USE int item_put_bytes(struct buf *out, const void *data, size_t len, struct err *err);
MUST_USE int item_put_text(struct buf *out, const char *text, size_t len, struct err *err);
MUST_USE int item_put_array(struct buf *out, size_t n, struct err *err);
MUST_USE int item_put_map(struct buf *out, size_t n, struct err *err);

#endif
