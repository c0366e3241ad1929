/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TPM_ALG_ID (TPM 2.0 Library part 2, 6.3), as far as evidence has them. */
#ifndef ASSAY_ATTEST_TPM_ALG_H
#define ASSAY_ATTEST_TPM_ALG_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"

#define TPM_SHA1 0x0004
#define TPM_AES 0x0006
#define TPM_SHA256 0x000b
#define TPM_SHA384 0x000c
#define TPM_SHA512 0x000d
#define TPM_NULL 0x0010
#define TPM_RSASSA 0x0014
#define TPM_RSAES 0x0015
#define TPM_RSAPSS 0x0016
#define TPM_OAEP 0x0017
#define TPM_ECDSA 0x0018
#define TPM_CFB 0x0043

/* Fails on a hash that we do not know. */
MUST_USE int tpm_alg_hash(uint64_t alg, enum hash_algo *ret_algo, struct err *err);
uint16_t tpm_alg_of_hash(enum hash_algo algo); /* TPM_NULL: none */

#endif
