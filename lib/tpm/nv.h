/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters in the TPM's NV memory (TPM 2.0 Library part 1, 37.2.4; part 3, 31). */
#ifndef ASSAY_TPM_NV_H
#define ASSAY_TPM_NV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tpm/policy.h"

#define TPM_COUNTER_FIRST 0x01a55a00 /* in the owner's range, 0x01800000 to 0x01bfffff */
#define TPM_COUNTER_TRIES 32	     /* indices from there on that are looked at */

/*
 * Defines a counter in the owner hierarchy, at the first index from TPM_COUNTER_FIRST on that is
 * not taken, and counts once, without which it can't be read.  It is read and counted up without
 * authorization, so that whoever reaches the TPM can revoke, and nobody can take it back: a counter
 * that is deleted and defined again goes on above the highest value that any counter of this TPM
 * ever had.
 */
MUST_USE int tpm_counter_make(struct tpm_counter *ret_counter, struct err *err);

/* *ret_there false: the index is not defined, or is another than the Name says. */
MUST_USE int tpm_counter_read(const struct tpm_counter *counter, uint64_t *ret_value,
			      bool *ret_there, struct err *err);
MUST_USE int tpm_counter_increment(const struct tpm_counter *counter, struct err *err);
/* Takes the owner's authorization.  One that is not there is no error. */
MUST_USE int tpm_counter_remove(const struct tpm_counter *counter, struct err *err);

#endif
