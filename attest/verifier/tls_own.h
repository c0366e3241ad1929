/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TLS certificate of a service that was given none; by GnuTLS, which serves with it. */
#ifndef ASSAY_ATTEST_VERIFIER_TLS_OWN_H
#define ASSAY_ATTEST_VERIFIER_TLS_OWN_H

#include "base/buf.h"
#include "base/err.h"

#define TLS_OWN_NAMES_MAX 1024 /* bytes, NUL included */

struct tls_own_names {
	const char *address; /* what is listened on; "0.0.0.0" and "::" name nobody */
	const char *more;    /* names and addresses, blanks between; at most TLS_OWN_NAMES_MAX */
};

/* A key of P-256 and a certificate of its own for this host's name, localhost, and these. */
MUST_USE int tls_own_make(const struct tls_own_names *names, struct buf *cert, struct buf *key,
			  struct err *err);

#endif
