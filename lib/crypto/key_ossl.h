/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OpenSSL's side of struct key; nobody outside this room includes it. */
#ifndef ASSAY_CRYPTO_KEY_OSSL_H
#define ASSAY_CRYPTO_KEY_OSSL_H

#include <pthread.h>

#include <openssl/evp.h>

#include "crypto/key.h"
#include "crypto/p256.h"

/* Takes a reference of its own. */
MUST_USE int key_from_pkey(EVP_PKEY *pkey, struct key **ret_key, struct err *err);

/* Owned by the key. */
EVP_PKEY *key_pkey(const struct key *key);

/* Held while a key in a token is used: its provider is not made for several threads. */
pthread_mutex_t *key_token_lock(const struct key *key);

/* One table for all the key's signers: each would pay for its own. */
struct p256_lazy *key_p256(const struct key *key);

#endif
