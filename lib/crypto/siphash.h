/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-2-4 with 128 bits of output (Aumasson, Bernstein: SipHash, 2012), a keyed hash. */
#ifndef ASSAY_CRYPTO_SIPHASH_H
#define ASSAY_CRYPTO_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SIPHASH_KEY_SIZE 16 /* bytes */

struct siphash_key {
	uint64_t k[2];
};

struct siphash_value {
	uint64_t v[2];
};

struct siphash_key siphash_key_load(const uint8_t bytes[static SIPHASH_KEY_SIZE]);

/* A key that nobody can know. */
MUST_USE int siphash_key_make(struct siphash_key *ret_key, struct err *err);

/* To whoever does not know the key, the values of any two inputs agree with a chance of 2^-128. */
struct siphash_value siphash_bytes(const struct siphash_key *key, const void *data, size_t len);

#endif
