/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one growing byte buffer; every growth is bounded. */
#ifndef ASSAY_BASE_BUF_H
#define ASSAY_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

/*
 * data[0..len) are the bytes.  data[len] is always NUL once something was put, so text needs no
 * copy.  max is the most bytes that it takes; a put beyond it fails and leaves it as it was.
 */
struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t max;
};

#define BUF_INIT(limit) \
	{ \
		.data = NULL, .len = 0, .cap = 0, .max = (limit) \
	}
#define AUTO_BUF CLEANUP(buf_done) struct buf

MUST_USE int buf_put(struct buf *b, const void *data, size_t len, struct err *err);
MUST_USE int buf_put_u8(struct buf *b, uint8_t v, struct err *err);
MUST_USE int buf_put_be16(struct buf *b, uint16_t v, struct err *err);
MUST_USE int buf_put_be32(struct buf *b, uint32_t v, struct err *err);
MUST_USE int buf_putf(struct buf *b, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Makes room for len bytes after the current ones, to be filled by the caller; len is added. */
MUST_USE int buf_reserve(struct buf *b, size_t len, uint8_t **ret_at, struct err *err);

const char *buf_text(const struct buf *b); /* never NULL */

/*
 * The next line without its newline, of a text that is cut up as it is read: *state is NULL before
 * the first.  Empty lines are left out, and what follows a NUL.  NULL: there is no more.
 */
char *buf_line(struct buf *b, char **state);

void buf_reset(struct buf *b); /* empties, keeps the memory */
void buf_done(struct buf *b);  /* frees */
void buf_wipe(struct buf *b);  /* overwrites the bytes, then frees: for secrets */

#endif
