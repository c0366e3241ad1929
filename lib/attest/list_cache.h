/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of signatures that verified: fixed size, lock-free, shared by all hosts and threads.
 */
#ifndef ASSAY_ATTEST_LIST_CACHE_H
#define ASSAY_ATTEST_LIST_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "crypto/siphash.h"

#define LIST_CACHE_ENTRY 16		 /* bytes that one signature takes */
#define LIST_CACHE_MAX ((size_t)1 << 28) /* signatures */

/*
 * Holds, of each signature that verified, 128 bits of a hash whose key is made for this object and
 * leaves it in no form.  So nobody can look for two inputs with one value: who has n of his own
 * asked for while m are remembered has one of them taken for remembered with a chance of at most
 * n * m / 2^128, which for 2^40 and 2^28 is 2^-60.
 */
struct list_cache;
MUST_USE int list_cache_new(size_t entries, struct list_cache **ret_cache, struct err *err);
void list_cache_free(struct list_cache *cache);

/* What a signature says: this security.ima stands for a file of this digest. */
struct list_claim {
	enum hash_algo algo;
	bool verity;
	const uint8_t *digest;
	size_t digest_len; /* at most HASH_SIZE_MAX */
	const uint8_t *sig;
	size_t sig_len; /* at most LIST_CLAIM_SIG_MAX */
};

#define LIST_CLAIM_SIG_MAX 1024

struct siphash_value list_cache_tag(const struct list_cache *cache, const struct list_claim *claim);
/* Was list_cache_put called with it?  It may have been forgotten since. */
bool list_cache_has(const struct list_cache *cache, struct siphash_value tag);
void list_cache_put(struct list_cache *cache, struct siphash_value tag);

#endif
