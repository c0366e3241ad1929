/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One approval: its policy, and its bytes. */
#include "lock/approval.h"

#include <string.h>

#include "lock/wire.h"

#define REF_DOMAIN "assay-lock 1"

int lock_policy_ref(const uint8_t id[static LOCK_ID_SIZE], uint8_t ret_ref[static TPM_DIGEST_SIZE],
		    struct err *err)
{
	uint8_t both[sizeof(REF_DOMAIN) - 1 + LOCK_ID_SIZE];
	struct digest d;

	memcpy(both, REF_DOMAIN, sizeof(REF_DOMAIN) - 1);
	memcpy(both + sizeof(REF_DOMAIN) - 1, id, LOCK_ID_SIZE);
	if (hash_bytes(HASH_SHA256, both, sizeof(both), &d, err) < 0)
		return -1;
	memcpy(ret_ref, d.data, TPM_DIGEST_SIZE);
	return 0;
}

int lock_approval_policy(const struct lock_approval *approval, const struct tpm_counter *counter,
			 uint8_t ret_policy[static TPM_DIGEST_SIZE], struct err *err)
{
	uint8_t policy[TPM_DIGEST_SIZE] = { 0 };

	if (tpm_policy_counter(policy, counter, approval->bound, err) < 0 ||
	    tpm_policy_pcr(policy, &approval->pcrs, err) < 0)
		return -1;
	memcpy(ret_policy, policy, sizeof(policy));
	return 0;
}

int lock_approval_to_sign(const struct lock_approval *approval, const struct tpm_counter *counter,
			  const uint8_t id[static LOCK_ID_SIZE], struct digest *ret_digest,
			  struct err *err)
{
	uint8_t policy[TPM_DIGEST_SIZE];
	uint8_t ref[TPM_DIGEST_SIZE];

	if (lock_approval_policy(approval, counter, policy, err) < 0 ||
	    lock_policy_ref(id, ref, err) < 0)
		return -1;
	ret_digest->algo = HASH_SHA256;
	ret_digest->len = TPM_DIGEST_SIZE;
	return tpm_policy_to_sign(policy, ref, ret_digest->data, err);
}

static unsigned int count_bits(uint32_t mask)
{
	unsigned int n = 0;

	for (; mask; mask &= mask - 1)
		n++;
	return n;
}

static int check(const struct lock_approval *a, struct err *err)
{
	unsigned int n = count_bits(a->pcrs.mask);

	if (a->id == 0)
		return err_set(err, "approval: has no number");
	if (n == 0 || n > LOCK_PCRS_MAX || a->pcrs.mask >> TPM_PCRS)
		return err_set(err, "approval %u: not of 1 to %d PCRs", a->id, LOCK_PCRS_MAX);
	if (!wire_is_word(a->kernel))
		return err_set(err, "approval %u: '%s' is no kernel's version", a->id, a->kernel);
	if (a->sig_len > TPM_SIG_MAX)
		return err_set(err, "approval %u: its signature is too long", a->id);
	return 0;
}

int lock_approval_encode(const struct lock_approval *a, struct buf *out, struct err *err)
{
	if (check(a, err) < 0 || buf_put_be32(out, a->id, err) < 0 ||
	    wire_put_text(out, a->kernel, err) < 0 || wire_put_be64(out, a->time, err) < 0 ||
	    wire_put_be64(out, a->bound, err) < 0 || buf_put_be32(out, a->pcrs.mask, err) < 0)
		return -1;
	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if ((a->pcrs.mask >> i & 1) &&
		    buf_put(out, a->pcrs.value[i], TPM_DIGEST_SIZE, err) < 0)
			return -1;
	return wire_put_bytes(out, a->sig, a->sig_len, err);
}

int lock_approval_decode(struct rd *in, struct lock_approval *ret_approval, struct err *err)
{
	struct lock_approval a = { .id = rd_be32(in) };

	wire_text(in, a.kernel, sizeof(a.kernel));
	a.time = rd_be64(in);
	a.bound = rd_be64(in);
	a.pcrs.mask = rd_be32(in);
	for (unsigned int i = 0; i < TPM_PCRS; i++) {
		const uint8_t *value = a.pcrs.mask >> i & 1 ? rd_bytes(in, TPM_DIGEST_SIZE) : NULL;

		if (value)
			memcpy(a.pcrs.value[i], value, TPM_DIGEST_SIZE);
	}
	a.sig_len = wire_bytes(in, a.sig, sizeof(a.sig));
	if (!rd_ok(in))
		return err_set(err, "approval: cut short, or a part of it is too long");
	if (check(&a, err) < 0)
		return -1;
	*ret_approval = a;
	return 0;
}
