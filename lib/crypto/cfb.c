/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AES in CFB mode, over OpenSSL's. */
#include "crypto/cfb.h"

#include "crypto/ossl.h"

#define IV_LEN 16

int cfb_encrypt(const uint8_t *key, size_t key_len, uint8_t *data, size_t len, struct err *err)
{
	const EVP_CIPHER *cipher = key_len == 16   ? EVP_aes_128_cfb128()
				   : key_len == 32 ? EVP_aes_256_cfb128()
						   : NULL;
	static const uint8_t zero[IV_LEN];
	AUTO_CIPHER ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	if (!cipher || len > CFB_TEXT_MAX)
		return err_set(err, "encrypt: a key of %zu bytes, a text of %zu", key_len, len);
	if (!ctx || EVP_EncryptInit_ex2(ctx, cipher, key, zero, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, data, &n, data, (int)len) != 1 || (size_t)n != len)
		return ossl_fail(err, "encrypt");
	return 0;
}
