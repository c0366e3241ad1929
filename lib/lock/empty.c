/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What PCRs hold when nothing told anything of the boot. */
#include "lock/empty.h"

#include <string.h>

#include "base/attr.h"
#include "crypto/hash.h"

#define ACTION "Calling EFI Application from Boot Option"
#define PCR_STUB_GIVEN 12 /* what systemd-stub was given beside its image */

/* value = H(value || H(event)) */
static bool extend(uint8_t value[static TPM_DIGEST_SIZE], const void *event, size_t len)
{
	uint8_t both[2 * TPM_DIGEST_SIZE];
	struct digest d;

	if (hash_bytes(HASH_SHA256, event, len, &d, NULL) < 0)
		return false;
	memcpy(both, value, TPM_DIGEST_SIZE);
	memcpy(both + TPM_DIGEST_SIZE, d.data, TPM_DIGEST_SIZE);
	if (hash_bytes(HASH_SHA256, both, sizeof(both), &d, NULL) < 0)
		return false;
	memcpy(value, d.data, TPM_DIGEST_SIZE);
	return true;
}

static bool all_are(const uint8_t value[static TPM_DIGEST_SIZE], uint8_t byte)
{
	for (size_t i = 0; i < TPM_DIGEST_SIZE; i++)
		if (value[i] != byte)
			return false;
	return true;
}

/* The action before the separator, after it, or not at all; what can't be computed counts as empty.
 */
static bool is_left_by_firmware(const uint8_t value[static TPM_DIGEST_SIZE],
				const uint8_t separator[static 4])
{
	for (int action = 0; action < 3; action++) {
		uint8_t left[TPM_DIGEST_SIZE] = { 0 };

		if ((action == 1 && !extend(left, ACTION, strlen(ACTION))) ||
		    !extend(left, separator, 4) ||
		    (action == 2 && !extend(left, ACTION, strlen(ACTION))))
			return true;
		if (memcmp(left, value, TPM_DIGEST_SIZE) == 0)
			return true;
	}
	return false;
}

bool lock_pcr_is_empty(const uint8_t value[static TPM_DIGEST_SIZE])
{
	/* Little endian: before an operating system, both forms; and after an error. */
	static const uint8_t separators[][4] = { { 0, 0, 0, 0 },
						 { 0xff, 0xff, 0xff, 0xff },
						 { 1, 0, 0, 0 } };

	if (all_are(value, 0x00) || all_are(value, 0xff))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(separators); i++)
		if (is_left_by_firmware(value, separators[i]))
			return true;
	return false;
}

uint32_t lock_pcrs_empty(enum lock_profile profile, const struct tpm_pcrs *pcrs)
{
	uint32_t empty = 0;

	for (unsigned int i = 0; i < TPM_PCRS; i++) {
		if (!(pcrs->mask >> i & 1) || (profile == LOCK_UKI && i == PCR_STUB_GIVEN))
			continue;
		if (lock_pcr_is_empty(pcrs->value[i]))
			empty |= 1U << i;
	}
	return empty;
}

int lock_pcrs_check(enum lock_profile profile, const struct tpm_pcrs *pcrs, struct err *err)
{
	uint32_t empty = lock_pcrs_empty(profile, pcrs);

	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if (empty >> i & 1)
			return err_set(err,
				       "profile %s: PCR %u is empty: firmware and boot loader "
				       "measure nothing of that boot into it, so that it holds "
				       "nothing back: another --profile of 'assay lock set'",
				       lock_profile_name(profile), i);
	return 0;
}
