/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random bytes and HKDF, by OpenSSL. */
#include "crypto/derive.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "crypto/ossl.h"

OSSL_CLEANUP(cleanup_kdf, EVP_KDF, EVP_KDF_free)
OSSL_CLEANUP(cleanup_kdf_ctx, EVP_KDF_CTX, EVP_KDF_CTX_free)

int derive_random(void *ret_data, size_t len, struct err *err)
{
	if (len > INT32_MAX || RAND_priv_bytes(ret_data, (int)len) != 1)
		return ossl_fail(err, "random bytes");
	return 0;
}

int derive_key(const uint8_t secret[static DERIVE_SECRET], const char *label, void *ret_key,
	       size_t len, struct err *err)
{
	CLEANUP(cleanup_kdf) EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	CLEANUP(cleanup_kdf_ctx) EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	uint8_t ikm[DERIVE_SECRET];
	char digest[] = "SHA256";
	char info[256];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm, sizeof(ikm)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, strlen(label)),
		OSSL_PARAM_construct_end(),
	};
	int ok;

	if (len == 0 || len > DERIVE_MAX || !*label || strlen(label) >= sizeof(info))
		return err_set(err, "derive a key: no such label or length");
	memcpy(ikm, secret, sizeof(ikm));
	strcpy(info, label);
	ok = ctx ? EVP_KDF_derive(ctx, ret_key, len, params) : 0;
	explicit_bzero(ikm, sizeof(ikm));
	return ok == 1 ? 0 : ossl_fail(err, "derive a key");
}
