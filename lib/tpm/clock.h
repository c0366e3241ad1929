/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TPM's clock and counters (TPM 2.0 Library part 3, 29.1 TPM2_ReadClock). */
#ifndef ASSAY_TPM_CLOCK_H
#define ASSAY_TPM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tpm/identity.h"

struct tpm_clock {
	uint64_t clock; /* milliseconds */
	uint32_t reset_count;
	uint32_t restart_count;
	bool safe;
};

MUST_USE int tpm_clock_read(struct tpm_identity *identity, struct tpm_clock *ret_clock,
			    struct err *err);

/*
 * As of the last quote, which tells them, too (part 2, TPMS_ATTEST: not obfuscated, as the
 * attestation key is of the endorsement hierarchy); the TPM is asked only before the first.  A host
 * that slept since has another restart_count by now, which its next quote says.
 */
MUST_USE int tpm_clock_last(struct tpm_identity *identity, struct tpm_clock *ret_clock,
			    struct err *err);

#endif
