/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock recovery: the key for when the TPM does not unseal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock/commands.h"
#include "lock/rotate.h"
#include "lock/work.h"

enum option_id { KEY_FILE = 1, OUT };

static const struct cmd_option options[] = {
	{ "recovery-key-file", KEY_FILE, 0, "FILE", "rotate: the present key (default: ask)" },
	{ "recovery-key-out", OUT, 0, "FILE",
	  "rotate: write the new key there (default: show it and have it typed)" },
	{ .name = NULL },
};

struct recovery {
	const char *key_file;
	const char *out;
};

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct recovery *r = ctx;

	switch ((enum option_id)id) {
	case KEY_FILE:
		r->key_file = value;
		return 0;
	case OUT:
		r->out = value;
		return 0;
	}
	return err_set(err, "unknown option");
}

static int list(const struct lock_blob *blob, struct err *err UNUSED)
{
	if (blob->recovery_len)
		(void)printf("%s\n", blob->recovery_id);
	return 0;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	AUTO_LOCK_BLOB blob = NULL;
	struct recovery r = { .out = NULL };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, set_option, &r, &ret);
	bool rotate;

	if (first < 0)
		return ret;
	if (first + 1 != argc)
		return cmd_misuse(cmd, "list or rotate?");
	rotate = strcmp(argv[first], "rotate") == 0;
	if (!rotate && strcmp(argv[first], "list") != 0)
		return cmd_misuse(cmd, "'%s' is none of list, rotate", argv[first]);
	if (!rotate && (r.key_file || r.out))
		return cmd_misuse(cmd, "list takes no option");
	if (work_load(&blob, &err) < 0)
		return cmd_fail(cmd, &err);
	if (rotate ? rotate_secret(blob, r.key_file, r.out, &err) < 0 : list(blob, &err) < 0)
		return cmd_fail(cmd, &err);
	return CMD_YES;
}

const struct cmd cmd_recovery = {
	.name = "recovery",
	.operands = "list | rotate",
	.summary = "the recovery key: its ID, or a new one in its place",
	.about = "rotate takes the present recovery key and makes a new secret, so that neither\n"
		 "the old key nor an old copy of the lock opens anything that hangs on it.",
	.options = options,
	.run = run,
};
