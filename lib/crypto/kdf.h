/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TPM's key derivations: TPM 2.0 Library part 1, 11.4.10.2 (KDFa), 11.4.10.3 (KDFe). */
#ifndef ASSAY_CRYPTO_KDF_H
#define ASSAY_CRYPTO_KDF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"

#define KDF_INFO_MAX 128 /* bytes of contextU and contextV, PartyUInfo and PartyVInfo, each */

struct kdf {
	enum hash_algo hash;
	const void *key; /* KDFe: Z */
	size_t key_len;
	const char *label; /* its NUL is hashed, too */
	const void *u;
	size_t u_len;
	const void *v;
	size_t v_len;
	size_t bits; /* wanted, a multiple of 8; at most those of one digest */
};

/* ret_key has kdf->bits / 8 bytes. */
MUST_USE int kdf_a(const struct kdf *kdf, uint8_t *ret_key, struct err *err);
MUST_USE int kdf_e(const struct kdf *kdf, uint8_t *ret_key, struct err *err);

#endif
