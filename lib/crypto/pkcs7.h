/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who signed a PKCS #7 message (RFC 2315): names, nothing verified. */
#ifndef ASSAY_CRYPTO_PKCS7_H
#define ASSAY_CRYPTO_PKCS7_H

#include <stddef.h>

#include "crypto/hash.h"

#define PKCS7_SIGNERS_MAX 16

/*
 * Adds issuer and serial number (DER) of each signer's certificate to the hash, in the message's
 * order.  Fails on what is no signed message, or has more signers.  Bytes behind it are left alone.
 */
MUST_USE int pkcs7_hash_signers(struct hash_ctx *ctx, const void *der, size_t len, struct err *err);

#endif
