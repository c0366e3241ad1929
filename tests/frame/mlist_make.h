/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measurement lists as a kernel writes them, for tests and benches. */
#ifndef ASSAY_TESTS_FRAME_MLIST_MAKE_H
#define ASSAY_TESTS_FRAME_MLIST_MAKE_H

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "crypto/hash.h"
#include "ima/mlist.h"

#define MAKE_UNUSED __attribute__((unused))

MAKE_UNUSED static int make_le32(struct buf *out, size_t v, struct err *err)
{
	uint8_t bytes[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
			     (uint8_t)(v >> 24) };

	return buf_put(out, bytes, sizeof(bytes), err);
}

/* One field of template data: its length, and it. */
MAKE_UNUSED static int make_field(struct buf *data, const void *field, size_t len, struct err *err)
{
	return make_le32(data, len, err) < 0 ? -1 : buf_put(data, field, len, err);
}

/* The field d-ng, or with a kind ("ima", "verity") d-ngv2. */
MAKE_UNUSED static int make_digest(struct buf *data, const char *kind, const struct digest *digest,
				   struct err *err)
{
	uint8_t field[64 + HASH_SIZE_MAX];
	int n = snprintf((char *)field, 64, "%s%s%s:", kind ? kind : "", kind ? ":" : "",
			 hash_algo_name(digest->algo));
	size_t head = (size_t)n + 1;

	memcpy(field + head, digest->data, digest->len);
	return make_field(data, field, head + digest->len, err);
}

/* An entry around template data, for any PCR; a violation has no template digest. */
MAKE_UNUSED static int make_entry(struct buf *out, const char *template, const struct buf *data,
				  bool violation, struct err *err)
{
	struct digest sha1 = { .len = 0 };

	if (!violation && hash_bytes(HASH_SHA1, data->data, data->len, &sha1, err) < 0)
		return -1;
	if (violation)
		memset(sha1.data, 0, MLIST_TEMPLATE_DIGEST);
	if (make_le32(out, MLIST_PCR, err) < 0 ||
	    buf_put(out, sha1.data, MLIST_TEMPLATE_DIGEST, err) < 0)
		return -1;
	return make_field(out, template, strlen(template), err) < 0 ||
			       make_field(out, data->data, data->len, err) < 0
		       ? -1
		       : 0;
}

struct made_file {
	const char *template;
	const char *kind; /* as for make_digest */
	const char *name;
	const struct digest *digest;
	const void *sig; /* the third field, whatever the template calls it */
	size_t sig_len;
	bool two_fields; /* as in ima-ng */
	bool violation;
};

MAKE_UNUSED static int make_file(struct buf *out, const struct made_file *file, struct err *err)
{
	AUTO_BUF data = BUF_INIT(1 << 20);

	if (make_digest(&data, file->kind, file->digest, err) < 0 ||
	    make_field(&data, file->name, strlen(file->name) + 1, err) < 0)
		return -1;
	if (!file->two_fields && make_field(&data, file->sig, file->sig_len, err) < 0)
		return -1;
	return make_entry(out, file->template, &data, file->violation, err);
}

#endif
