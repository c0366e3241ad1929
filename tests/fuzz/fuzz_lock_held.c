/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of the TPM's own key: what is taken is written back byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lock/authority.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF out = BUF_INIT(LOCK_HELD_MAX);
	struct err err = ERR_INIT;
	struct lock_held held;

	if (lock_held_decode(data, size, &held, &err) < 0)
		return 0;
	if (lock_held_encode(&held, &out, &err) < 0 || out.len != size ||
	    memcmp(out.data, data, size) != 0)
		abort();
	return 0;
}
