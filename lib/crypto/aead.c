/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealing texts that only we read, over OpenSSL's AES. */
#include "crypto/aead.h"

#include <string.h>

#include <openssl/err.h>

#include "crypto/hmac.h"
#include "crypto/ossl.h"

#define NONCE_LEN 12
#define TAG_LEN 16
#define IV_LEN 16

OSSL_CLEANUP(cleanup_cipher, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)
#define AUTO_CIPHER CLEANUP(cleanup_cipher) EVP_CIPHER_CTX *

static int encrypt(EVP_CIPHER_CTX *ctx, const struct aead *aead, const void *text, int len,
		   uint8_t *at)
{
	int n = 0, tail = 0;

	if (!ctx || EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), aead->key, at, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)aead->domain,
			      (int)strlen(aead->domain)) != 1 ||
	    EVP_EncryptUpdate(ctx, at + NONCE_LEN, &n, text, len) != 1 || n != len ||
	    EVP_EncryptFinal_ex(ctx, at + NONCE_LEN + n, &tail) != 1 || tail != 0)
		return -1;
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, at + NONCE_LEN + n) == 1
		       ? 0
		       : -1;
}

int aead_seal(const struct aead *aead, const void *text, size_t len, struct buf *out,
	      struct err *err)
{
	AUTO_CIPHER ctx = EVP_CIPHER_CTX_new();
	size_t before = out->len;
	uint8_t *at;

	if (len == 0 || len > AEAD_TEXT_MAX)
		return err_set(err, "seal: a text of %zu bytes", len);
	if (buf_reserve(out, len + AEAD_EXTRA, &at, err) < 0)
		return -1;
	if (random_bytes(at, NONCE_LEN, err) == 0 && encrypt(ctx, aead, text, (int)len, at) == 0)
		return 0;
	out->len = before;
	return ossl_fail(err, "seal");
}

static int decrypt(EVP_CIPHER_CTX *ctx, const struct aead *aead, const uint8_t *sealed, int len,
		   uint8_t *at)
{
	uint8_t tag[TAG_LEN];
	int n = 0, tail = 0;

	memcpy(tag, sealed + NONCE_LEN + len, TAG_LEN);
	if (!ctx || EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), aead->key, sealed, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)aead->domain,
			      (int)strlen(aead->domain)) != 1 ||
	    EVP_DecryptUpdate(ctx, at, &n, sealed + NONCE_LEN, len) != 1 || n != len ||
	    EVP_DecryptFinal_ex(ctx, at + n, &tail) != 1 || tail != 0)
		return -1;
	return 0;
}

int aead_open(const struct aead *aead, const void *sealed, size_t len, struct buf *out,
	      struct err *err)
{
	AUTO_CIPHER ctx = EVP_CIPHER_CTX_new();
	size_t before = out->len;
	uint8_t *at;

	if (len <= AEAD_EXTRA || len > AEAD_TEXT_MAX + AEAD_EXTRA)
		return err_set(err, "not ours");
	if (buf_reserve(out, len - AEAD_EXTRA, &at, err) < 0)
		return -1;
	if (decrypt(ctx, aead, sealed, (int)(len - AEAD_EXTRA), at) == 0)
		return 0;
	out->len = before;
	ERR_clear_error();
	return err_set(err, "not ours");
}

int cfb_encrypt(const uint8_t *key, size_t key_len, uint8_t *data, size_t len, struct err *err)
{
	const EVP_CIPHER *cipher = key_len == 16   ? EVP_aes_128_cfb128()
				   : key_len == 32 ? EVP_aes_256_cfb128()
						   : NULL;
	static const uint8_t zero[IV_LEN];
	AUTO_CIPHER ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	if (!cipher || len > AEAD_TEXT_MAX)
		return err_set(err, "encrypt: a key of %zu bytes, a text of %zu", key_len, len);
	if (!ctx || EVP_EncryptInit_ex2(ctx, cipher, key, zero, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, data, &n, data, (int)len) != 1 || (size_t)n != len)
		return ossl_fail(err, "encrypt");
	return 0;
}
