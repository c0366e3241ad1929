/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Approved boots: what is taken is written back byte for byte, and can be explained. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lock/explain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct lock_boot none;
	AUTO_MEM struct lock_explanation *said = calloc(1, sizeof(*said));
	AUTO_MEM struct lock_boot *boot = calloc(1, sizeof(*boot));
	AUTO_BUF out = BUF_INIT(LOCK_BOOT_MAX);
	const struct lock_side approved = { boot, NULL, 0 };
	const struct lock_side now = { &none, NULL, 0 };
	struct err err = ERR_INIT;

	if (!said || !boot)
		abort();
	if (lock_boot_decode(data, size, boot, &err) < 0)
		return 0;
	if (lock_boot_encode(boot, &out, &err) < 0 || out.len != size ||
	    memcmp(out.data, data, size) != 0)
		abort();
	if (lock_explain(&approved, &now, said, &err) < 0 ||
	    lock_explain(&now, &approved, said, &err) < 0 ||
	    lock_explain(&approved, &approved, said, &err) < 0 || said->n)
		abort();
	return 0;
}
