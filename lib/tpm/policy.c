/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy digests, step by step. */
#include "tpm/policy.h"

#include <string.h>

#include <tss2/tss2_tpm2_types.h>

#include "base/buf.h"
#include "crypto/hash.h"

#define HASHED_MAX 1024 /* bytes: 24 PCRs of 32 */
#define SELECT_SIZE 3	/* bytes of a selection of 24 PCRs */

static int hash_into(const struct buf *bytes, uint8_t ret_digest[static TPM_DIGEST_SIZE],
		     struct err *err)
{
	struct digest d;

	if (hash_bytes(HASH_SHA256, bytes->data, bytes->len, &d, err) < 0)
		return -1;
	memcpy(ret_digest, d.data, TPM_DIGEST_SIZE);
	return 0;
}

/* What every step begins with: the digest so far, and the command's code. */
static int begin(struct buf *b, const uint8_t digest[static TPM_DIGEST_SIZE], TPM2_CC code,
		 struct err *err)
{
	if (buf_put(b, digest, TPM_DIGEST_SIZE, err) < 0)
		return -1;
	return buf_put_be32(b, code, err);
}

/* Part 2, 10.9.7 TPML_PCR_SELECTION. */
static int put_selection(struct buf *b, uint32_t mask, struct err *err)
{
	if (buf_put_be32(b, 1, err) < 0 || buf_put_be16(b, TPM2_ALG_SHA256, err) < 0 ||
	    buf_put_u8(b, SELECT_SIZE, err) < 0)
		return -1;
	for (unsigned int i = 0; i < SELECT_SIZE; i++)
		if (buf_put_u8(b, (uint8_t)(mask >> (8 * i)), err) < 0)
			return -1;
	return 0;
}

/* Part 3, 23.7 TPM2_PolicyPCR. */
int tpm_policy_pcr(uint8_t digest[static TPM_DIGEST_SIZE], const struct tpm_pcrs *pcrs,
		   struct err *err)
{
	AUTO_BUF values = BUF_INIT(HASHED_MAX);
	AUTO_BUF b = BUF_INIT(HASHED_MAX);
	uint8_t composite[TPM_DIGEST_SIZE];

	if (!pcrs->mask || pcrs->mask >> TPM_PCRS)
		return err_set(err, "policy: no PCR, or one that there is not");
	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if ((pcrs->mask >> i & 1) &&
		    buf_put(&values, pcrs->value[i], TPM_DIGEST_SIZE, err) < 0)
			return -1;
	if (hash_into(&values, composite, err) < 0 ||
	    begin(&b, digest, TPM2_CC_PolicyPCR, err) < 0 ||
	    put_selection(&b, pcrs->mask, err) < 0 ||
	    buf_put(&b, composite, sizeof(composite), err) < 0)
		return -1;
	return hash_into(&b, digest, err);
}

/* Part 3, 23.9 TPM2_PolicyNV. */
int tpm_policy_counter(uint8_t digest[static TPM_DIGEST_SIZE], const struct tpm_counter *counter,
		       uint64_t bound, struct err *err)
{
	AUTO_BUF args = BUF_INIT(HASHED_MAX);
	AUTO_BUF b = BUF_INIT(HASHED_MAX);
	uint8_t hashed[TPM_DIGEST_SIZE];

	if (buf_put_be32(&args, (uint32_t)(bound >> 32), err) < 0 ||
	    buf_put_be32(&args, (uint32_t)bound, err) < 0 || buf_put_be16(&args, 0, err) < 0 ||
	    buf_put_be16(&args, TPM2_EO_UNSIGNED_LE, err) < 0 || hash_into(&args, hashed, err) < 0)
		return -1;
	if (begin(&b, digest, TPM2_CC_PolicyNV, err) < 0 ||
	    buf_put(&b, hashed, sizeof(hashed), err) < 0 ||
	    buf_put(&b, counter->name, TPM_NAME_SIZE, err) < 0)
		return -1;
	return hash_into(&b, digest, err);
}

/* Part 3, 23.2.3 and 23.16 TPM2_PolicyAuthorize: the digest so far does not count. */
int tpm_policy_authorize(uint8_t digest[static TPM_DIGEST_SIZE],
			 const uint8_t key_name[static TPM_NAME_SIZE],
			 const uint8_t ref[static TPM_DIGEST_SIZE], struct err *err)
{
	static const uint8_t zeroes[TPM_DIGEST_SIZE];
	AUTO_BUF b = BUF_INIT(HASHED_MAX);

	if (begin(&b, zeroes, TPM2_CC_PolicyAuthorize, err) < 0 ||
	    buf_put(&b, key_name, TPM_NAME_SIZE, err) < 0 || hash_into(&b, digest, err) < 0)
		return -1;
	buf_reset(&b);
	if (buf_put(&b, digest, TPM_DIGEST_SIZE, err) < 0 ||
	    buf_put(&b, ref, TPM_DIGEST_SIZE, err) < 0)
		return -1;
	return hash_into(&b, digest, err);
}

int tpm_policy_to_sign(const uint8_t approved[static TPM_DIGEST_SIZE],
		       const uint8_t ref[static TPM_DIGEST_SIZE],
		       uint8_t ret_digest[static TPM_DIGEST_SIZE], struct err *err)
{
	AUTO_BUF b = BUF_INIT(HASHED_MAX);

	if (buf_put(&b, approved, TPM_DIGEST_SIZE, err) < 0 ||
	    buf_put(&b, ref, TPM_DIGEST_SIZE, err) < 0)
		return -1;
	return hash_into(&b, ret_digest, err);
}
