/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a host's judging is, as bytes of the store. */
#ifndef ASSAY_ATTEST_VERIFIER_PROGRESS_H
#define ASSAY_ATTEST_VERIFIER_PROGRESS_H

#include "attest/appraise.h"
#include "base/buf.h"

#define PROGRESS_TRUST_SIZE 32
#define PROGRESS_KEYS_MAX 1024 /* bytes, NUL included; cut */

struct progress {
	uint8_t trust[PROGRESS_TRUST_SIZE]; /* trust_digest: by what it was judged */
	struct appraise_state state;
	char keys[PROGRESS_KEYS_MAX]; /* the record's certificates, by their file names */
};

/* Takes the names of the certificates from the evidence's record, where it is the state's. */
void progress_note_keys(struct progress *progress, const struct msg_evidence *evidence);

MUST_USE int progress_encode(const struct progress *progress, struct buf *out, struct err *err);
/* Nothing gives all zero.  Fails on what progress_encode did not write. */
MUST_USE int progress_decode(const void *data, size_t len, struct progress *ret_progress,
			     struct err *err);

#endif
