/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of messages: one table says how a message is written and how it is read. */
#ifndef ASSAY_ATTEST_EVIDENCE_FIELD_H
#define ASSAY_ATTEST_EVIDENCE_FIELD_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"

enum field_kind {
	FIELD_FIXED, /* uint8_t[max] */
	FIELD_BYTES, /* struct bytes, min to max bytes */
	FIELD_TEXT,  /* char[max], NUL included */
	FIELD_U32,
	FIELD_U64,
	FIELD_BOOL,
	FIELD_PCRS,  /* struct pcr_set */
	FIELD_CERTS, /* struct bytes[RECORD_CERTS_MAX], and behind it their number */
};

struct field {
	const char *name; /* for errors */
	enum field_kind kind;
	size_t offset; /* in the message's struct */
	size_t min, max;
};

/* at is where the field is in the message's struct, which is zeroed before it is read. */
MUST_USE int field_encode(const struct field *field, const uint8_t *at, struct buf *out,
			  struct err *err);
MUST_USE int field_decode(const struct field *field, struct rd *in, uint8_t *ret_at,
			  struct err *err);

#endif
