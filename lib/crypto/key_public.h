/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of a public key, for formats that are not OpenSSL's. */
#ifndef ASSAY_CRYPTO_KEY_PUBLIC_H
#define ASSAY_CRYPTO_KEY_PUBLIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/key.h"

#define KEY_RSA_MAX 512	 /* bytes of a modulus */
#define KEY_POINT_MAX 48 /* bytes of a coordinate: P-384 */

struct key_public {
	enum cert_kind kind;
	uint32_t exponent;	/* of RSA */
	uint8_t n[KEY_RSA_MAX]; /* big endian, no leading zeroes */
	size_t n_len;
	uint8_t x[KEY_POINT_MAX]; /* big endian, the curve's full length */
	uint8_t y[KEY_POINT_MAX];
	size_t point_len;
};

MUST_USE int key_public_of(const struct key *key, struct key_public *ret_public, struct err *err);

/* Signatures as the TPM has them: RSA as OpenSSL has it, ECDSA as r || s of the curve's length. */
struct key_sig {
	uint8_t data[KEY_SIG_MAX];
	size_t len;
};

MUST_USE int key_public_sig_to_raw(const struct key_public *key, const void *sig, size_t sig_len,
				   struct key_sig *ret_raw, struct err *err);
/* 0 only if the raw signature is the key's over the digest. */
MUST_USE int key_public_verify_raw(const struct key_public *key, const struct digest *digest,
				   const void *raw, size_t raw_len, struct err *err);

#endif
