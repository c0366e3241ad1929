/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCR arithmetic, by OpenSSL's functions for one algorithm each. */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_Init and its like: EVP takes 100 ns more for each */

#include "crypto/bank.h"

#include <string.h>

#include <openssl/sha.h>

/* They can't fail: what they return is for other implementations of the same names. */
#define BANK_HASH(name, type, init, update, final) \
	static void name(const void *data, size_t len, uint8_t *ret_digest) \
	{ \
		type ctx; \
\
		(void)init(&ctx); \
		(void)update(&ctx, data, len); \
		(void) final(ret_digest, &ctx); \
	}
BANK_HASH(hash_sha1, SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final)
BANK_HASH(hash_sha256, SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final)
BANK_HASH(hash_sha384, SHA512_CTX, SHA384_Init, SHA384_Update, SHA384_Final)
BANK_HASH(hash_sha512, SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final)

void bank_hash(enum hash_algo algo, const void *data, size_t len, uint8_t *ret_digest)
{
	switch (algo) {
	case HASH_SHA1:
		hash_sha1(data, len, ret_digest);
		break;
	case HASH_SHA256:
		hash_sha256(data, len, ret_digest);
		break;
	case HASH_SHA384:
		hash_sha384(data, len, ret_digest);
		break;
	case HASH_SHA512:
		hash_sha512(data, len, ret_digest);
		break;
	}
}

void bank_extend(enum hash_algo algo, uint8_t *pcr, const uint8_t *digest)
{
	size_t size = hash_algo_size(algo);
	uint8_t both[2 * HASH_SIZE_MAX];

	memcpy(both, pcr, size);
	memcpy(both + size, digest, size);
	bank_hash(algo, both, 2 * size, pcr);
}
