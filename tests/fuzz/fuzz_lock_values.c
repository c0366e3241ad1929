/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Predicted PCR values: nothing is read past the end, no PCR that there is not. */
#include <stdint.h>
#include <stdlib.h>

#include "lock/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct tpm_pcrs pcrs;

	if (lock_values_parse((const char *)data, size, &pcrs, &err) < 0)
		return 0;
	if (!pcrs.mask || pcrs.mask >> TPM_PCRS)
		abort();
	return 0;
}
