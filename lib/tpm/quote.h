/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A quote with the PCR values that it is over (TPM 2.0 Library part 3, 18.4 TPM2_Quote). */
#ifndef ASSAY_TPM_QUOTE_H
#define ASSAY_TPM_QUOTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tpm/identity.h"

#define TPM_QUOTE_PCRS 16	  /* 0 to 15, of the bank of SHA-256 */
#define TPM_QUOTE_ATTEST_MAX 1024 /* bytes of a marshalled TPMS_ATTEST */
#define TPM_QUOTE_SIG_MAX 600	  /* bytes of a marshalled TPMT_SIGNATURE */
#define TPM_QUOTE_NONCE_MAX 64	  /* bytes of qualifyingData */
#define TPM_QUOTE_TRIES 20	  /* IMA extends PCR 10 whenever it measures */

struct tpm_quote {
	uint8_t attest[TPM_QUOTE_ATTEST_MAX]; /* TPMS_ATTEST */
	size_t attest_len;
	uint8_t sig[TPM_QUOTE_SIG_MAX]; /* TPMT_SIGNATURE */
	size_t sig_len;
	uint8_t value[TPM_QUOTE_PCRS][32]; /* their digest is the quote's pcrDigest */
};

/*
 * Quotes PCRs 0-15 by the attestation key, which must have been loaded.  The values are read apart
 * from the quote, unless it fits those of the last one; where something was extended in between,
 * all is done anew, up to TPM_QUOTE_TRIES times.
 */
MUST_USE int tpm_quote_make(struct tpm_identity *identity, const void *nonce, size_t len,
			    struct tpm_quote *ret_quote, struct err *err);

#endif
