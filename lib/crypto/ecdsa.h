/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ECDSA signatures: two numbers (TPM, JOSE) and DER (X.509, OpenSSL). */
#ifndef ASSAY_CRYPTO_ECDSA_H
#define ASSAY_CRYPTO_ECDSA_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ECDSA_HALF_MAX 48 /* bytes of r or s: P-384 */
#define ECDSA_DER_MAX 104 /* SEQUENCE of two INTEGERs of at most 49 bytes */

/* Big endian, of any length up to the maximum.  Fails on r or s of no bytes or 0. */
struct ecdsa_rs {
	const uint8_t *r;
	size_t r_len;
	const uint8_t *s;
	size_t s_len;
};
MUST_USE int ecdsa_to_der(const struct ecdsa_rs *rs, uint8_t ret_der[static ECDSA_DER_MAX],
			  size_t *ret_len, struct err *err);

/* r || s, half bytes each: RFC 7518, 3.4. */
MUST_USE int ecdsa_from_der(const void *der, size_t len, size_t half, uint8_t *ret_raw,
			    struct err *err);

#endif
