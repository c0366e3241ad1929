/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of the lock's volumes: what is taken is written back byte for byte. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lock/boot_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool resolve(const char *source, char ret_uuid[static BOOT_LIST_UUID_LEN + 1])
{
	(void)snprintf(ret_uuid, BOOT_LIST_UUID_LEN + 1, "%s", source);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF out = BUF_INIT(BOOT_LIST_MAX), crypttab = BUF_INIT(BOOT_LIST_MAX);
	struct err err = ERR_INIT;
	struct boot_list list;

	if (boot_list_parse((const char *)data, size, &list, &err) == 0 &&
	    (boot_list_format(&list, &out, &err) < 0 || out.len != size ||
	     memcmp(out.data, data, size) != 0))
		abort();
	list.n = 0;
	if (boot_list_add(&list, "6d7f2a0e-55a3-4e7a-9c1f-0a55a7ab1e01", &err) < 0)
		abort();
	if (buf_put(&crypttab, data, size, &err) == 0 &&
	    boot_list_apply_crypttab(&list, &crypttab, resolve, &err) == 0) {
		buf_reset(&out);
		if (boot_list_format(&list, &out, &err) < 0)
			abort();
	}
	return 0;
}
