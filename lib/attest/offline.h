/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence in a file, for a verifier without a network; docs/PROTOCOL.attest, offline evidence. */
#ifndef ASSAY_ATTEST_OFFLINE_H
#define ASSAY_ATTEST_OFFLINE_H

#include "attest/evidence.h"
#include "base/buf.h"
#include "base/err.h"

#define OFFLINE_HEAD "assay-evidence 1\n"
#define OFFLINE_ENROL_MAX 16384 /* bytes of the first message */
#define OFFLINE_MAX (OFFLINE_ENROL_MAX + EVIDENCE_MAX + 64)

/*
 * Whose it is and what it says.  The attestation key is a claim: nothing in the file proves that it
 * lives in the TPM of the endorsement key, and the nonce is whoever collected it's own unless an
 * administrator gave it.
 */
struct offline {
	struct msg_enrol enrol;
	struct msg_evidence evidence;
};

/* Appends. */
MUST_USE int offline_encode(const struct offline *offline, struct buf *out, struct err *err);

/* Fails on anything but one such file whole; the result leads into data. */
MUST_USE int offline_decode(const void *data, size_t len, struct offline *ret_offline,
			    struct err *err);

#endif
