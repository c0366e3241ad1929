/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Quotes (TPMS_ATTEST with TPMS_QUOTE_INFO; TPM 2.0 Library part 2, 10.12), decoded and proven. */
#ifndef ASSAY_ATTEST_QUOTE_H
#define ASSAY_ATTEST_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attest/public.h"
#include "base/err.h"
#include "crypto/hash.h"

#define QUOTE_MAX 1024	   /* bytes of a marshalled TPMS_ATTEST */
#define QUOTE_SIG_MAX 600  /* bytes of a marshalled TPMT_SIGNATURE */
#define QUOTE_NONCE_MAX 64 /* bytes of qualifyingData */
#define QUOTE_PCRS 24

/* PCR values of one bank as the host sends them beside the quote: claims, until proven. */
struct pcr_set {
	enum hash_algo bank;
	uint32_t mask; /* bit n: PCR n is there */
	uint8_t value[QUOTE_PCRS][HASH_SIZE_MAX];
};

/* What a signed quote says; made by quote_verify alone. */
struct proven_quote {
	struct pcr_set pcrs;
	uint64_t clock; /* milliseconds */
	uint32_t reset_count;
	uint32_t restart_count;
	bool safe;
	uint64_t firmware_version;
};

struct quote_input {
	const struct tpm_public *ak;
	const void *attest; /* TPMS_ATTEST */
	size_t attest_len;
	const void *sig; /* TPMT_SIGNATURE */
	size_t sig_len;
	const void *nonce; /* the qualifyingData that it must hold */
	size_t nonce_len;
	const struct pcr_set *pcrs; /* as sent; the quote must be over these, and no other */
};

/* 0 only if magic, type, signer's scheme, nonce, selection and pcrDigest are all right. */
MUST_USE int quote_verify(const struct quote_input *input, struct proven_quote *ret_quote,
			  struct err *err);

#endif
