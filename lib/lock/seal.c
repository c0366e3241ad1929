/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What set, approve, test and reseal have in common. */
#include "lock/seal.h"

#include <string.h>

int lock_seal(struct lock_blob *blob, const uint8_t secret[static LOCK_SECRET_SIZE],
	      struct err *err)
{
	uint8_t policy[TPM_DIGEST_SIZE];
	uint8_t ref[TPM_DIGEST_SIZE];

	if (lock_policy_ref(blob->id, ref, err) < 0 ||
	    tpm_policy_authorize(policy, blob->authority.name, ref, err) < 0)
		return -1;
	return tpm_seal(secret, LOCK_SECRET_SIZE, policy, &blob->sealed, err);
}

static void cleanup_unsealer(struct tpm_unsealer **u)
{
	tpm_unsealer_free(*u);
	*u = NULL;
}

/* The PCRs of this boot are capped: the TPM gets as far as to say that they differ. */
static int try_capped(const struct lock_blob *blob, struct tpm_unsealer *u,
		      const struct lock_approval *a, struct err *err)
{
	AUTO_SECRET(secret) = { 0 };
	enum tpm_answer answer;
	struct tpm_approved approved = { .counter = &blob->counter,
					 .bound = a->bound,
					 .pcr_mask = a->pcrs.mask,
					 .sig = a->sig,
					 .sig_len = a->sig_len };

	if (lock_approval_policy(a, &blob->counter, approved.policy, err) < 0 ||
	    tpm_unsealer_try(u, &approved, secret, &answer, err) < 0)
		return -1;
	return answer == TPM_UNSEALED || answer == TPM_PCRS_DIFFER ? 0 : -1;
}

int lock_would_unseal(const struct lock_blob *blob, size_t approval, struct err *err)
{
	CLEANUP(cleanup_unsealer) struct tpm_unsealer *u = NULL;
	struct tpm_unseal_input input = { .sealed = &blob->sealed, .authority = &blob->authority };
	enum tpm_answer answer;

	if (approval >= blob->n_approvals)
		return err_set(err, "no boot is approved");
	if (lock_policy_ref(blob->id, input.ref, err) < 0 ||
	    tpm_unsealer_open(&input, &u, &answer, err) < 0 || answer != TPM_UNSEALED)
		return -1;
	return try_capped(blob, u, &blob->approvals[approval], err);
}

static bool same_pcrs(const struct tpm_pcrs *a, const struct tpm_pcrs *b)
{
	bool same = a->mask == b->mask;

	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if (a->mask >> i & 1)
			same = same && memcmp(a->value[i], b->value[i], TPM_DIGEST_SIZE) == 0;
	return same;
}

size_t lock_find(const struct lock_blob *blob, const struct tpm_pcrs *pcrs)
{
	for (size_t i = blob->n_approvals; i-- > 0;)
		if (same_pcrs(&blob->approvals[i].pcrs, pcrs))
			return i;
	return blob->n_approvals;
}

void lock_approval_drop(struct lock_blob *blob, size_t approval)
{
	size_t after = blob->n_approvals - approval - 1;

	memmove(&blob->approvals[approval], &blob->approvals[approval + 1],
		after * sizeof(blob->approvals[0]));
	blob->n_approvals--;
	memset(&blob->approvals[blob->n_approvals], 0, sizeof(blob->approvals[0]));
}

static bool fits(const struct lock_blob *blob)
{
	AUTO_BUF out = BUF_INIT(LOCK_BLOB_MAX);

	return lock_blob_encode(blob, &out, NULL) == 0;
}

int lock_approval_add(struct lock_blob *blob, struct lock_approval *approval, uint32_t *ret_dropped,
		      struct err *err)
{
	*ret_dropped = 0;
	if (blob->next_id == UINT32_MAX)
		return err_set(err, "approvals: no more numbers");
	if (blob->n_approvals == LOCK_APPROVALS_MAX) {
		*ret_dropped = blob->approvals[0].id;
		lock_approval_drop(blob, 0);
	}
	approval->id = blob->next_id++;
	blob->approvals[blob->n_approvals++] = *approval;
	if (blob->n_approvals > 1 && !*ret_dropped && !fits(blob)) {
		*ret_dropped = blob->approvals[0].id;
		lock_approval_drop(blob, 0);
	}
	return 0;
}
