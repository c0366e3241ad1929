/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence in a file: what is taken is written back byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "attest/offline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_MEM struct offline *offline = calloc(1, sizeof(*offline));
	AUTO_BUF out = BUF_INIT(OFFLINE_MAX);
	struct err err = ERR_INIT;

	if (!offline || offline_decode(data, size, offline, &err) < 0)
		return 0;
	if (offline_encode(offline, &out, &err) < 0 || out.len != size ||
	    memcmp(out.data, data, size) != 0)
		abort();
	return 0;
}
