/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getting the lock's secret out of the TPM, and why it stays there. */
#ifndef ASSAY_LOCK_UNSEAL_H
#define ASSAY_LOCK_UNSEAL_H

#include <stdint.h>

#include "base/err.h"
#include "lock/blob.h"
#include "lock/secret.h"

enum lock_answer {
	LOCK_UNSEALED,
	LOCK_NOT_APPROVED, /* no approval is of these PCRs */
	LOCK_REVOKED,	   /* one is, but the counter went beyond it */
	LOCK_FORGED,	   /* one is, but not signed by the lock's authority */
	LOCK_OTHER_TPM,	   /* another TPM, or a cleared one */
	LOCK_COUNTER_GONE, /* the NV index was deleted or made anew */
	LOCK_DAMAGED,	   /* the sealed object is no object of this TPM */
};

/* Why, for people: err has it in one line.  current is filled in every case but LOCK_OTHER_TPM. */
struct lock_why {
	bool asked; /* false: the TPM could not be, and nothing here counts */
	enum lock_answer answer;
	size_t approval;	 /* that unsealed, or the nearest; n_approvals: there is none */
	uint32_t differ;	 /* PCRs in which the nearest differs */
	struct tpm_pcrs current; /* the PCRs of the profile now */
};

/*
 * Tries the approvals that are of the current PCRs, and no other.  0 and the secret: it is open.
 * -1: err says why in one line; *ret_why says more.  stop_others, for an initramfs: rather than
 * fail where PCRs do not stop changing, all other processes are stopped meanwhile.
 */
MUST_USE int lock_unseal_why(const struct lock_blob *blob, bool stop_others,
			     uint8_t ret_secret[static LOCK_SECRET_SIZE], struct lock_why *ret_why,
			     struct err *err);

/* The same for assay-boot: *ret_approval is the index of the approval that opened it. */
MUST_USE int lock_unseal(const struct lock_blob *blob, uint8_t ret_secret[static LOCK_SECRET_SIZE],
			 size_t *ret_approval, struct err *err);

/* The approval that differs in the fewest PCRs, n_approvals if there is none; *ret_differ: in which
 * (a PCR that one of the two lacks counts as different). */
size_t lock_nearest(const struct lock_blob *blob, const struct tpm_pcrs *current,
		    uint32_t *ret_differ);

#endif
