/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sealing to a policy and unsealing: sessions are salted, and parameters encrypted (part 1, 19). */
#ifndef ASSAY_TPM_SEAL_H
#define ASSAY_TPM_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tpm/policy.h"

#define TPM_PUBLIC_MAX 400  /* bytes of a marshalled TPMT_PUBLIC: RSA-2048 has 280 */
#define TPM_PRIVATE_MAX 300 /* bytes of a TPM2B_PRIVATE's buffer */
#define TPM_SEAL_MAX 32	    /* bytes that are sealed */

/*
 * An object below the storage primary: the persistent key 0x81000001 where there is one that will
 * do, else the TCG's ECC P-256 template in the owner hierarchy, made anew for each use.  parent is
 * the Name of that key: another one means another TPM, or that this one was cleared.
 */
struct tpm_sealed {
	uint8_t parent[TPM_NAME_SIZE];
	uint8_t public[TPM_PUBLIC_MAX]; /* TPMT_PUBLIC */
	size_t public_len;
	uint8_t private[TPM_PRIVATE_MAX];
	size_t private_len;
};

/* fixedTPM, fixedParent, adminWithPolicy, noDA, without userWithAuth: the policy alone opens it. */
MUST_USE int tpm_seal(const void *secret, size_t len, const uint8_t policy[static TPM_DIGEST_SIZE],
		      struct tpm_sealed *ret_sealed, struct err *err);

/* What satisfies the policy of an authority: counter, then PCRs, then its signature over both. */
struct tpm_approved {
	const struct tpm_counter *counter;
	uint64_t bound;
	uint32_t pcr_mask;
	uint8_t policy[TPM_DIGEST_SIZE]; /* what was approved */
	const uint8_t *sig;		 /* as in struct tpm_authority's key: RSA, or r || s */
	size_t sig_len;
};

enum tpm_answer {
	TPM_UNSEALED,
	TPM_OTHER,	/* no such storage primary: another TPM, or a cleared one */
	TPM_NO_COUNTER, /* the NV index is not there, or is another */
	TPM_REVOKED,	/* it has counted beyond the bound */
	TPM_UNSIGNED,	/* not the authority's signature */
	TPM_PCRS_DIFFER,
	TPM_DAMAGED, /* the sealed object is none of this TPM's */
};

struct tpm_authority;

struct tpm_unseal_input {
	const struct tpm_sealed *sealed;
	const struct tpm_authority *authority;
	uint8_t ref[TPM_DIGEST_SIZE];
	bool stop_others; /* as in an initramfs: see tpm_unsealer_try */
};

/*
 * An open connection on which several approvals can be tried: the parent and the object are loaded
 * once.  *ret_answer other than TPM_UNSEALED, with err set, is what the TPM said and is no failure
 * of the call: 0 is returned.  -1: the TPM could not be asked.
 */
struct tpm_unsealer;
MUST_USE int tpm_unsealer_open(const struct tpm_unseal_input *input, struct tpm_unsealer **ret_u,
			       enum tpm_answer *ret_answer, struct err *err);
/*
 * Whatever extends a PCR meanwhile (IMA does all the time), and a busy TPM, take the session to
 * its beginning again, up to TPM_UNSEAL_TRIES times, after a random and growing pause.  The kernel
 * lets whoever waits have the TPM between two of our commands, so that a process that does nothing
 * but extend PCRs spoils every try: with stop_others all processes but the first and this one are
 * stopped (SIGSTOP, then SIGCONT) from the try after TPM_UNSEAL_TRIES_BESIDE on.
 */
#define TPM_UNSEAL_TRIES 400
#define TPM_UNSEAL_TRIES_BESIDE 10
MUST_USE int tpm_unsealer_try(struct tpm_unsealer *u, const struct tpm_approved *approved,
			      uint8_t ret_secret[static TPM_SEAL_MAX], enum tpm_answer *ret_answer,
			      struct err *err);
void tpm_unsealer_free(struct tpm_unsealer *u);

#endif
