/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Merkle tree and file digest of fs-verity, computed as the kernel does. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/fsverity.h>

#include "ima/verity.h"

#define TREE_LEVELS_MAX 8     /* FS_VERITY_MAX_LEVELS of fs/verity/fsverity_private.h */
#define TREE_DIGEST 32	      /* bytes of SHA-256 */
#define DESCRIPTOR_SIZE 256   /* struct fsverity_descriptor */
#define DESCRIPTOR_SIZE_AT 8  /* data_size, little endian */
#define DESCRIPTOR_ROOT_AT 16 /* root_hash */
#define LOG_BLOCK 12	      /* log2 of VERITY_BLOCK */

/* One block under construction per level: full ones are hashed into the level above. */
struct tree {
	uint8_t data[VERITY_BLOCK];
	uint8_t block[TREE_LEVELS_MAX][VERITY_BLOCK];
	size_t used[TREE_LEVELS_MAX];
};

static void cleanup_hash(struct hash_ctx **ctx)
{
	hash_free(*ctx);
}

static int hash_block(struct hash_ctx *ctx, uint8_t block[static VERITY_BLOCK], size_t used,
		      struct digest *ret_digest, struct err *err)
{
	memset(block + used, 0, VERITY_BLOCK - used);
	if (hash_begin(ctx, HASH_SHA256, err) < 0 || hash_update(ctx, block, VERITY_BLOCK, err) < 0)
		return -1;
	return hash_final(ctx, ret_digest, err);
}

static int level_add(struct tree *t, struct hash_ctx *ctx, size_t level, const struct digest *d,
		     struct err *err)
{
	struct digest up;

	if (level == TREE_LEVELS_MAX)
		return err_set(err, "the file is too large for fs-verity");
	if (t->used[level] == VERITY_BLOCK) {
		if (hash_block(ctx, t->block[level], VERITY_BLOCK, &up, err) < 0 ||
		    level_add(t, ctx, level + 1, &up, err) < 0)
			return -1;
		t->used[level] = 0;
	}
	memcpy(t->block[level] + t->used[level], d->data, TREE_DIGEST);
	t->used[level] += TREE_DIGEST;
	return 0;
}

/* Closes the levels from below; the topmost, which holds a single digest, has the root. */
static int tree_root(struct tree *t, struct hash_ctx *ctx, uint8_t ret_root[static TREE_DIGEST],
		     struct err *err)
{
	for (size_t i = 0; i < TREE_LEVELS_MAX; i++) {
		bool top = i + 1 == TREE_LEVELS_MAX || t->used[i + 1] == 0;
		struct digest d;

		if (top && t->used[i] == TREE_DIGEST) {
			memcpy(ret_root, t->block[i], TREE_DIGEST);
			return 0;
		}
		if (hash_block(ctx, t->block[i], t->used[i], &d, err) < 0 ||
		    level_add(t, ctx, i + 1, &d, err) < 0)
			return -1;
	}
	return err_set(err, "the file is too large for fs-verity");
}

static int read_block(int fd, off_t at, uint8_t *ret_block, size_t *ret_len, struct err *err)
{
	size_t got = 0;

	while (got < VERITY_BLOCK) {
		ssize_t n = pread(fd, ret_block + got, VERITY_BLOCK - got, at + (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "read");
		if (n == 0)
			break;
		got += (size_t)n;
	}
	*ret_len = got;
	return 0;
}

static int add_data(struct tree *t, struct hash_ctx *ctx, int fd, off_t size, struct err *err)
{
	for (off_t at = 0; at < size; at += VERITY_BLOCK) {
		struct digest d;
		size_t len = 0;

		if (read_block(fd, at, t->data, &len, err) < 0)
			return -1;
		if (len != VERITY_BLOCK && at + (off_t)len != size)
			return err_set(err, "the file changed while it was read");
		if (hash_block(ctx, t->data, len, &d, err) < 0 || level_add(t, ctx, 0, &d, err) < 0)
			return -1;
	}
	return 0;
}

static int descriptor_digest(const uint8_t root[static TREE_DIGEST], off_t size,
			     struct digest *ret_digest, struct err *err)
{
	uint8_t desc[DESCRIPTOR_SIZE] = { 1, FS_VERITY_HASH_ALG_SHA256, LOG_BLOCK };

	for (size_t i = 0; i < 8; i++)
		desc[DESCRIPTOR_SIZE_AT + i] = (uint8_t)((uint64_t)size >> (8 * i));
	memcpy(desc + DESCRIPTOR_ROOT_AT, root, TREE_DIGEST);
	return hash_bytes(HASH_SHA256, desc, sizeof(desc), ret_digest, err);
}

int verity_compute(int fd, off_t size, struct digest *ret_digest, struct err *err)
{
	CLEANUP(cleanup_hash) struct hash_ctx *ctx = NULL;
	AUTO_MEM struct tree *t = calloc(1, sizeof(*t));
	uint8_t root[TREE_DIGEST] = { 0 };

	if (!t)
		return err_set(err, "out of memory");
	if (hash_new(&ctx, err) < 0)
		return -1;
	if (size > 0 && (add_data(t, ctx, fd, size, err) < 0 || tree_root(t, ctx, root, err) < 0))
		return -1;
	return descriptor_digest(root, size, ret_digest, err);
}
