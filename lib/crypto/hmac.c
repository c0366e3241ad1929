/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMAC over bytes in memory. */
#include "crypto/hmac.h"

#include <limits.h>

#include <openssl/hmac.h>

#include "crypto/ossl.h"

int hmac_bytes(const struct hmac_key *key, const void *data, size_t len, struct digest *ret_mac,
	       struct err *err)
{
	struct digest mac = { .algo = key->algo, .len = hash_algo_size(key->algo) };
	unsigned int n = 0;

	/* OpenSSL takes a NULL key for the one of before. */
	if (key->len > INT_MAX ||
	    !HMAC(ossl_md(key->algo), key->len ? key->data : "", (int)key->len, data, len, mac.data,
		  &n) ||
	    n != mac.len)
		return ossl_fail(err, "HMAC");
	*ret_mac = mac;
	return 0;
}
