/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grub.cfg: entries, commands and words lie within the file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lock/grub_cfg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *variable(void *from, const char *name)
{
	(void)from;
	return strlen(name) % 2 ? "value" : NULL;
}

static void check_within(struct grub_text part, const uint8_t *data, size_t size)
{
	const uint8_t *at = (const uint8_t *)part.at;

	if (at < data || part.len > size || at > data + size - part.len)
		abort();
}

static void read_entry(const struct grub_entry *entry, const uint8_t *data, size_t size)
{
	AUTO_MEM struct grub_text *commands = calloc(GRUB_COMMANDS_MAX, sizeof(*commands));
	AUTO_MEM struct grub_files *files = calloc(1, sizeof(*files));
	struct grub_words words = { .n = 0 };
	AUTO_BUF out = BUF_INIT(1 << 18);
	size_t n = 0;

	if (!commands || !files)
		abort();
	if (grub_entry_files(entry->block, files, NULL) == 0 &&
	    (files->n > GRUB_INITRDS_MAX || strlen(files->linux) >= GRUB_PATH_MAX))
		abort();
	check_within(entry->words, data, size);
	check_within(entry->block, data, size);
	if (grub_cfg_commands(entry->block, commands, &n, NULL) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		check_within(commands[i], data, size);
		if (grub_words_read(commands[i], variable, NULL, &words, NULL) == 0 &&
		    (grub_words_join(&words, &out, NULL) < 0 ||
		     grub_words_cmdline(&words, &out, NULL) < 0))
			buf_reset(&out);
	}
	grub_words_done(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_GRUB_CFG cfg = NULL;

	if (grub_cfg_parse((const char *)data, size, &cfg, NULL) < 0)
		return 0;
	for (size_t i = 0; i < cfg->n; i++)
		read_entry(&cfg->entries[i], data, size);
	return 0;
}
