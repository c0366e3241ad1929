/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private keys, loaded once through OSSL_STORE and used by many threads. */
#ifndef ASSAY_CRYPTO_KEY_H
#define ASSAY_CRYPTO_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/hash.h"

#define KEY_SIG_MAX 512 /* bytes of one raw signature: RSA-4096 */

struct key;

#define KEY_TRIES 3 /* passphrases that are asked for, as OpenSSL's decoders do */

/* Asks for a passphrase: fills ret_text (at most max - 1 bytes and NUL) or fails, which ends the
 * asking.  wrong is how many were given before. */
typedef int (*key_ask_fn)(const char *uri, unsigned int wrong, char *ret_text, size_t max,
			  struct err *err);

/* A path or any OSSL_STORE URI (file:, pkcs11:, handle:).  ask may be NULL.  A file that others may
 * read is refused. */
MUST_USE int key_load(const char *uri, key_ask_fn ask, struct key **ret_key, struct err *err);
void key_free(struct key *key);
/* Fails where key_load would, whatever the passphrase: 0 too where it takes one. */
MUST_USE int key_probe(const char *uri, struct err *err);
enum cert_kind key_kind(const struct key *key);
/* Fails unless the certificate holds this key's public half. */
MUST_USE int key_matches(const struct key *key, const struct cert *cert, struct err *err);
/* Key ID when there is no certificate: last four bytes of SHA-1 over the public key bit string. */
MUST_USE int key_keyid(const struct key *key, uint32_t *ret_keyid, struct err *err);

/* Per-thread signing context over one shared key, which must outlive it; RSA PKCS#1 v1.5 or DER
 * ECDSA. */
struct signer;
MUST_USE int signer_new(const struct key *key, struct signer **ret_signer, struct err *err);
void signer_free(struct signer *signer);
MUST_USE int signer_sign(struct signer *signer, const struct digest *digest,
			 uint8_t ret_sig[static KEY_SIG_MAX], size_t *ret_len, struct err *err);
/* 0 only if sig is a signature of the digest by this key. */
MUST_USE int signer_verify(struct signer *signer, const struct digest *digest, const void *sig,
			   size_t sig_len, struct err *err);

#endif
