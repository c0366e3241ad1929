/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The measurement list: every entry lies within the list, and a damaged one ends it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ima/mlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(const uint8_t *data, size_t size, const uint8_t *at, size_t len)
{
	if (at && len && (at < data || len > size || at > data + (size - len)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd rd = rd_init(data, size);
	struct err err = ERR_INIT;
	struct mlist_entry e;
	struct digest digest;
	bool end = false;

	for (size_t n = 0; n <= size; n++) {
		if (mlist_next(&rd, &e, &end, &err) < 0) {
			if (mlist_next(&rd, &e, &end, &err) == 0)
				abort();
			return 0;
		}
		if (end)
			return 0;
		within(data, size, e.data, e.data_len);
		within(data, size, e.digest, e.digest_len);
		within(data, size, e.sig, e.sig_len);
		within(data, size, e.buffer, e.buffer_len);
		within(data, size, (const uint8_t *)e.name, strlen(e.name));
		if (mlist_entry_digest(&e, &digest, &err) == 0 && digest.len != e.digest_len)
			abort();
	}
	abort(); /* more entries than bytes */
}
