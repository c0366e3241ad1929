/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A manifest: what parses formats to the same bytes. */
#include <string.h>

#include "sig/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void free_manifest(struct manifest **m)
{
	manifest_free(*m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(free_manifest) struct manifest *m = NULL;
	AUTO_BUF out = BUF_INIT(MANIFEST_MAX);
	struct err err = ERR_INIT;

	if (manifest_new(&m, &err) < 0 || manifest_parse(m, data, size, &err) < 0)
		return 0;
	if (manifest_format(m, &out, &err) < 0 || out.len != size ||
	    memcmp(out.data, data, size) != 0)
		__builtin_trap();
	return 0;
}
