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

#endif
