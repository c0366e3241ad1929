/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By what hosts are judged: read anew on SIGHUP, used by rounds that began with it to their end. */
#ifndef ASSAY_ATTEST_VERIFIER_TRUST_H
#define ASSAY_ATTEST_VERIFIER_TRUST_H

#include <stdatomic.h>

#include "attest/appraise.h"
#include "attest/enrol.h"
#include "attest/list.h"
#include "attest/verifier/progress.h"
#include "attest/verifier/settings.h"

#define TRUST_DENIED_FILE_MAX (8U << 20) /* bytes of the file of denied digests */

struct trust {
	atomic_uint holders;
	struct cert_set certs;
	struct digest *denied;
	size_t n_denied;
	struct list_judge *judge;
	struct ek_trust *ek; /* NULL: no CA's EK certificate counts */
	struct appraise_policy policy;
	uint8_t digest[PROGRESS_TRUST_SIZE]; /* of all that a verdict depends on */
	struct vset set;		     /* as it was read with it */
};

/* As configured.  A directory that is not there has no certificates: then nothing passes. */
MUST_USE int trust_load(const struct vset *set, struct trust **ret_trust, struct err *err);
struct trust *trust_hold(struct trust *trust);
void trust_release(struct trust *trust);

/* No certificate vouched for the host, or one of a CA that is trusted still. */
struct host;
bool trust_vouches(const struct trust *trust, const struct host *host);

/* Told of each certificate file that counts; level "": of none. */
typedef int (*trust_cert_fn)(void *ctx, const char *level, const char *path, struct err *err);
MUST_USE int trust_each_cert(const struct vset *set, trust_cert_fn fn, void *ctx, struct err *err);

/* The file of denied digests, "sha256:HEX" a line.  Missing: none.  The array is the caller's. */
MUST_USE int trust_read_denied(const char *path, struct digest **ret_denied, size_t *ret_n,
			       struct err *err);
/* "sha256:HEX" and the like. */
MUST_USE int trust_parse_digest(const char *text, struct digest *ret_digest, struct err *err);

#endif
