/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An approval that is brought to a host: what is taken is written back byte for byte, and whatever
 * it says of its signature, none that is not the authority's is believed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lock/authority.h"
#include "lock/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct lock_request *r)
{
	AUTO_LOCK_BLOB lock = lock_blob_new();

	if (!lock)
		return;
	memcpy(lock->id, r->id, sizeof(lock->id));
	lock->authority = r->authority;
	lock->counter = r->counter;
	if (lock_authority_verify(lock, &r->approval, NULL) == 0 && r->approval.sig_len == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_MEM struct lock_request *r = calloc(1, sizeof(*r));
	AUTO_BUF out = BUF_INIT(LOCK_REQUEST_MAX);
	struct err err = ERR_INIT;

	if (!r || lock_request_decode(data, size, r, &err) < 0)
		return 0;
	if (lock_request_encode(r, &out, &err) < 0 || out.len != size ||
	    memcmp(out.data, data, size) != 0)
		abort();
	judge(r);
	return 0;
}
