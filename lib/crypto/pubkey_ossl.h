/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OpenSSL's side of struct pubkey; nobody outside this room includes it. */
#ifndef ASSAY_CRYPTO_PUBKEY_OSSL_H
#define ASSAY_CRYPTO_PUBKEY_OSSL_H

#include "crypto/ossl.h"
#include "crypto/pubkey.h"

#define PUBKEY_OCTETS_MAX (1 + 2 * PUBKEY_COORD_MAX) /* of an uncompressed point */
#define PUBKEY_OCTETS_P256 65

/* An uncompressed point: 65 octets of P-256, 97 of P-384. */
MUST_USE int pubkey_point_octets(const struct pubkey_point *point,
				 uint8_t ret_octets[static PUBKEY_OCTETS_MAX], struct err *err);

/* Takes a reference of its own. */
MUST_USE int pubkey_from_pkey(EVP_PKEY *pkey, struct pubkey **ret_key, struct err *err);

/* Owned by the key. */
EVP_PKEY *pubkey_pkey(const struct pubkey *key);

/* x || y of the point, coord bytes each. */
MUST_USE int ossl_point(const EVP_PKEY *pkey, size_t coord, uint8_t *ret_x, uint8_t *ret_y);

#endif
