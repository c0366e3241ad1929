/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attestation results: what is known of a host, as JSON, in words, and signed. */
#ifndef ASSAY_ATTEST_VERIFIER_RESULT_H
#define ASSAY_ATTEST_VERIFIER_RESULT_H

#include <jansson.h>

#include "attest/jwt.h"
#include "attest/verifier/store.h"
#include "attest/verifier/trust.h"

/* How much is told of a host. */
enum result_detail { RESULT_SHORT, RESULT_FULL };

/* For the administrator; docs/PROTOCOL.attest.  NULL: no memory, or the row is damaged. */
json_t *result_host_json(const struct host *host, const struct trust *trust, int64_t now,
			 enum result_detail detail);

/* A JWT (attest/jwt.h) with the claims of EAT (RFC 9711) and of EAR (draft-ietf-rats-ear):
 * appended. */
struct result_signing {
	struct jwt *jwt;
	const struct trust *trust;
};
MUST_USE int result_token(const struct result_signing *by, const struct host *host, int64_t now,
			  struct buf *out, struct err *err);

#endif
