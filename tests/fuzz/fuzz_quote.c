/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes: an AK, a signature and a TPMS_ATTEST, each behind its length; only the TPM's own passes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit/soft_tpm.h"
#include "attest/quote.h"
#include "base/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is the data, in front of a signature that is good: so that all of it is read. */
static void try_signed(const uint8_t *data, size_t size)
{
	static struct soft_ak ak;
	AUTO_BUF sig = BUF_INIT(QUOTE_SIG_MAX);
	struct pcr_set pcrs = { .bank = HASH_SHA256, .mask = 0xffff };
	struct proven_quote proven;
	struct quote_input in = { .ak = &ak.public,
				  .attest = data,
				  .attest_len = size,
				  .nonce = "nonce",
				  .nonce_len = 5,
				  .pcrs = &pcrs };

	if (!ak.pkey && soft_ak_new(&ak, NULL) < 0)
		abort();
	if (soft_sign(&ak, data, size, &sig) < 0)
		abort();
	in.sig = sig.data;
	in.sig_len = sig.len;
	if (quote_verify(&in, &proven, NULL) == 0 &&
	    memcmp(data, "\xff\x54\x43\x47\x80\x18", 6) != 0)
		abort();
}

static void try_whole(const uint8_t *data, size_t size)
{
	struct rd rd = rd_init(data, size);
	struct rd key = rd_sub(&rd, rd_be16(&rd));
	struct rd sig = rd_sub(&rd, rd_be16(&rd));
	struct pcr_set pcrs = { .bank = HASH_SHA256, .mask = 0xffff };
	struct proven_quote proven;
	struct tpm_public ak;
	struct quote_input in = { .ak = &ak,
				  .attest = rd.at,
				  .attest_len = rd.left,
				  .sig = sig.at,
				  .sig_len = sig.left,
				  .nonce = "nonce",
				  .nonce_len = 5,
				  .pcrs = &pcrs };

	if (rd_ok(&rd) && public_decode(key.at, key.left, &ak, NULL) == 0 &&
	    quote_verify(&in, &proven, NULL) == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] & 1)
		try_signed(data + 1, size - 1);
	else
		try_whole(data + 1, size - 1);
	return 0;
}
