/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded cursor through which all bytes from outside are read. */
#ifndef ASSAY_BASE_RD_H
#define ASSAY_BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/*
 * Reads past the end set failed, consume nothing and give zeroes; a decoder reads its fields in a
 * row and asks rd_ok once before it believes any of them.
 */
struct rd {
	const uint8_t *at;
	size_t left;
	bool failed;
};

struct rd rd_init(const void *data, size_t len);
uint8_t rd_u8(struct rd *r);
uint16_t rd_le16(struct rd *r);
uint32_t rd_le32(struct rd *r);
uint64_t rd_le64(struct rd *r);
uint16_t rd_be16(struct rd *r);
uint32_t rd_be32(struct rd *r);
uint64_t rd_be64(struct rd *r);

/* The next len bytes, in place; NULL (and failed) when there are fewer. */
const uint8_t *rd_bytes(struct rd *r, size_t len);

/* A cursor over the next len bytes; a failed one when there are fewer. */
struct rd rd_sub(struct rd *r, size_t len);

/* The bytes up to and not including the first end byte, which is consumed too; fails without one.
 */
const uint8_t *rd_until(struct rd *r, uint8_t end, size_t *ret_len);

bool rd_ok(const struct rd *r);	  /* nothing failed so far */
bool rd_done(const struct rd *r); /* nothing failed and nothing is left */

#endif
