/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes: the one place where what a host says becomes what its TPM says. */
#include "attest/quote.h"

#include <string.h>

#include "attest/tpm_alg.h"
#include "base/rd.h"

#define GENERATED 0xff544347U /* TPM_GENERATED_VALUE: part 2, 6.2 */
#define ST_QUOTE 0x8018	      /* TPM_ST_ATTEST_QUOTE: part 2, 6.9 */
#define SELECT_MAX 4	      /* bytes of a selection that we know, the last of zeroes */

/* TPMS_CLOCK_INFO: part 2, 10.11.1. */
static int take_clock(struct rd *in, struct proven_quote *q, struct err *err)
{
	uint8_t safe;

	q->clock = rd_be64(in);
	q->reset_count = rd_be32(in);
	q->restart_count = rd_be32(in);
	safe = rd_u8(in);
	q->firmware_version = rd_be64(in);
	if (!rd_ok(in) || safe > 1)
		return err_set(err, "no clock, or one that ends too early");
	q->safe = safe;
	return 0;
}

/* TPML_PCR_SELECTION with one bank: part 2, 10.6.2, 10.9.7. */
static int take_selection(struct rd *in, const struct pcr_set *want, struct err *err)
{
	uint32_t banks = rd_be32(in);
	uint16_t bank = rd_be16(in);
	size_t n = rd_u8(in);
	const uint8_t *bits = rd_bytes(in, n);
	uint32_t mask = 0;

	if (!bits || banks != 1 || n > SELECT_MAX)
		return err_set(err, "not a quote of one bank");
	if (bank != tpm_alg_of_hash(want->bank) || bank == TPM_NULL)
		return err_set(err, "of another bank (0x%04x)", bank);
	for (size_t i = 0; i < n; i++)
		mask |= (uint32_t)bits[i] << 8 * i;
	if (mask != want->mask || mask == 0)
		return err_set(err, "of the PCRs 0x%06x, not 0x%06x", mask, want->mask);
	return 0;
}

/* By the hash of the signature's scheme: part 3, 18.4. */
static int check_values(const struct quote_input *input, const uint8_t *digest, size_t len,
			struct err *err)
{
	AUTO_BUF values = BUF_INIT(QUOTE_PCRS * HASH_SIZE_MAX);
	const struct pcr_set *pcrs = input->pcrs;
	struct digest want;

	for (size_t i = 0; i < QUOTE_PCRS; i++)
		if (pcrs->mask >> i & 1 &&
		    buf_put(&values, pcrs->value[i], hash_algo_size(pcrs->bank), err) < 0)
			return -1;
	if (hash_bytes(input->ak->scheme_hash, values.data, values.len, &want, err) < 0)
		return -1;
	if (!digest || len != want.len || memcmp(digest, want.data, len) != 0)
		return err_set(err, "the PCRs that were sent are not those that were quoted");
	return 0;
}

static int take_quote(const struct quote_input *input, struct rd *in, struct proven_quote *q,
		      struct err *err)
{
	const uint8_t *nonce, *digest;
	size_t len;

	if (rd_be32(in) != GENERATED)
		return err_set(err, "not made by a TPM");
	if (rd_be16(in) != ST_QUOTE)
		return err_set(err, "another attestation, not a quote");
	(void)rd_sub(in, rd_be16(in)); /* qualifiedSigner: the key that verifies is who signed */
	len = rd_be16(in);
	nonce = rd_bytes(in, len);
	if (!nonce || len == 0 || len != input->nonce_len || memcmp(nonce, input->nonce, len) != 0)
		return err_set(err, "not over the nonce that was asked for");
	if (take_clock(in, q, err) < 0 || take_selection(in, input->pcrs, err) < 0)
		return -1;
	len = rd_be16(in);
	digest = rd_bytes(in, len);
	if (!rd_done(in))
		return err_set(err, "it ends too early, or something follows it");
	return check_values(input, digest, len, err);
}

int quote_verify(const struct quote_input *input, struct proven_quote *ret_quote, struct err *err)
{
	struct rd in = rd_init(input->attest, input->attest_len);
	struct proven_quote q = { .clock = 0 };

	if (input->attest_len > QUOTE_MAX || input->sig_len > QUOTE_SIG_MAX ||
	    input->nonce_len > QUOTE_NONCE_MAX || input->pcrs->mask >> QUOTE_PCRS)
		return err_set(err, "quote: larger than any");
	if (public_check_ak_terms(input->ak, err) < 0 ||
	    public_verify(input->ak, input->attest, input->attest_len, input->sig, input->sig_len,
			  err) < 0 ||
	    take_quote(input, &in, &q, err) < 0)
		return err_prepend(err, "quote");
	q.pcrs = *input->pcrs;
	*ret_quote = q;
	return 0;
}
