/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal of a rotation: what is taken is written back byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lock/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_MEM struct lock_journal *j = calloc(1, sizeof(*j));
	AUTO_BUF out = BUF_INIT(LOCK_JOURNAL_MAX);
	struct err err = ERR_INIT;

	if (!j || lock_journal_decode(data, size, j, &err) < 0)
		return 0;
	if (lock_journal_encode(j, &out, &err) < 0 || out.len != size ||
	    memcmp(out.data, data, size) != 0)
		abort();
	return 0;
}
