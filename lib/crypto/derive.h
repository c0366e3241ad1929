/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random bytes, and keys derived from a secret. */
#ifndef ASSAY_CRYPTO_DERIVE_H
#define ASSAY_CRYPTO_DERIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DERIVE_MAX 64 /* bytes of one derived key */

MUST_USE int derive_random(void *ret_data, size_t len, struct err *err);

/* HKDF-SHA-256 (RFC 5869) without a salt; the label is the info. */
MUST_USE int derive_key(const void *secret, size_t secret_len, const char *label, void *ret_key,
			size_t len, struct err *err);

#endif
