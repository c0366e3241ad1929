/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AES in CFB mode, as TPMs protect parameters and credentials with it. */
#ifndef ASSAY_CRYPTO_CFB_H
#define ASSAY_CRYPTO_CFB_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CFB_TEXT_MAX 65536 /* bytes */

/* AES-128 or -256 (key_len 16 or 32) with a zero vector, in place: NIST SP 800-38A, 6.3; for keys
 * that are used once. */
MUST_USE int cfb_encrypt(const uint8_t *key, size_t key_len, uint8_t *data, size_t len,
			 struct err *err);

#endif
