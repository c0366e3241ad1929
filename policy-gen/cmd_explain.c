/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-policy explain: what the kernel would say to the use that each file is made for. */
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "policy-gen/commands.h"
#include "policy-gen/judge.h"
#include "sig/classify.h"

const struct cmd_option explain_options[] = {
	JUDGE_OPTIONS,
	{ .name = NULL },
};

/* The operations by which a file of this kind is used. */
static size_t ops_of(enum sig_kind kind, enum sim_op ret_op[static 2])
{
	switch (kind) {
	case SIG_MODULE:
		ret_op[0] = SIM_MODULE;
		return 1;
	case SIG_FIRMWARE:
		ret_op[0] = SIM_FIRMWARE;
		return 1;
	case SIG_KERNEL:
		ret_op[0] = SIM_KEXEC_KERNEL;
		return 1;
	case SIG_POLICY:
		ret_op[0] = SIM_POLICY;
		return 1;
	case SIG_NONE:
	case SIG_EXEC:
		break;
	}
	ret_op[0] = SIM_EXEC;
	ret_op[1] = SIM_MMAP;
	return 2;
}

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	return judge_option(ctx, id, value, err);
}

static int explain_file(const struct judge *j, const char *path, bool *denied, struct err *err)
{
	AUTO_MEM struct policy_file *file = malloc(sizeof(*file));
	AUTO_BUF text = BUF_INIT(JUDGE_TEXT_MAX);
	AUTO_FD fd = -1;
	enum sig_kind kind;
	enum sim_op op[2];
	size_t n;

	if (!file)
		return err_set(err, "out of memory");
	if (io_open_regular(path, &fd, err) < 0 || policy_file_load(fd, path, file, err) < 0 ||
	    classify_fd(fd, path, &file->st, &kind, err) < 0)
		return -1;
	n = ops_of(kind, op);
	for (size_t i = 0; i < n; i++) {
		const struct judge_use use = { .op = op[i], .file = file, .path = path };
		bool allowed;

		if (judge_tell(j, &use, &text, &allowed, err) < 0)
			return -1;
		if (!allowed)
			*denied = true;
	}
	cmd_print_name(stdout, path);
	(void)printf(" (%s)\n%s", sig_kind_name(kind), buf_text(&text));
	return 0;
}

int cmd_explain(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(judge_done) struct judge j;
	struct err err = ERR_INIT;
	bool denied = false;
	int ret_exit = CMD_TROUBLE;
	int first;

	judge_init(&j);
	first = cmd_options(cmd, argc, argv, take_option, &j, &ret_exit);
	if (first < 0)
		return ret_exit;
	if (first == argc)
		return cmd_misuse(cmd, "it takes at least one file");
	if (judge_load(&j, &err) < 0)
		return cmd_fail(cmd, &err);
	for (int i = first; i < argc; i++)
		if (explain_file(&j, argv[i], &denied, &err) < 0)
			return cmd_fail(cmd, &err);
	return denied ? CMD_NO : CMD_YES;
}
