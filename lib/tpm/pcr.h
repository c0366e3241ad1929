/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extending a PCR of the TPM 2.0 (TCG TPM 2.0 Library part 3, 22.2 TPM2_PCR_Extend). */
#ifndef ASSAY_TPM_PCR_H
#define ASSAY_TPM_PCR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "tpm/policy.h"

#define TPM_DEVICE "/dev/tpmrm0"

/* Is there a TPM 2.0 that answers?  Absence is *ret_present false, not an error. */
MUST_USE int tpm_present(bool *ret_present, struct err *err);

/*
 * Extends every active SHA bank of the PCR with that bank's digest of the bytes.  Banks of other
 * hashes (SM3, SHA-3) are left alone; without one of SHA-256 or longer it fails.
 */
MUST_USE int tpm_pcr_extend(unsigned int pcr, const void *data, size_t len, struct err *err);

/* Reads the PCR's value in one bank. */
MUST_USE int tpm_pcr_read(unsigned int pcr, enum hash_algo bank, struct digest *ret_value,
			  struct err *err);

/* Reads the PCRs of the mask in the SHA-256 bank; fails where the TPM has none. */
MUST_USE int tpm_pcrs_read(uint32_t mask, struct tpm_pcrs *ret_pcrs, struct err *err);

#endif
