/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealing and opening with AES-256-GCM. */
#include "crypto/aead.h"

#include <string.h>

#include <openssl/err.h>

#include "base/random.h"
#include "crypto/ossl.h"

#define WHAT "AES-256-GCM"

static EVP_CIPHER_CTX *begin(const struct aes256gcm *with, int encrypt)
{
	AUTO_CIPHER ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	if (!ctx ||
	    EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), with->key, with->nonce, encrypt, NULL) != 1)
		return NULL;
	if (with->aad_len && EVP_CipherUpdate(ctx, NULL, &n, with->aad, (int)with->aad_len) != 1)
		return NULL;
	return take_ptr(&ctx);
}

/* Both directions: as many bytes come out as go in, and none at the end. */
static int run(EVP_CIPHER_CTX *ctx, const uint8_t *in, size_t len, uint8_t *out)
{
	int n = 0, last = 0;

	if (len && EVP_CipherUpdate(ctx, out, &n, in, (int)len) != 1)
		return -1;
	return EVP_CipherFinal_ex(ctx, out + n, &last) == 1 && (size_t)n == len ? 0 : -1;
}

static int check_sizes(const struct aes256gcm *with, size_t len, struct err *err)
{
	if (len > AES256GCM_MAX || with->aad_len > AES256GCM_MAX)
		return err_set(err, WHAT ": more than %u bytes", AES256GCM_MAX);
	return 0;
}

int aes256gcm_seal(const struct aes256gcm *with, const void *plain, size_t len, struct buf *out,
		   struct err *err)
{
	AUTO_CIPHER ctx = NULL;
	size_t before = out->len;
	uint8_t *at;

	if (check_sizes(with, len, err) < 0 ||
	    buf_reserve(out, len + AES256GCM_TAG_LEN, &at, err) < 0)
		return -1;
	ctx = begin(with, 1);
	if (ctx && run(ctx, plain, len, at) == 0 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AES256GCM_TAG_LEN, at + len) == 1)
		return 0;
	out->len = before;
	return ossl_fail(err, WHAT);
}

int aes256gcm_open(const struct aes256gcm *with, const void *sealed, size_t len, struct buf *out,
		   struct err *err)
{
	AUTO_CIPHER ctx = NULL;
	uint8_t tag[AES256GCM_TAG_LEN];
	size_t before = out->len, plain_len;
	uint8_t *at;

	if (len < AES256GCM_TAG_LEN)
		return err_set(err, WHAT ": shorter than its tag");
	plain_len = len - AES256GCM_TAG_LEN;
	if (check_sizes(with, plain_len, err) < 0 || buf_reserve(out, plain_len, &at, err) < 0)
		return -1;
	memcpy(tag, (const uint8_t *)sealed + plain_len, sizeof(tag));
	ctx = begin(with, 0);
	if (ctx && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1 &&
	    run(ctx, sealed, plain_len, at) == 0)
		return 0;
	explicit_bzero(at, plain_len);
	out->len = before;
	ERR_clear_error();
	return err_set(err, WHAT ": another key, or changed bytes");
}

int aead_seal(const struct aead *aead, const void *text, size_t len, struct buf *out,
	      struct err *err)
{
	size_t before = out->len;
	uint8_t nonce[AES256GCM_NONCE_LEN];
	struct aes256gcm with = { aead->key, nonce, aead->domain, strlen(aead->domain) };

	if (len == 0 || len > AEAD_TEXT_MAX)
		return err_set(err, "seal: a text of %zu bytes", len);
	if (random_bytes(nonce, sizeof(nonce), err) == 0 &&
	    buf_put(out, nonce, sizeof(nonce), err) == 0 &&
	    aes256gcm_seal(&with, text, len, out, err) == 0)
		return 0;
	out->len = before;
	return -1;
}

int aead_open(const struct aead *aead, const void *sealed, size_t len, struct buf *out,
	      struct err *err)
{
	struct aes256gcm with = { aead->key, sealed, aead->domain, strlen(aead->domain) };

	if (len <= AEAD_EXTRA || len > AEAD_TEXT_MAX + AEAD_EXTRA ||
	    aes256gcm_open(&with, (const uint8_t *)sealed + AES256GCM_NONCE_LEN,
			   len - AES256GCM_NONCE_LEN, out, NULL) < 0)
		return err_set(err, "not ours");
	return 0;
}
