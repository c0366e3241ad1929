/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests, over OpenSSL's. */
#include "crypto/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/md5.h"
#include "crypto/ossl.h"

#define HASH_ALGOS_MAX (HASH_SHA512 + 1)
#define HASH_CHUNK (1 << 20) /* bytes read at a time from large files */

struct hash_ctx {
	EVP_MD_CTX *ctx;
	EVP_MD *md[HASH_ALGOS_MAX]; /* by number; an implicit fetch for every file is dear */
	enum hash_algo current;
	struct md5 *md5; /* the caller's, NULL: none */
	uint8_t *chunk;	 /* for hash_fd, allocated when first needed */
	size_t chunk_size;
	uint8_t head[HASH_HEAD_SIZE];
	size_t head_len;
	uint8_t tail[HASH_TAIL_SIZE];
	size_t tail_len;
};

int hash_new(struct hash_ctx **ret_ctx, struct err *err)
{
	struct hash_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return err_set(err, "out of memory");
	ctx->chunk_size = HASH_CHUNK;
	ctx->ctx = EVP_MD_CTX_new();
	if (!ctx->ctx) {
		hash_free(ctx);
		return err_set(err, "out of memory");
	}
	*ret_ctx = ctx;
	return 0;
}

void hash_free(struct hash_ctx *ctx)
{
	if (!ctx)
		return;
	EVP_MD_CTX_free(ctx->ctx);
	for (size_t i = 0; i < HASH_ALGOS_MAX; i++)
		EVP_MD_free(ctx->md[i]);
	free(ctx->chunk);
	free(ctx);
}

void hash_set_chunk(struct hash_ctx *ctx, size_t size)
{
	ctx->chunk_size = size < HASH_CHUNK ? size : HASH_CHUNK;
}

void hash_tee_md5(struct hash_ctx *ctx, struct md5 *md5)
{
	ctx->md5 = md5;
}

int hash_begin(struct hash_ctx *ctx, enum hash_algo algo, struct err *err)
{
	if (hash_algo_decode(algo, &ctx->current, err) < 0)
		return -1;
	if (!ctx->md[algo])
		ctx->md[algo] = EVP_MD_fetch(NULL, hash_algo_name(algo), NULL);
	if (!ctx->md[algo] || EVP_DigestInit_ex2(ctx->ctx, ctx->md[algo], NULL) != 1)
		return ossl_fail(err, hash_algo_name(algo));
	return ctx->md5 ? md5_begin(ctx->md5, err) : 0;
}

int hash_update(struct hash_ctx *ctx, const void *data, size_t len, struct err *err)
{
	if (EVP_DigestUpdate(ctx->ctx, data, len) != 1)
		return ossl_fail(err, "hash");
	return ctx->md5 ? md5_update(ctx->md5, data, len, err) : 0;
}

int hash_final(struct hash_ctx *ctx, struct digest *ret_digest, struct err *err)
{
	unsigned int len = 0;

	if (EVP_DigestFinal_ex(ctx->ctx, ret_digest->data, &len) != 1)
		return ossl_fail(err, "hash");
	ret_digest->algo = ctx->current;
	ret_digest->len = len;
	return 0;
}

int hash_bytes(enum hash_algo algo, const void *data, size_t len, struct digest *ret_digest,
	       struct err *err)
{
	size_t got = 0;

	if (hash_algo_decode(algo, &ret_digest->algo, err) < 0)
		return -1;
	if (EVP_Q_digest(NULL, hash_algo_name(algo), NULL, data, len, ret_digest->data, &got) != 1)
		return ossl_fail(err, hash_algo_name(algo));
	ret_digest->len = got;
	return 0;
}

static int need_chunk(struct hash_ctx *ctx, struct err *err)
{
	if (!ctx->chunk)
		ctx->chunk = malloc(ctx->chunk_size);
	return ctx->chunk ? 0 : err_set(err, "out of memory");
}

/* A read may have been short, so that the head comes in pieces. */
static void keep_head(struct hash_ctx *ctx, size_t n)
{
	size_t room = sizeof(ctx->head) - ctx->head_len;

	n = n < room ? n : room;
	memcpy(ctx->head + ctx->head_len, ctx->chunk, n);
	ctx->head_len += n;
}

/* Of the bytes that there were and the n new ones, the last. */
static void keep_tail(struct hash_ctx *ctx, size_t n)
{
	size_t fresh = n < sizeof(ctx->tail) ? n : sizeof(ctx->tail);
	size_t kept = sizeof(ctx->tail) - fresh;

	kept = kept < ctx->tail_len ? kept : ctx->tail_len;
	memmove(ctx->tail, ctx->tail + ctx->tail_len - kept, kept);
	memcpy(ctx->tail + kept, ctx->chunk + n - fresh, fresh);
	ctx->tail_len = kept + fresh;
}

const uint8_t *hash_tail(const struct hash_ctx *ctx, size_t *ret_len)
{
	*ret_len = ctx->tail_len;
	return ctx->tail;
}

const uint8_t *hash_head(const struct hash_ctx *ctx, size_t *ret_len)
{
	*ret_len = ctx->head_len;
	return ctx->head;
}

int hash_file(struct hash_ctx *ctx, int fd, off_t size, struct err *err)
{
	off_t at = 0;

	ctx->head_len = 0;
	ctx->tail_len = 0;
	if (need_chunk(ctx, err) < 0)
		return -1;
	if (size > HASH_CHUNK)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	for (;;) {
		ssize_t n = pread(fd, ctx->chunk, ctx->chunk_size, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "read");
		if (hash_update(ctx, ctx->chunk, (size_t)n, err) < 0)
			return -1;
		keep_head(ctx, (size_t)n);
		keep_tail(ctx, (size_t)n);
		at += n;
		if (n == 0 || (at == size && (size_t)n < ctx->chunk_size))
			return 0;
	}
}

static int hash_rest(struct hash_ctx *ctx, int fd, const char *name, struct err *err)
{
	for (;;) {
		ssize_t n = read(fd, ctx->chunk, ctx->chunk_size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "read: %s", name);
		if (n == 0)
			return 0;
		if (hash_update(ctx, ctx->chunk, (size_t)n, err) < 0)
			return -1;
	}
}

static void cleanup_ctx(struct hash_ctx **ctx)
{
	hash_free(*ctx);
}

int hash_fd(enum hash_algo algo, int fd, const char *name, struct digest *ret_digest,
	    struct err *err)
{
	CLEANUP(cleanup_ctx) struct hash_ctx *ctx = NULL;

	if (hash_new(&ctx, err) < 0 || need_chunk(ctx, err) < 0 || hash_begin(ctx, algo, err) < 0 ||
	    hash_rest(ctx, fd, name, err) < 0)
		return -1;
	return hash_final(ctx, ret_digest, err);
}
