/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which approval is of this boot, and what the TPM says to it. */
#include "lock/unseal.h"

#include <string.h>

#include "tpm/pcr.h"

static void cleanup_unsealer(struct tpm_unsealer **u)
{
	tpm_unsealer_free(*u);
	*u = NULL;
}

static unsigned int count_bits(uint32_t mask)
{
	unsigned int n = 0;

	for (; mask; mask &= mask - 1)
		n++;
	return n;
}

static uint32_t differing(const struct tpm_pcrs *a, const struct tpm_pcrs *b)
{
	uint32_t differ = a->mask ^ b->mask;

	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if ((a->mask & b->mask) >> i & 1 &&
		    memcmp(a->value[i], b->value[i], TPM_DIGEST_SIZE) != 0)
			differ |= 1U << i;
	return differ;
}

/* Of two that are equally near the newer: it comes later. */
size_t lock_nearest(const struct lock_blob *blob, const struct tpm_pcrs *current,
		    uint32_t *ret_differ)
{
	size_t nearest = blob->n_approvals;

	*ret_differ = 0;
	for (size_t i = 0; i < blob->n_approvals; i++) {
		uint32_t differ = differing(&blob->approvals[i].pcrs, current);

		if (nearest == blob->n_approvals || count_bits(differ) <= count_bits(*ret_differ)) {
			nearest = i;
			*ret_differ = differ;
		}
	}
	return nearest;
}

static enum lock_answer from_tpm(enum tpm_answer answer)
{
	switch (answer) {
	case TPM_UNSEALED:
		return LOCK_UNSEALED;
	case TPM_OTHER:
		return LOCK_OTHER_TPM;
	case TPM_NO_COUNTER:
		return LOCK_COUNTER_GONE;
	case TPM_REVOKED:
		return LOCK_REVOKED;
	case TPM_UNSIGNED:
		return LOCK_FORGED;
	case TPM_PCRS_DIFFER:
		return LOCK_NOT_APPROVED;
	case TPM_DAMAGED:
		break;
	}
	return LOCK_DAMAGED;
}

static int put_pcrs(struct buf *out, uint32_t mask, struct err *err)
{
	const char *comma = "";

	for (unsigned int i = 0; i < TPM_PCRS; i++) {
		if (!(mask >> i & 1))
			continue;
		if (buf_putf(out, err, "%s%u", comma, i) < 0)
			return -1;
		comma = ", ";
	}
	return 0;
}

static int refuse_unknown(const struct lock_blob *blob, const struct lock_why *why, struct err *err)
{
	AUTO_BUF pcrs = BUF_INIT(256);
	const struct lock_approval *a;

	if (why->approval == blob->n_approvals)
		return err_set(err, "unseal: no boot is approved");
	a = &blob->approvals[why->approval];
	if (put_pcrs(&pcrs, why->differ, err) < 0)
		return -1;
	return err_set(err,
		       "unseal: this boot is not approved: PCR %s is not as in approval %u "
		       "(%s)",
		       buf_text(&pcrs), a->id, a->kernel);
}

struct trying {
	const struct lock_blob *blob;
	struct tpm_unsealer *u;
	struct lock_why *why;
	bool matched; /* an approval is of these PCRs, whatever came of it */
};

static int try_one(struct trying *t, size_t i, uint8_t *ret_secret, struct err *err)
{
	const struct lock_approval *a = &t->blob->approvals[i];
	enum tpm_answer answer;
	struct tpm_approved approved = { .counter = &t->blob->counter,
					 .bound = a->bound,
					 .pcr_mask = a->pcrs.mask,
					 .sig = a->sig,
					 .sig_len = a->sig_len };

	if (lock_approval_policy(a, &t->blob->counter, approved.policy, err) < 0 ||
	    tpm_unsealer_try(t->u, &approved, ret_secret, &answer, err) < 0)
		return -1;
	t->matched = true;
	t->why->approval = i;
	t->why->answer = from_tpm(answer);
	if (answer != TPM_UNSEALED)
		(void)err_prepend(err, "unseal: approval %u (%s)", a->id, a->kernel);
	return 0;
}

/* The newest first: it is most probably the one.  An answer about the object holds for all. */
static int try_all(struct trying *t, uint8_t *ret_secret, struct err *err)
{
	uint32_t mask = t->why->current.mask;

	for (size_t i = t->blob->n_approvals; i-- > 0;) {
		const struct lock_approval *a = &t->blob->approvals[i];

		/* One of fewer PCRs than the profile's would be weaker than the lock is said to be.
		 */
		if (a->pcrs.mask != mask || differing(&a->pcrs, &t->why->current))
			continue;
		if (try_one(t, i, ret_secret, err) < 0)
			return -1;
		if (t->why->answer == LOCK_UNSEALED)
			return 0;
	}
	return 0;
}

static int unsealer_open(const struct lock_blob *blob, bool stop_others,
			 struct tpm_unsealer **ret_u, struct lock_why *why, struct err *err)
{
	struct tpm_unseal_input input = { .sealed = &blob->sealed,
					  .authority = &blob->authority,
					  .stop_others = stop_others };
	enum tpm_answer answer;

	if (lock_policy_ref(blob->id, input.ref, err) < 0 ||
	    tpm_unsealer_open(&input, ret_u, &answer, err) < 0)
		return err_prepend(err, "unseal");
	why->answer = from_tpm(answer);
	if (answer != TPM_UNSEALED)
		(void)err_prepend(err, "unseal");
	return 0;
}

int lock_unseal_why(const struct lock_blob *blob, bool stop_others,
		    uint8_t ret_secret[static LOCK_SECRET_SIZE], struct lock_why *ret_why,
		    struct err *err)
{
	CLEANUP(cleanup_unsealer) struct tpm_unsealer *u = NULL;
	struct trying t = { .blob = blob, .why = ret_why };
	uint32_t mask = lock_profile_pcrs(blob->profile, blob->record_pcr);

	memset(ret_why, 0, sizeof(*ret_why));
	ret_why->approval = blob->n_approvals;
	ret_why->answer = LOCK_NOT_APPROVED;
	if (tpm_pcrs_read(mask, &ret_why->current, err) < 0)
		return err_prepend(err, "unseal");
	ret_why->approval = lock_nearest(blob, &ret_why->current, &ret_why->differ);
	if (unsealer_open(blob, stop_others, &u, ret_why, err) < 0)
		return -1;
	ret_why->asked = true;
	if (ret_why->answer != LOCK_UNSEALED)
		return -1;
	ret_why->answer = LOCK_NOT_APPROVED;
	t.u = u;
	if (try_all(&t, ret_secret, err) < 0) {
		ret_why->asked = false;
		return -1;
	}
	if (ret_why->answer == LOCK_UNSEALED)
		return 0;
	return t.matched ? -1 : refuse_unknown(blob, ret_why, err);
}

int lock_unseal(const struct lock_blob *blob, uint8_t ret_secret[static LOCK_SECRET_SIZE],
		size_t *ret_approval, struct err *err)
{
	struct lock_why why;

	if (lock_unseal_why(blob, false, ret_secret, &why, err) < 0)
		return -1;
	*ret_approval = why.approval;
	return 0;
}
