/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of signatures that verified. */
#include "attest/list_cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SET_WAYS 4 /* a cache line */
#define HEAD_LEN 6 /* bytes before digest and signature */

/*
 * The halves are written one after the other, so that a reader may see those of two signatures side
 * by side.  For that to be mistaken for a third, 128 bits must agree all the same.
 */
struct slot {
	_Atomic uint64_t half[2]; /* both 0: empty */
};

struct set {
	struct slot way[SET_WAYS];
};

struct list_cache {
	struct siphash_key key;
	uint64_t mask;
	struct set *sets; /* mapped: aligned, and taken from memory as they are used */
};

static size_t sets_size(const struct list_cache *cache)
{
	return (cache->mask + 1) * sizeof(*cache->sets);
}

void list_cache_free(struct list_cache *cache)
{
	if (!cache)
		return;
	explicit_bzero(&cache->key, sizeof(cache->key));
	if (cache->sets)
		(void)munmap(cache->sets, sets_size(cache));
	free(cache);
}

static void cleanup_cache(struct list_cache **cache)
{
	list_cache_free(*cache);
}

int list_cache_new(size_t entries, struct list_cache **ret_cache, struct err *err)
{
	CLEANUP(cleanup_cache) struct list_cache *c = calloc(1, sizeof(*c));
	size_t sets = 1;
	void *mapped;

	if (entries > LIST_CACHE_MAX)
		return err_set(err, "cache: more than %zu signatures", LIST_CACHE_MAX);
	while (sets * SET_WAYS < entries)
		sets *= 2;
	if (!c)
		return err_set(err, "out of memory");
	c->mask = sets - 1;
	mapped = mmap(NULL, sets_size(c), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (mapped == MAP_FAILED)
		return err_set(err, "out of memory");
	c->sets = mapped;
	/* Each look goes somewhere else: with small pages it would wait for their tables, too. */
	(void)madvise(mapped, sets_size(c), MADV_HUGEPAGE);
	if (siphash_key_make(&c->key, err) < 0)
		return -1;
	*ret_cache = take_ptr(&c);
	return 0;
}

struct siphash_value list_cache_tag(const struct list_cache *cache, const struct list_claim *claim)
{
	uint8_t input[HEAD_LEN + HASH_SIZE_MAX + LIST_CLAIM_SIG_MAX];
	struct siphash_value tag;

	/* Lengths first, so that no two claims are the same bytes. */
	input[0] = claim->verity;
	input[1] = (uint8_t)claim->algo;
	input[2] = (uint8_t)claim->digest_len;
	input[3] = (uint8_t)(claim->sig_len >> 8);
	input[4] = (uint8_t)claim->sig_len;
	input[5] = 0;
	memcpy(input + HEAD_LEN, claim->digest, claim->digest_len);
	memcpy(input + HEAD_LEN + claim->digest_len, claim->sig, claim->sig_len);
	tag = siphash_bytes(&cache->key, input, HEAD_LEN + claim->digest_len + claim->sig_len);
	if (tag.v[0] == 0 && tag.v[1] == 0)
		tag.v[1] = 1; /* as good as any other */
	return tag;
}

static struct set *set_of(const struct list_cache *cache, struct siphash_value tag)
{
	return &cache->sets[tag.v[0] & cache->mask];
}

static bool holds(const struct slot *slot, struct siphash_value tag)
{
	return atomic_load_explicit(&slot->half[0], memory_order_relaxed) == tag.v[0] &&
	       atomic_load_explicit(&slot->half[1], memory_order_relaxed) == tag.v[1];
}

static bool is_empty(const struct slot *slot)
{
	return atomic_load_explicit(&slot->half[0], memory_order_relaxed) == 0 &&
	       atomic_load_explicit(&slot->half[1], memory_order_relaxed) == 0;
}

bool list_cache_has(const struct list_cache *cache, struct siphash_value tag)
{
	const struct set *set = set_of(cache, tag);

	for (size_t i = 0; i < SET_WAYS; i++)
		if (holds(&set->way[i], tag))
			return true;
	return false;
}

void list_cache_put(struct list_cache *cache, struct siphash_value tag)
{
	struct set *set = set_of(cache, tag);
	struct slot *slot = &set->way[tag.v[1] % SET_WAYS];

	for (size_t i = 0; i < SET_WAYS; i++) {
		if (holds(&set->way[i], tag))
			return;
		if (is_empty(&set->way[i]))
			slot = &set->way[i];
	}
	atomic_store_explicit(&slot->half[0], tag.v[0], memory_order_relaxed);
	atomic_store_explicit(&slot->half[1], tag.v[1], memory_order_relaxed);
}
