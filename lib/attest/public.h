/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public areas of TPM keys (TPMT_PUBLIC; TPM 2.0 Library part 2, 12.2.4), without a TPM. */
#ifndef ASSAY_ATTEST_PUBLIC_H
#define ASSAY_ATTEST_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"

#define PUBLIC_MAX 1024	    /* bytes of a marshalled TPMT_PUBLIC */
#define PUBLIC_NAME_MAX 66  /* nameAlg and its digest */
#define PUBLIC_RSA_MAX 512  /* bytes of a modulus */
#define PUBLIC_POINT_MAX 48 /* bytes of a coordinate */

enum public_type { PUBLIC_RSA = 0x0001, PUBLIC_ECC = 0x0023 }; /* TPM_ALG_ID */

struct pubkey_curve;

/* All fields are chosen by whoever sent the bytes; what they mean is for public_check_*. */
struct tpm_public {
	enum public_type type;
	enum hash_algo name_algo;
	uint32_t attributes; /* TPMA_OBJECT */
	uint8_t auth_policy[HASH_SIZE_MAX];
	size_t auth_policy_len;
	uint16_t symmetric; /* TPM_ALG_NULL for a signing key */
	uint16_t symmetric_bits;
	uint16_t scheme;	    /* TPM_ALG_RSASSA, TPM_ALG_ECDSA, TPM_ALG_NULL, ... */
	enum hash_algo scheme_hash; /* 0: none */
	uint16_t curve;		    /* TPM_ECC_NIST_P256 0x0003, P384 0x0004 */
	uint32_t exponent;	    /* of RSA, 65537 if the TPM says 0 */
	uint8_t x[PUBLIC_RSA_MAX];  /* the modulus, or the point's x */
	size_t x_len;
	uint8_t y[PUBLIC_POINT_MAX];
	size_t y_len;
	const struct pubkey_curve *p256; /* not of the bytes: whoever verifies often sets it */
	uint8_t name[PUBLIC_NAME_MAX];	 /* nameAlg || H(the bytes), part 1, 16 */
	size_t name_len;
};

/* The whole of the bytes, nothing after them. */
MUST_USE int public_decode(const void *data, size_t len, struct tpm_public *ret_public,
			   struct err *err);

/* Fails unless it is an attestation key: fixedTPM, fixedParent, sensitiveDataOrigin, restricted,
 * sign, not decrypt; RSASSA with RSA 2048-4096 or ECDSA with P-256, P-384; SHA-256 or longer. */
MUST_USE int public_check_ak(const struct tpm_public *ak, struct err *err);
/* The same but for the key's numbers, which public_verify looks at anyway: for each round. */
MUST_USE int public_check_ak_terms(const struct tpm_public *ak, struct err *err);

/* Fails unless it is an endorsement key: fixedTPM, fixedParent, restricted, decrypt, not sign. */
MUST_USE int public_check_ek(const struct tpm_public *ek, struct err *err);

/* The key itself, for lib/crypto; the caller frees it. */
struct pubkey;
MUST_USE int public_key(const struct tpm_public *p, struct pubkey **ret_key, struct err *err);

/* 0 only if sig (a marshalled TPMT_SIGNATURE) is the key's over the bytes. */
MUST_USE int public_verify(const struct tpm_public *ak, const void *data, size_t len,
			   const void *sig, size_t sig_len, struct err *err);

#endif
