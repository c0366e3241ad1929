/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X.509 certificates as IMA and EVM use them: a public key with a key ID. */
#ifndef ASSAY_CRYPTO_CERT_H
#define ASSAY_CRYPTO_CERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"

#define CERT_FILE_MAX 65536 /* bytes of one DER or PEM file */
#define CERT_SET_MAX 64	    /* certificates in one set */

/* A parsed certificate with its public key (RSA 2048-4096, EC P-256, P-384); immutable,
 * thread-safe. */
struct cert;

enum cert_kind { CERT_RSA, CERT_P256, CERT_P384 };

/* DER or PEM. */
MUST_USE int cert_parse(const void *data, size_t len, struct cert **ret_cert, struct err *err);
MUST_USE int cert_load(const char *path, struct cert **ret_cert, struct err *err);
/* The same, of a key that may be for encryption by RSAES-OAEP only (RFC 4055, 4.1), as makers of
 * TPMs certify endorsement keys: OpenSSL does not read such keys, and the kernel neither. */
MUST_USE int cert_parse_ek(const void *data, size_t len, struct cert **ret_cert, struct err *err);
void cert_free(struct cert *cert);

/* Last four bytes of the subjectKeyIdentifier (or of SHA-1 over the key), as in signature_v2_hdr.
 */
uint32_t cert_keyid(const struct cert *cert);
enum cert_kind cert_kind(const struct cert *cert);
unsigned int cert_bits(const struct cert *cert);
const char *cert_subject(const struct cert *cert); /* one line, owned by the certificate */
bool cert_is_ca(const struct cert *cert);
bool cert_may_sign_digests(const struct cert *cert); /* keyUsage digitalSignature, as .ima wants */
int64_t cert_not_after(const struct cert *cert);     /* seconds since the epoch */
void cert_der(const struct cert *cert, const uint8_t **ret_data, size_t *ret_len);

/* 0 only if sig is a signature of the digest by this key (RSA PKCS#1 v1.5, or DER ECDSA). */
MUST_USE int cert_verify(const struct cert *cert, const struct digest *digest, const void *sig,
			 size_t sig_len, struct err *err);

/* The same, for whoever must know a "no" from what could not be asked, for want of memory. */
enum cert_answer { CERT_NO, CERT_YES, CERT_CANT_ASK };
MUST_USE enum cert_answer cert_ask(const struct cert *cert, const struct digest *digest,
				   const void *sig, size_t sig_len);

/* What verify trusts.  Empty means that nothing verifies. */
struct cert_set {
	struct cert *cert[CERT_SET_MAX];
	size_t n;
};

#define CERT_SET_INIT \
	{ \
		.n = 0 \
	}

MUST_USE int cert_set_add_file(struct cert_set *set, const char *path, struct err *err);
/* Every *.der, *.pem, *.crt in the directory, in the order of their names. */
MUST_USE int cert_set_add_dir(struct cert_set *set, const char *path, struct err *err);
/* The next one after *pos (0 first) with this key ID, NULL: no more; key IDs can collide. */
const struct cert *cert_set_find(const struct cert_set *set, uint32_t keyid, size_t *pos);
void cert_set_done(struct cert_set *set);

#endif
