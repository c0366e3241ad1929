/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCRs into which nothing of a boot was measured: a lock that is sealed to them holds nothing. */
#ifndef ASSAY_LOCK_EMPTY_H
#define ASSAY_LOCK_EMPTY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "lock/blob.h"

/*
 * All zeroes, all ones, or what every firmware leaves of a boot in which nothing was started: the
 * separator, alone or with the action "Calling EFI Application from Boot Option" (TCG PC Client
 * PFP 1.06, 10.4.1 and 3.3.4).
 */
bool lock_pcr_is_empty(const uint8_t value[static TPM_DIGEST_SIZE]);

/* Which of them are.  PCR 12 of profile uki is not counted: a boot to which nothing was given
 * beside the image leaves it so, and any other changes it. */
uint32_t lock_pcrs_empty(enum lock_profile profile, const struct tpm_pcrs *pcrs);

/* Fails, with the sentence, where one is. */
MUST_USE int lock_pcrs_check(enum lock_profile profile, const struct tpm_pcrs *pcrs,
			     struct err *err);

#endif
