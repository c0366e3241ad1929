/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An approval on its way to the authority's key and back; docs/PROTOCOL.lock, section 4. */
#ifndef ASSAY_LOCK_REQUEST_H
#define ASSAY_LOCK_REQUEST_H

#include "base/buf.h"
#include "base/err.h"
#include "lock/blob.h"

#define LOCK_REQUEST_MAX 2048 /* bytes */
/*
 * The bound that a signer takes unless told otherwise.  It is the host's word for what a counter is
 * at that counts revocations: one far above that can't be revoked, since nobody counts so far.
 */
#define LOCK_BOUND_USUAL 65536
#define LOCK_REQUEST_HOST_MAX 64 /* bytes, NUL included */

/* All that the authority needs to know what it approves: it computes the policy itself. */
struct lock_request {
	uint8_t id[LOCK_ID_SIZE];
	char host[LOCK_REQUEST_HOST_MAX]; /* for people; a word of printable ASCII */
	enum lock_profile profile;
	uint8_t record_pcr;
	struct tpm_authority authority;
	struct tpm_counter counter;
	struct lock_approval approval; /* unsigned: a request; signed: the answer */
};

MUST_USE int lock_request_encode(const struct lock_request *request, struct buf *out,
				 struct err *err);
/* Fails on anything that lock_request_encode would not write byte for byte. */
MUST_USE int lock_request_decode(const void *data, size_t len, struct lock_request *ret_request,
				 struct err *err);

#endif
