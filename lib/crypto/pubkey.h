/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public keys that come as numbers and not in a certificate. */
#ifndef ASSAY_CRYPTO_PUBKEY_H
#define ASSAY_CRYPTO_PUBKEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/hash.h"

#define PUBKEY_COORD_MAX 48 /* bytes of a coordinate: P-384 */

/* RSA 2048-4096, P-256, P-384; immutable, thread-safe. */
struct pubkey;

/* Big endian. */
MUST_USE int pubkey_from_rsa(const void *modulus, size_t len, uint32_t exponent,
			     struct pubkey **ret_key, struct err *err);

struct pubkey_point {
	enum cert_kind curve; /* CERT_P256, CERT_P384 */
	const uint8_t *x;
	size_t x_len;
	const uint8_t *y;
	size_t y_len;
};
/* Fails on a point that is not on the curve. */
MUST_USE int pubkey_from_point(const struct pubkey_point *point, struct pubkey **ret_key,
			       struct err *err);
/* The public half. */
struct key;
MUST_USE int pubkey_from_key(const struct key *private, struct pubkey **ret_key, struct err *err);
/* SubjectPublicKeyInfo in PEM ("BEGIN PUBLIC KEY"), as openssl pkey -pubout writes it. */
MUST_USE int pubkey_from_pem(const void *data, size_t len, struct pubkey **ret_key,
			     struct err *err);
MUST_USE int pubkey_to_pem(const struct pubkey *key, struct buf *out, struct err *err);
void pubkey_free(struct pubkey *key);

enum cert_kind pubkey_kind(const struct pubkey *key);
/* Of a point: coord bytes each, 32 or 48.  Fails for RSA. */
MUST_USE int pubkey_point(const struct pubkey *key, uint8_t ret_x[static PUBKEY_COORD_MAX],
			  uint8_t ret_y[static PUBKEY_COORD_MAX], size_t *ret_coord,
			  struct err *err);

/* 0 only if sig is a signature of the digest by this key: RSA PKCS#1 v1.5, or DER ECDSA. */
MUST_USE int pubkey_verify(const struct pubkey *key, const struct digest *digest, const void *sig,
			   size_t sig_len, struct err *err);

/*
 * P-256 for keys that verify one signature each: to import a key into OpenSSL takes a third of the
 * time that the verification does, most of it for the curve, which is made here once.  Immutable,
 * thread-safe.
 */
struct pubkey_curve;
MUST_USE int pubkey_curve_new(struct pubkey_curve **ret_curve, struct err *err);
void pubkey_curve_free(struct pubkey_curve *curve);

/* As pubkey_from_point and pubkey_verify, with the same answer; of a point of P-256 only. */
struct pubkey_sig {
	const uint8_t *der;
	size_t len;
};
MUST_USE int pubkey_curve_verify(const struct pubkey_curve *curve, const struct pubkey_point *point,
				 const struct digest *digest, const struct pubkey_sig *sig,
				 struct err *err);

/* Fails unless the certificate holds this key. */
MUST_USE int pubkey_matches(const struct pubkey *key, const struct cert *cert, struct err *err);

/* RSA OAEP (RFC 8017, 7.1), MGF1 by the same hash; appends. */
struct pubkey_oaep {
	enum hash_algo hash;
	const void *label;
	size_t label_len;
};
MUST_USE int pubkey_encrypt(const struct pubkey *key, const struct pubkey_oaep *how,
			    const struct digest *seed, struct buf *out, struct err *err);

/* Diffie-Hellman with a new key of the curve (NIST SP 800-56A, C(0e, 2s)'s one pass). */
struct pubkey_shared {
	size_t len;					  /* bytes of a coordinate */
	uint8_t x[PUBKEY_COORD_MAX], y[PUBKEY_COORD_MAX]; /* the new key, public */
	uint8_t z[PUBKEY_COORD_MAX];			  /* the secret: the shared point's x */
};
MUST_USE int pubkey_agree(const struct pubkey *key, struct pubkey_shared *ret_shared,
			  struct err *err);

#endif
