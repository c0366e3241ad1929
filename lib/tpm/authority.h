/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys that approve policies: in the TPM's form of a public key, or held by the TPM itself. */
#ifndef ASSAY_TPM_AUTHORITY_H
#define ASSAY_TPM_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/key.h"
#include "crypto/key_public.h"
#include "tpm/policy.h"
#include "tpm/seal.h"

#define TPM_SIG_MAX 256 /* bytes: RSA-2048; P-256: r || s, 64 */

/* A signing key's TPMT_PUBLIC, and its Name. */
struct tpm_authority {
	uint8_t data[TPM_PUBLIC_MAX];
	size_t len;
	uint8_t name[TPM_NAME_SIZE];
};

/* Fails on keys that are neither RSA-2048 nor P-256: no more is sure to be in a TPM. */
MUST_USE int tpm_authority_from_key(const struct key_public *key, struct tpm_authority *ret_auth,
				    struct err *err);
/* The whole of the bytes, and such a key; the Name is computed. */
MUST_USE int tpm_authority_decode(const void *data, size_t len, struct tpm_authority *ret_auth,
				  struct err *err);
/* For checking signatures without a TPM. */
MUST_USE int tpm_authority_to_key(const struct tpm_authority *auth, struct key_public *ret_key,
				  struct err *err);

/* A key in the TPM, below the storage primary; of P-256.  Its private half never leaves it. */
struct tpm_held_key {
	struct tpm_sealed object;
	struct tpm_authority authority;
};

/* auth "": no passphrase.  A wrong one counts towards the TPM's lockout. */
MUST_USE int tpm_held_key_make(const char *auth, struct tpm_held_key *ret_key, struct err *err);
MUST_USE int tpm_held_key_sign(const struct tpm_held_key *key, const char *auth,
			       const uint8_t digest[static TPM_DIGEST_SIZE],
			       struct key_sig *ret_sig, struct err *err);

#endif
