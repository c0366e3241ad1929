/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TPM's numbers of hash algorithms, and ours. */
#include "attest/tpm_alg.h"

static const struct {
	uint16_t alg;
	enum hash_algo algo;
} hashes[] = {
	{ TPM_SHA1, HASH_SHA1 },
	{ TPM_SHA256, HASH_SHA256 },
	{ TPM_SHA384, HASH_SHA384 },
	{ TPM_SHA512, HASH_SHA512 },
};

int tpm_alg_hash(uint64_t alg, enum hash_algo *ret_algo, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		if (hashes[i].alg == alg) {
			*ret_algo = hashes[i].algo;
			return 0;
		}
	return err_set(err, "hash algorithm 0x%04llx of the TPM is not supported",
		       (unsigned long long)alg);
}

uint16_t tpm_alg_of_hash(enum hash_algo algo)
{
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
		if (hashes[i].algo == algo)
			return hashes[i].alg;
	return TPM_NULL;
}
