/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HKDF by OpenSSL's implementation of it. */
#include "crypto/hkdf.h"

#include <limits.h>
#include <string.h>

#include <openssl/kdf.h>

#include "crypto/ossl.h"

static int set_up(EVP_PKEY_CTX *ctx, const struct hkdf *from)
{
	if (EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set1_hkdf_key(ctx, from->secret, (int)from->secret_len) != 1)
		return -1;
	if (from->salt_len &&
	    EVP_PKEY_CTX_set1_hkdf_salt(ctx, from->salt, (int)from->salt_len) != 1)
		return -1;
	return EVP_PKEY_CTX_add1_hkdf_info(ctx, (const unsigned char *)from->info,
					   (int)strlen(from->info)) == 1
		       ? 0
		       : -1;
}

int hkdf_sha256(const struct hkdf *from, uint8_t *ret_key, size_t len, struct err *err)
{
	AUTO_PCTX ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	size_t got = len;

	if (from->secret_len == 0 || from->secret_len > INT_MAX || from->salt_len > INT_MAX ||
	    len == 0 || len > HKDF_LEN_MAX)
		return err_set(err, "HKDF: no secret, or a length that it does not give");
	if (!ctx || set_up(ctx, from) < 0 || EVP_PKEY_derive(ctx, ret_key, &got) != 1 || got != len)
		return ossl_fail(err, "HKDF");
	return 0;
}
