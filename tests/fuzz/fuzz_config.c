/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay.conf: whatever the bytes, an error or a configuration; an edited one is read again. */
#include <stdint.h>
#include <stdlib.h>

#include "proto/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF text = BUF_INIT(CONFIG_MAX);
	AUTO_BUF out = BUF_INIT(2 * CONFIG_MAX);
	struct err err = ERR_INIT;
	struct config c;

	if (config_parse((const char *)data, size, "fuzz", &c, &err) < 0 ||
	    buf_put(&text, data, size, &err) < 0)
		return 0;
	if (config_edit(&text, "mode", "log", &out, &err) < 0)
		return 0;
	return 0;
}
