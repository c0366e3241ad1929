/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel and initramfs a menu entry loads. */
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "lock/grub_cfg.h"

static void cleanup_words(struct grub_words **words)
{
	if (*words)
		grub_words_done(*words);
	free(*words);
}

/* Whatever it holds, a path with one is not told from here. */
static const char *no_variable(void *from UNUSED, const char *name UNUSED)
{
	return NULL;
}

static int take_path(const char *word, char ret_path[static GRUB_PATH_MAX], struct err *err)
{
	if (*word != '/' || strlen(word) >= GRUB_PATH_MAX)
		return err_set(err, "grub.cfg: '%.80s' is no path on GRUB's own partition", word);
	strcpy(ret_path, word);
	return 0;
}

static int take_initrds(const struct grub_words *words, struct grub_files *files, struct err *err)
{
	for (size_t i = 1; i < words->n; i++) {
		if (files->n == GRUB_INITRDS_MAX)
			return err_set(err, "grub.cfg: more than %d initrds", GRUB_INITRDS_MAX);
		if (take_path(grub_word(words, i), files->initrd[files->n++], err) < 0)
			return -1;
	}
	return 0;
}

static bool is_command(struct grub_text c, const char *name)
{
	size_t n = strlen(name);

	return c.len > n && memcmp(c.at, name, n) == 0 && (c.at[n] == ' ' || c.at[n] == '\t');
}

/* The path alone: what follows it may have variables. */
static struct grub_text without_arguments(struct grub_text c)
{
	size_t n = 0;

	for (int word = 0; word < 2; word++) {
		while (n < c.len && c.at[n] != ' ' && c.at[n] != '\t')
			n++;
		while (word == 0 && n < c.len && (c.at[n] == ' ' || c.at[n] == '\t'))
			n++;
	}
	return (struct grub_text){ c.at, n };
}

static int take_command(struct grub_text c, struct grub_words *words, struct grub_files *files,
			struct err *err)
{
	if (is_command(c, "linux") || is_command(c, "linuxefi")) {
		if (grub_words_read(without_arguments(c), no_variable, NULL, words, err) < 0)
			return -1;
		if (words->n != 2 || *files->linux)
			return err_set(err, "grub.cfg: an entry that loads no kernel, or two");
		return take_path(grub_word(words, 1), files->linux, err);
	}
	if (!is_command(c, "initrd") && !is_command(c, "initrdefi"))
		return 0;
	if (grub_words_read(c, no_variable, NULL, words, err) < 0)
		return -1;
	return take_initrds(words, files, err);
}

int grub_entry_files(struct grub_text block, struct grub_files *ret_files, struct err *err)
{
	CLEANUP(cleanup_words) struct grub_words *words = calloc(1, sizeof(*words));
	AUTO_MEM struct grub_text *commands = calloc(GRUB_COMMANDS_MAX, sizeof(*commands));
	AUTO_MEM struct grub_files *files = calloc(1, sizeof(*files));
	size_t n = 0;

	if (!words || !commands || !files)
		return err_set(err, "out of memory");
	if (grub_cfg_commands(block, commands, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (take_command(commands[i], words, files, err) < 0)
			return -1;
	*ret_files = *files;
	return 0;
}
