/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, numbers and sizes of hash algorithms; needs no OpenSSL. */
#include <string.h>

#include "crypto/hash.h"

#define HASH_ALGOS 4

static const struct {
	enum hash_algo algo;
	size_t size; /* bytes */
	const char *name;
} algos[HASH_ALGOS] = {
	{ HASH_SHA1, 20, "sha1" },
	{ HASH_SHA256, 32, "sha256" },
	{ HASH_SHA384, 48, "sha384" },
	{ HASH_SHA512, 64, "sha512" },
};

static size_t index_of(enum hash_algo algo)
{
	size_t i = 0;

	while (i < HASH_ALGOS && algos[i].algo != algo)
		i++;
	return i;
}

int hash_algo_parse(const char *name, enum hash_algo *ret_algo, struct err *err)
{
	for (size_t i = 0; i < HASH_ALGOS; i++) {
		if (strcmp(name, algos[i].name) == 0) {
			*ret_algo = algos[i].algo;
			return 0;
		}
	}
	return err_set(err, "no hash algorithm is named '%s' (sha1, sha256, sha384, sha512)", name);
}

int hash_algo_decode(unsigned int number, enum hash_algo *ret_algo, struct err *err)
{
	for (size_t i = 0; i < HASH_ALGOS; i++) {
		if ((unsigned int)algos[i].algo == number) {
			*ret_algo = algos[i].algo;
			return 0;
		}
	}
	return err_set(err, "hash algorithm number %u is not supported", number);
}

const char *hash_algo_name(enum hash_algo algo)
{
	size_t i = index_of(algo);

	return i < HASH_ALGOS ? algos[i].name : "unknown";
}

size_t hash_algo_size(enum hash_algo algo)
{
	size_t i = index_of(algo);

	return i < HASH_ALGOS ? algos[i].size : 0;
}
