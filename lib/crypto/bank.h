/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCR arithmetic over very many short inputs: no context, no allocation, no failure. */
#ifndef ASSAY_CRYPTO_BANK_H
#define ASSAY_CRYPTO_BANK_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/hash.h"

/* hash_bytes without its set-up, which takes longer than to hash some hundred bytes.  ret_digest
 * gets hash_algo_size(algo) bytes. */
void bank_hash(enum hash_algo algo, const void *data, size_t len, uint8_t *ret_digest);

/* TPM2_PCR_Extend: pcr = H(pcr || digest), both of hash_algo_size(algo) bytes. */
void bank_extend(enum hash_algo algo, uint8_t *pcr, const uint8_t *digest);

#endif
