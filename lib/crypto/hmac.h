/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMAC (RFC 2104), random bytes, and comparison that tells nothing by its time. */
#ifndef ASSAY_CRYPTO_HMAC_H
#define ASSAY_CRYPTO_HMAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"

struct hmac_key {
	enum hash_algo hash;
	const void *data;
	size_t len;
};
MUST_USE int hmac_bytes(const struct hmac_key *key, const void *data, size_t len,
			struct digest *ret_mac, struct err *err);

bool hmac_equal(const void *a, const void *b, size_t len);

#endif
