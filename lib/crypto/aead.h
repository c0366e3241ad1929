/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AES-256-GCM: NIST SP 800-38D, with nonces of 96 bits and whole tags. */
#ifndef ASSAY_CRYPTO_AEAD_H
#define ASSAY_CRYPTO_AEAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define AES256GCM_KEY_LEN 32	 /* bytes */
#define AES256GCM_NONCE_LEN 12	 /* bytes; never the same twice with one key */
#define AES256GCM_TAG_LEN 16	 /* bytes that sealing adds */
#define AES256GCM_MAX (1U << 24) /* bytes of plain text, and of what is only authenticated */

struct aes256gcm {
	const uint8_t *key;   /* AES256GCM_KEY_LEN */
	const uint8_t *nonce; /* AES256GCM_NONCE_LEN */
	const void *aad;      /* authenticated, not encrypted; NULL when aad_len is 0 */
	size_t aad_len;
};

/* Appends the cipher text and its tag. */
MUST_USE int aes256gcm_seal(const struct aes256gcm *with, const void *plain, size_t len,
			    struct buf *out, struct err *err);

/* Appends the plain text, only if the tag is right; out is as it was otherwise. */
MUST_USE int aes256gcm_open(const struct aes256gcm *with, const void *sealed, size_t len,
			    struct buf *out, struct err *err);

#define AEAD_KEY_SIZE 32
#define AEAD_EXTRA (AES256GCM_NONCE_LEN + AES256GCM_TAG_LEN) /* bytes more than the text */
#define AEAD_TEXT_MAX 65536

/* The same with a nonce of its own, for texts that only we read. */
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

#endif
