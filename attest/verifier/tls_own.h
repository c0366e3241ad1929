/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TLS certificate of a service that was given none; by GnuTLS, which serves with it. */
#ifndef ASSAY_ATTEST_VERIFIER_TLS_OWN_H
#define ASSAY_ATTEST_VERIFIER_TLS_OWN_H

#include "base/buf.h"
#include "base/err.h"

/* A key of P-256 and a certificate of its own for this host's names, localhost and, where it is
 * one, the address. */
MUST_USE int tls_own_make(const char *address, struct buf *cert, struct buf *key, struct err *err);

#endif
