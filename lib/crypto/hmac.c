/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMAC, over OpenSSL's. */
#include "crypto/hmac.h"

#include <openssl/crypto.h>

#include "crypto/ossl.h"

int hmac_bytes(const struct hmac_key *key, const void *data, size_t len, struct digest *ret_mac,
	       struct err *err)
{
	size_t got = 0;

	if (hash_algo_decode(key->hash, &ret_mac->algo, err) < 0)
		return -1;
	if (!EVP_Q_mac(NULL, "HMAC", NULL, hash_algo_name(key->hash), NULL,
		       key->len ? key->data : "", key->len, data, len, ret_mac->data,
		       sizeof(ret_mac->data), &got))
		return ossl_fail(err, "HMAC");
	ret_mac->len = got;
	return 0;
}

bool hmac_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
