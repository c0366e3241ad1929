/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy digests as the TPM computes them (TPM 2.0 Library part 3, 23), made without one. */
#ifndef ASSAY_TPM_POLICY_H
#define ASSAY_TPM_POLICY_H

#include <stdint.h>

#include "base/err.h"

#define TPM_DIGEST_SIZE 32 /* SHA-256, the hash of every policy, Name and PCR bank here */
#define TPM_NAME_SIZE 34   /* of an object or NV index whose nameAlg is SHA-256: part 1, 16 */
#define TPM_PCRS 24

/* Values of the SHA-256 bank; bit n of mask: PCR n is there. */
struct tpm_pcrs {
	uint32_t mask;
	uint8_t value[TPM_PCRS][TPM_DIGEST_SIZE];
};

/* An NV index that only counts up. */
struct tpm_counter {
	uint32_t index; /* TPM2_HANDLE, 0x01...... */
	uint8_t name[TPM_NAME_SIZE];
};

/* Each extends the policy digest, which is 32 zero bytes at first. */
MUST_USE int tpm_policy_pcr(uint8_t digest[static TPM_DIGEST_SIZE], const struct tpm_pcrs *pcrs,
			    struct err *err);
/* The counter is at most the bound (TPM2_EO_UNSIGNED_LE, offset 0). */
MUST_USE int tpm_policy_counter(uint8_t digest[static TPM_DIGEST_SIZE],
				const struct tpm_counter *counter, uint64_t bound, struct err *err);
/* Replaces it: whatever the key of that Name has approved, for this reference. */
MUST_USE int tpm_policy_authorize(uint8_t digest[static TPM_DIGEST_SIZE],
				  const uint8_t key_name[static TPM_NAME_SIZE],
				  const uint8_t ref[static TPM_DIGEST_SIZE], struct err *err);

/* H(approved policy || reference): what TPM2_PolicyAuthorize wants signed. */
MUST_USE int tpm_policy_to_sign(const uint8_t approved[static TPM_DIGEST_SIZE],
				const uint8_t ref[static TPM_DIGEST_SIZE],
				uint8_t ret_digest[static TPM_DIGEST_SIZE], struct err *err);

#endif
