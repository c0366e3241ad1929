/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this room share and nobody else includes: OpenSSL's objects and its errors. */
#ifndef ASSAY_CRYPTO_OSSL_H
#define ASSAY_CRYPTO_OSSL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "crypto/cert.h"
#include "crypto/hash.h"

/* Sets "what: reason [code]", without a code where there is none, from OpenSSL's error queue, which
 * is emptied.  Returns -1. */
int ossl_fail(struct err *err, const char *what);

/* Is it for want of memory that OpenSSL failed?  Empties its queue of errors. */
bool ossl_lacked_memory(void);

/* OpenSSL's digest for the algorithm; never freed, NULL for a number that is none. */
const EVP_MD *ossl_md(enum hash_algo algo);

/* The kind of a public or private key; fails on one that IMA has no use for. */
MUST_USE int ossl_pkey_kind(const EVP_PKEY *pkey, enum cert_kind *ret_kind, struct err *err);

/* Last four bytes of SHA-1 over the bits of the public key. */
MUST_USE int ossl_pubkey_keyid(const X509_PUBKEY *pubkey, uint32_t *ret_keyid, struct err *err);

#define OSSL_QUERY_MAX 80 /* bytes of a property query, NUL included */

/* The property query under which OpenSSL works with the key where it is: another provider would get
 * a copy without the private half. */
void ossl_query(const EVP_PKEY *pkey, char ret_query[static OSSL_QUERY_MAX]);

/* The certificate and its public key, owned by it. */
X509 *ossl_cert_x509(const struct cert *cert);
EVP_PKEY *ossl_cert_pkey(const struct cert *cert);

#define OSSL_CLEANUP(name, type, release) \
	static inline void name(type **p) \
	{ \
		release(*p); \
		*p = NULL; \
	}
OSSL_CLEANUP(ossl_cleanup_pkey, EVP_PKEY, EVP_PKEY_free)
OSSL_CLEANUP(ossl_cleanup_pctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
OSSL_CLEANUP(ossl_cleanup_bio, BIO, BIO_free_all)
OSSL_CLEANUP(ossl_cleanup_x509, X509, X509_free)
OSSL_CLEANUP(ossl_cleanup_pubkey, X509_PUBKEY, X509_PUBKEY_free)
OSSL_CLEANUP(ossl_cleanup_cipher, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

#define AUTO_PKEY CLEANUP(ossl_cleanup_pkey) EVP_PKEY *
#define AUTO_PCTX CLEANUP(ossl_cleanup_pctx) EVP_PKEY_CTX *
#define AUTO_BIO CLEANUP(ossl_cleanup_bio) BIO *
#define AUTO_X509 CLEANUP(ossl_cleanup_x509) X509 *
#define AUTO_CIPHER CLEANUP(ossl_cleanup_cipher) EVP_CIPHER_CTX *
#define AUTO_PUBKEY CLEANUP(ossl_cleanup_pubkey) X509_PUBKEY *

#endif
