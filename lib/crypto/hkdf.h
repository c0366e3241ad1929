/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys out of keys: HKDF with SHA-256, RFC 5869. */
#ifndef ASSAY_CRYPTO_HKDF_H
#define ASSAY_CRYPTO_HKDF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HKDF_LEN_MAX (255 * 32) /* bytes: RFC 5869, 2.3 */

/* The secret must have its full entropy already: this is no KDF for what people choose. */
struct hkdf {
	const void *secret;
	size_t secret_len;
	const void *salt; /* NULL when salt_len is 0 */
	size_t salt_len;
	const char *info; /* what the key is for: separates the keys of one secret */
};

MUST_USE int hkdf_sha256(const struct hkdf *from, uint8_t *ret_key, size_t len, struct err *err);

#endif
