/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the kernel's audit: a record has all its strings, or there is none. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ima/audit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct audit_record r = AUDIT_RECORD_INIT;
	struct err err = ERR_INIT;

	if (audit_line_parse((const char *)data, size, &r, &err) == 0 &&
	    r.type != AUDIT_TYPE_NONE) {
		const char *const all[] = { r.op, r.cause, r.comm, r.name, r.dev, r.exe, r.hash };

		for (size_t i = 0; i < ARRAY_LEN(all); i++)
			if (!all[i] || strlen(all[i]) > size)
				abort();
	}
	audit_record_done(&r);
	return 0;
}
