/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's file: what is taken is written back byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lock/blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_LOCK_BLOB blob = lock_blob_new();
	AUTO_BUF out = BUF_INIT(LOCK_BLOB_MAX);
	struct err err = ERR_INIT;

	if (!blob || lock_blob_decode(data, size, blob, &err) < 0)
		return 0;
	if (lock_blob_encode(blob, &out, &err) < 0 || out.len != size ||
	    memcmp(out.data, data, size) != 0)
		abort();
	return 0;
}
