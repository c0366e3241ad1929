/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The enforcement record: what is taken is written back byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF out = BUF_INIT(RECORD_MAX);
	struct err err = ERR_INIT;
	struct record r;

	if (record_parse((const char *)data, size, &r, &err) < 0)
		return 0;
	if (record_format(&r, &out, &err) < 0 || out.len != size ||
	    memcmp(out.data, data, size) != 0)
		abort();
	return 0;
}
