/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ECDSA verification with one P-256 key, many times over: FIPS 186-5, 6.4.2. */
#ifndef ASSAY_CRYPTO_P256_H
#define ASSAY_CRYPTO_P256_H

#include <stdatomic.h>
#include <stdbool.h>

#include "crypto/ossl.h"

/*
 * OpenSSL has a table of multiples for the curve's generator, so that one of the two products of a
 * verification is cheap.  With a table for the public key the other one is, too: half the time,
 * after some milliseconds for the table.  Immutable, thread-safe.
 */
struct p256;

/* NULL: no such table can be made; the caller verifies as it always did. */
struct p256 *p256_new(const EVP_PKEY *pkey);
void p256_free(struct p256 *p);

/* true only if sig, DER, is a signature of the digest by the key. */
bool p256_verify(const struct p256 *p, const struct digest *digest, const void *sig,
		 size_t sig_len);

/* A table that is made when the key has been used so often that it pays; zeroed at first. */
struct p256_lazy {
	atomic_uint uses;
	_Atomic(struct p256 *) made;
};

/* Counts a use.  NULL: not yet, or never. */
const struct p256 *p256_when_it_pays(struct p256_lazy *lazy, const EVP_PKEY *pkey);
void p256_lazy_done(struct p256_lazy *lazy);

#endif
