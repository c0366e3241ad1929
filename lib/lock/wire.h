/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The few shapes of which the lock's messages consist; docs/PROTOCOL.lock, section 1. */
#ifndef ASSAY_LOCK_WIRE_H
#define ASSAY_LOCK_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"

MUST_USE int wire_put_be64(struct buf *b, uint64_t v, struct err *err);

/* Two bytes of length, big endian, then the bytes. */
MUST_USE int wire_put_bytes(struct buf *b, const void *data, size_t len, struct err *err);
/* How many; more than max fail the cursor and give 0. */
size_t wire_bytes(struct rd *in, uint8_t *ret_data, size_t max);

/* One byte of length, then text; a NUL in it, or max bytes and more, fail the cursor and give "".
 */
MUST_USE int wire_put_text(struct buf *b, const char *text, struct err *err);
void wire_text(struct rd *in, char *ret_text, size_t max);

/* Printable ASCII without blanks; not empty. */
bool wire_is_word(const char *text);
/* Printable ASCII, blanks too; may be empty. */
bool wire_is_text(const char *text);

#endif
