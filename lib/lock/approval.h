/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One bootable configuration, approved by the lock authority; docs/PROTOCOL.lock, section 2. */
#ifndef ASSAY_LOCK_APPROVAL_H
#define ASSAY_LOCK_APPROVAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"
#include "crypto/hash.h"
#include "tpm/authority.h"
#include "tpm/policy.h"

#define LOCK_ID_SIZE 16	   /* bytes of a lock's id, random */
#define LOCK_PCRS_MAX 8	   /* PCRs of one approval */
#define LOCK_KERNEL_MAX 64 /* bytes of a kernel's version, NUL included */

/*
 * id, kernel and time are for people and are not signed.  The signature is over the policy that
 * follows from counter, bound and PCR values, for one lock.
 */
struct lock_approval {
	uint32_t id;		      /* from 1 */
	char kernel[LOCK_KERNEL_MAX]; /* "6.12.9-amd64"; printable ASCII without blanks */
	uint64_t time;		      /* seconds since the epoch */
	uint64_t bound;		      /* the counter's highest value with which it holds */
	struct tpm_pcrs pcrs;	      /* what they hold when assay-boot unseals */
	uint8_t sig[TPM_SIG_MAX];
	size_t sig_len; /* 0: not signed yet */
};

/* SHA-256 of "assay-lock 1" and the lock's id: an approval of one lock opens no other. */
MUST_USE int lock_policy_ref(const uint8_t id[static LOCK_ID_SIZE],
			     uint8_t ret_ref[static TPM_DIGEST_SIZE], struct err *err);

/* PolicyNV(counter <= bound), then PolicyPCR(values). */
MUST_USE int lock_approval_policy(const struct lock_approval *approval,
				  const struct tpm_counter *counter,
				  uint8_t ret_policy[static TPM_DIGEST_SIZE], struct err *err);

/* What the authority signs. */
MUST_USE int lock_approval_to_sign(const struct lock_approval *approval,
				   const struct tpm_counter *counter,
				   const uint8_t id[static LOCK_ID_SIZE], struct digest *ret_digest,
				   struct err *err);

/* Appends it, without a length in front; and reads it. */
MUST_USE int lock_approval_encode(const struct lock_approval *approval, struct buf *out,
				  struct err *err);
MUST_USE int lock_approval_decode(struct rd *in, struct lock_approval *ret_approval,
				  struct err *err);

#endif
