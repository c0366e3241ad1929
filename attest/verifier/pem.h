/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service needs of PEM files beyond lib/crypto; by GnuTLS, which serves its TLS.
 */
#ifndef ASSAY_ATTEST_VERIFIER_PEM_H
#define ASSAY_ATTEST_VERIFIER_PEM_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define PEM_POINT 32 /* bytes of a coordinate of P-256 */

/* The public half of a private key of P-256; *ret_pem is the caller's to free. */
MUST_USE int pem_public_point(const struct buf *private_pem, uint8_t ret_x[static PEM_POINT],
			      uint8_t ret_y[static PEM_POINT], char **ret_pem, struct err *err);

/* A key of P-256 and a certificate of its own for this host's names, localhost and, where it is
 * one, the address. */
MUST_USE int pem_self_signed(const char *address, struct buf *cert, struct buf *key,
			     struct err *err);

#endif
