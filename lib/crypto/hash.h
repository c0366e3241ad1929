/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests by the names and numbers that the kernel gives them. */
#ifndef ASSAY_CRYPTO_HASH_H
#define ASSAY_CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* include/uapi/linux/hash_info.h, enum hash_algo (Linux 6.1): the number stands in xattrs. */
enum hash_algo {
	HASH_SHA1 = 2,
	HASH_SHA256 = 4,
	HASH_SHA384 = 5,
	HASH_SHA512 = 6,
};

#define HASH_SIZE_MAX 64 /* bytes */

struct digest {
	enum hash_algo algo;
	size_t len; /* bytes used of data */
	uint8_t data[HASH_SIZE_MAX];
};

/* "sha256" and the like; an unknown name or number fails. */
MUST_USE int hash_algo_parse(const char *name, enum hash_algo *ret_algo, struct err *err);
MUST_USE int hash_algo_decode(unsigned int number, enum hash_algo *ret_algo, struct err *err);
const char *hash_algo_name(enum hash_algo algo);
size_t hash_algo_size(enum hash_algo algo);

MUST_USE int hash_bytes(enum hash_algo algo, const void *data, size_t len,
			struct digest *ret_digest, struct err *err);

/* From the current offset to the end, read in large pieces; name is for the error. */
MUST_USE int hash_fd(enum hash_algo algo, int fd, const char *name, struct digest *ret_digest,
		     struct err *err);

/* An incremental hash, reusable: hash_begin starts it anew. */
struct hash_ctx;
MUST_USE int hash_new(struct hash_ctx **ret_ctx, struct err *err);

/* Most bytes read from a file at a time, at most 1 MiB (the default); before the first is read. */
void hash_set_chunk(struct hash_ctx *ctx, size_t size);

MUST_USE int hash_begin(struct hash_ctx *ctx, enum hash_algo algo, struct err *err);
MUST_USE int hash_update(struct hash_ctx *ctx, const void *data, size_t len, struct err *err);
MUST_USE int hash_final(struct hash_ctx *ctx, struct digest *ret_digest, struct err *err);
/* Adds the whole of a regular file, offset 0 to its end, without moving the offset.  size is what
 * fstat told: a hint that saves the last read. */
MUST_USE int hash_file(struct hash_ctx *ctx, int fd, off_t size, struct err *err);
/* The first bytes that the last hash_file of this context added, at most HASH_HEAD_SIZE. */
#define HASH_HEAD_SIZE 32
const uint8_t *hash_head(const struct hash_ctx *ctx, size_t *ret_len);
/* The last ones, at most HASH_TAIL_SIZE. */
#define HASH_TAIL_SIZE 24
const uint8_t *hash_tail(const struct hash_ctx *ctx, size_t *ret_len);
void hash_free(struct hash_ctx *ctx);

/*
 * From now on each hash is made together with the MD5 of the same bytes, read once, so that what
 * dpkg delivered and what is signed are one content: md5_final gives it afterwards.  NULL: no more.
 */
struct md5;
void hash_tee_md5(struct hash_ctx *ctx, struct md5 *md5);

#endif
