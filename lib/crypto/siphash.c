/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-2-4, 128 bits. */
#include "crypto/siphash.h"

#include <string.h>
#include <sys/random.h>

#define WORD 8		 /* bytes taken at a time */
#define ROUNDS 2	 /* for each word */
#define ROUNDS_AT_END 4	 /* before each half of the output */
#define MARK_WIDE 0xee	 /* what makes the first half of 128 bits differ from 64 bits */
#define MARK_SECOND 0xdd /* and the second from the first */
#define BITS(n) ((n)*8)	 /* of n bytes */

struct state {
	uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t v, unsigned int n)
{
	return v << n | v >> (64 - n);
}

static inline uint64_t word_at(const uint8_t *p)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < WORD; i++)
		v |= (uint64_t)p[i] << BITS(i);
	return v;
}

static inline void mix(struct state *s, unsigned int rounds)
{
	for (unsigned int i = 0; i < rounds; i++) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotate(s->b, 13) ^ s->a;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a = rotate(s->a, 32);
		s->a += s->d;
		s->c += s->b;
		s->d = rotate(s->d, 21) ^ s->a;
		s->b = rotate(s->b, 17) ^ s->c;
		s->c = rotate(s->c, 32);
	}
}

static inline void take_word(struct state *s, uint64_t word)
{
	s->d ^= word;
	mix(s, ROUNDS);
	s->a ^= word;
}

struct siphash_key siphash_key_load(const uint8_t bytes[static SIPHASH_KEY_SIZE])
{
	return (struct siphash_key){ .k = { word_at(bytes), word_at(bytes + WORD) } };
}

int siphash_key_make(struct siphash_key *ret_key, struct err *err)
{
	uint8_t bytes[SIPHASH_KEY_SIZE];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_errno(err, "random numbers");
	*ret_key = siphash_key_load(bytes);
	return 0;
}

struct siphash_value siphash_bytes(const struct siphash_key *key, const void *data, size_t len)
{
	struct state s = {
		.a = key->k[0] ^ 0x736f6d6570736575U,
		.b = key->k[1] ^ 0x646f72616e646f6dU ^ MARK_WIDE,
		.c = key->k[0] ^ 0x6c7967656e657261U,
		.d = key->k[1] ^ 0x7465646279746573U,
	};
	const uint8_t *p = data;
	uint64_t last = (uint64_t)len << BITS(WORD - 1);
	struct siphash_value ret;
	size_t left = len;

	for (; left >= WORD; left -= WORD, p += WORD)
		take_word(&s, word_at(p));
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)p[i] << BITS(i);
	take_word(&s, last);
	s.c ^= MARK_WIDE;
	mix(&s, ROUNDS_AT_END);
	ret.v[0] = s.a ^ s.b ^ s.c ^ s.d;
	s.b ^= MARK_SECOND;
	mix(&s, ROUNDS_AT_END);
	ret.v[1] = s.a ^ s.b ^ s.c ^ s.d;
	return ret;
}
