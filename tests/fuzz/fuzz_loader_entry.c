/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry of systemd-boot: whatever its text, paths lie in its partition and the line is of words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lock/loader_entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(const char *path)
{
	if (*path != '/' || strstr(path, "//") || strpbrk(path, "\r\n"))
		abort();
}

static void check(const struct loader_entry *e)
{
	const char *line = buf_text(&e->line);

	if (*e->linux)
		check_path(e->linux);
	if (e->n_initrds > LOADER_INITRDS_MAX || strlen(e->version) >= LOADER_VERSION_SIZE)
		abort();
	for (size_t i = 0; i < e->n_initrds; i++) {
		check_path(e->initrd[i]);
		if (strncmp(line, "initrd=", strlen("initrd=")) != 0)
			abort();
	}
	if (strlen(line) != e->line.len || strpbrk(line, "\r\n"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF text = BUF_INIT(LOADER_ENTRY_MAX);
	struct loader_entry entry;

	if (buf_put(&text, data, size, NULL) < 0)
		return 0;
	if (loader_entry_parse(&text, &entry, NULL) == 0)
		check(&entry);
	loader_entry_done(&entry);
	return 0;
}
