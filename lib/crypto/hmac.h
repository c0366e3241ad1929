/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMAC: RFC 2104. */
#ifndef ASSAY_CRYPTO_HMAC_H
#define ASSAY_CRYPTO_HMAC_H

#include "crypto/hash.h"

struct hmac_key {
	enum hash_algo algo;
	const void *data;
	size_t len; /* bytes */
};

MUST_USE int hmac_bytes(const struct hmac_key *key, const void *data, size_t len,
			struct digest *ret_mac, struct err *err);

#endif
