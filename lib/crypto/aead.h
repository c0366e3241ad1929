/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AES-256-GCM (NIST SP 800-38D) with a random nonce, and AES in CFB as TPMs protect credentials. */
#ifndef ASSAY_CRYPTO_AEAD_H
#define ASSAY_CRYPTO_AEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define AEAD_KEY_SIZE 32
#define AEAD_EXTRA 28 /* bytes more than the text: nonce 12, tag 16 */
#define AEAD_TEXT_MAX 65536

struct aead {
	const uint8_t *key; /* AEAD_KEY_SIZE bytes */
	const char *domain; /* what the text is, authenticated with it */
};

/* Appends nonce, ciphertext and tag.  One key must not seal more than 2^32 texts. */
MUST_USE int aead_seal(const struct aead *aead, const void *text, size_t len, struct buf *out,
		       struct err *err);
/* Appends the text; fails on anything that aead_seal of this key and domain did not make. */
MUST_USE int aead_open(const struct aead *aead, const void *sealed, size_t len, struct buf *out,
		       struct err *err);

/* AES-128 or -256 (key_len 16 or 32) in CFB mode with a zero vector, in place: NIST SP 800-38A,
 * 6.3; for keys that are used once. */
MUST_USE int cfb_encrypt(const uint8_t *key, size_t key_len, uint8_t *data, size_t len,
			 struct err *err);

#endif
