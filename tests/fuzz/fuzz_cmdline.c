/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel command lines: every refusal names a part of the line, in order, and the walk ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cmdline_refusal refusal;
	static struct settings settings;
	size_t pos = 0, before = 0;
	char *text;

	if (size > CMDLINE_MAX)
		return 0;
	text = calloc(1, size + 1);
	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	settings_default(&settings);
	while (cmdline_next_refusal(text, &settings, &pos, &refusal)) {
		if (pos <= before || pos > strlen(text) || !refusal.param[0] || !refusal.why ||
		    !strstr(text + before, refusal.param))
			abort();
		before = pos;
	}
	free(text);
	return 0;
}
