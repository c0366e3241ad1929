/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI images: what is taken can be hashed, and no section leads outside. */
#include <stdint.h>
#include <stdlib.h>

#include "lock/pe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_MEM struct pe *pe = calloc(1, sizeof(*pe));
	struct err err = ERR_INIT;
	struct digest digest;
	size_t len;

	if (!pe)
		abort();
	if (pe_open(data, size, pe, &err) < 0)
		return 0;
	if (pe_digest(pe, HASH_SHA256, &digest, &err) < 0)
		abort();
	if (pe_signers(pe, &digest, &err) == 0 && digest.len != 32)
		abort();
	for (size_t i = 0; i < pe->n_sections; i++) {
		const uint8_t *at = pe_section_data(pe, &pe->sections[i], &len);

		if (len > size || at < data || at > data + size - len)
			abort();
		if (pe->sections[i].size < (1 << 20) &&
		    pe_section_digest(pe, &pe->sections[i], HASH_SHA256, &digest, &err) < 0)
			abort();
	}
	return 0;
}
