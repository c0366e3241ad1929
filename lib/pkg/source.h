/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packages as libarchive is given them, whatever their format: read once, and hashed on the way. */
#ifndef ASSAY_PKG_SOURCE_H
#define ASSAY_PKG_SOURCE_H

#include <stdint.h>
#include <sys/types.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"
#include "crypto/hash.h"

/* One file from its beginning to its end. */
struct source {
	int fd; /* the caller's */
	uint8_t *block;
	struct hash_ctx *hash; /* SHA-256 over what was read */
};

#define SOURCE_INIT \
	{ \
		.fd = -1 \
	}

MUST_USE int source_init(struct source *source, int fd, struct err *err);
void source_done(struct source *source);

/* The next bytes, source->block; 0 at the end, -1 with err. */
MUST_USE ssize_t source_next(struct source *source, struct err *err);

/* The same for libarchive; ctx is the source. */
la_ssize_t source_read(struct archive *archive, void *ctx, const void **ret_data);

/* Reads what is left, and tells what all of it hashes to. */
MUST_USE int source_finish(struct source *source, struct digest *ret_digest, struct err *err);

/* tar in the compressions that packages have, and none that libarchive starts a program for. */
MUST_USE int source_support_tar(struct archive *archive, struct err *err);

/* "./usr/bin/true", "usr/bin/true" and "/usr/bin/true" are the same; the caller frees it. */
MUST_USE int source_entry_path(struct archive_entry *entry, char **ret_path, struct err *err);

/* What was unpacked so far. */
struct source_count {
	uint64_t entries;
	uint64_t content;
};

/* One more entry of that size (none: 0 or less); max is for the sum of them. */
MUST_USE int source_count_entry(struct source_count *count, int64_t size, uint64_t max,
				struct err *err);

/* What libarchive says is wrong; never NULL. */
const char *source_trouble(struct archive *archive);
void source_free_archive(struct archive **archive);

#endif
