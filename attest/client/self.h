/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host says it is: its name, its keys, the certificate of its TPM. */
#ifndef ASSAY_ATTEST_CLIENT_SELF_H
#define ASSAY_ATTEST_CLIENT_SELF_H

#include "attest/evidence.h"
#include "base/err.h"
#include "tpm/identity.h"

/* A host's name as a hint: 1 to EVIDENCE_NAME_MAX - 1 bytes; NULL: what the kernel calls it. */
MUST_USE int self_set_name(struct msg_enrol *enrol, const char *name, struct err *err);

/* The TPM's part; both keys must have been loaded, and the identity outlives the message. */
void self_set_keys(struct msg_enrol *enrol, const struct tpm_identity *tpm);

/* SHA-256 of the endorsement key's Name. */
MUST_USE int self_host_id(const struct tpm_identity *tpm,
			  uint8_t ret_host[static EVIDENCE_HOST_SIZE], struct err *err);

#endif
