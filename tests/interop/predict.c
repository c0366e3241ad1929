/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict LOG BANK MASK [KIND[@NAME] WAS NOW]...: the predicted PCRs, a line each, number and hex.
 * WAS - is not known. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/io.h"
#include "lock/pe.h"
#include "lock/predict.h"

#define ARGS_FIRST 4

static const struct {
	const char *name;
	enum lock_change_kind kind;
} kinds[] = {
	{ "image", LOCK_CHANGE_IMAGE },	      { "initrd", LOCK_CHANGE_INITRD },
	{ "cmdline", LOCK_CHANGE_CMDLINE },   { "uki", LOCK_CHANGE_UKI },
	{ "grub-cfg", LOCK_CHANGE_GRUB_CFG }, { "grub-file", LOCK_CHANGE_GRUB_FILE },
};

static int fail(const struct err *err)
{
	(void)fprintf(stderr, "%s\n", err->text);
	return 2;
}

/* Kept until the end: the changes lead into them. */
static struct buf files[2 * LOCK_CHANGES_MAX];

static int read_change(char **args, size_t n, struct lock_change *change, struct err *err)
{
	struct buf *was = &files[2 * n];
	struct buf *now = was + 1;
	char *name = strchr(args[0], '@');
	bool known = strcmp(args[1], "-") != 0;
	size_t i = 0;

	if (name)
		*name++ = '\0';
	was->max = PE_MAX;
	now->max = PE_MAX;
	while (i < ARRAY_LEN(kinds) && strcmp(kinds[i].name, args[0]) != 0)
		i++;
	if (i == ARRAY_LEN(kinds))
		return err_set(err, "%s: no kind of change", args[0]);
	if ((known && io_read_file(args[1], was, err) < 0) || io_read_file(args[2], now, err) < 0)
		return -1;
	*change = (struct lock_change){ kinds[i].kind, name ? name : args[2],
					was->data,     was->len,
					now->data,     now->len };
	return 0;
}

int main(int argc, char **argv)
{
	static struct lock_change changes[LOCK_CHANGES_MAX];
	AUTO_BUF log = BUF_INIT(BOOT_LOG_MAX);
	struct lock_template t = { 0 };
	struct err err = ERR_INIT;
	struct pcr_set pcrs;
	size_t n = 0;

	if (argc < ARGS_FIRST || (argc - ARGS_FIRST) % 3 || argc > 64)
		return 2;
	if (io_read_file(argv[1], &log, &err) < 0 || hash_algo_parse(argv[2], &t.bank, &err) < 0)
		return fail(&err);
	t.log = log.data;
	t.len = log.len;
	t.mask = (uint32_t)strtoul(argv[3], NULL, 0);
	for (int i = ARGS_FIRST; i < argc; i += 3, n++)
		if (read_change(argv + i, n, &changes[n], &err) < 0)
			return fail(&err);
	if (lock_predict(&t, changes, n, &pcrs, &err) < 0)
		return fail(&err);
	for (unsigned int i = 0; i < QUOTE_PCRS; i++) {
		char hex[2 * HASH_SIZE_MAX + 1];

		if (!(pcrs.mask >> i & 1))
			continue;
		hex_format(pcrs.value[i], hash_algo_size(t.bank), hex);
		(void)printf("%u %s\n", i, hex);
	}
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		buf_done(&files[i]);
	return 0;
}
