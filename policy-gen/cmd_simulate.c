/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-policy simulate: what the kernel would say to one operation on each file. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "ima/policy_explain.h"
#include "cli/json.h"
#include "policy-gen/commands.h"
#include "policy-gen/judge.h"

enum { OPT_OP, OPT_JSON };

const struct cmd_option simulate_options[] = {
	{ "op", OPT_OP, 0, "OPERATION",
	  "exec, mmap, mprotect, loader, module, firmware, kexec-kernel, kexec-initramfs, policy, "
	  "read, write; "
	  "repeatable; default: exec" },
	JUDGE_OPTIONS,
	{ "json", OPT_JSON, 0, NULL, "verdicts as JSON objects, one a line" },
	{ .name = NULL },
};

struct simulate {
	struct judge judge;
	enum sim_op op[SIM_OPS];
	size_t n_ops;
	bool json;
	bool denied; /* at least one was */
};

static int take_option(void *ctx, int id, const char *value, struct err *err)
{
	struct simulate *s = ctx;

	if (id == OPT_JSON) {
		s->json = true;
		return 0;
	}
	if (id != OPT_OP)
		return judge_option(&s->judge, id, value, err);
	if (s->n_ops == SIM_OPS)
		return err_set(err, "more operations than there are");
	return sim_op_parse(value, &s->op[s->n_ops++], err);
}

static void done(struct simulate *s)
{
	judge_done(&s->judge);
}

static json_t *string_or_null(const char *text)
{
	return text ? cmd_json_name(text) : json_null();
}

static json_t *line_or_null(const struct sim_result *r, enum policy_group group)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->step[i].decision.by[group])
			return json_integer(r->step[i].decision.by[group]->line);
	return json_null();
}

/* The verdict on one file; NULL without memory. */
static json_t *result_json(const struct sim_result *r, const char *path)
{
	const struct sim_step *s = r->decisive;
	const struct policy_rule *by = s ? s->decision.by[GROUP_APPRAISE] : NULL;
	json_t *o =
		json_pack("{s:o, s:s, s:b, s:o, s:b}", "path", string_or_null(path), "op",
			  sim_op_name(r->op), "allowed", (int)r->allowed, "errno",
			  r->allowed ? json_null() : string_or_null(policy_errno_name(r->error)),
			  "killed", (int)r->killed);

	if (!o)
		return NULL;
	(void)json_object_set_new(o, "rule", by ? json_integer(by->line) : json_null());
	(void)json_object_set_new(o, "hook", string_or_null(s ? policy_func_name(s->func) : NULL));
	(void)json_object_set_new(o, "audit_op", string_or_null(s ? s->audit_op : NULL));
	(void)json_object_set_new(o, "cause", string_or_null(s ? s->cause : NULL));
	(void)json_object_set_new(o, "key",
				  string_or_null(s && s->by ? cert_subject(s->by) : NULL));
	(void)json_object_set_new(o, "measured", line_or_null(r, GROUP_MEASURE));
	(void)json_object_set_new(o, "audited", line_or_null(r, GROUP_AUDIT));
	return o;
}

static int add_link(void *ctx, const struct exec_link *link, struct err *err)
{
	json_t *o = result_json(link->result, link->path);

	if (!o || json_array_append_new(ctx, o) < 0)
		return err_set(err, "out of memory");
	return 0;
}

static int print_json(const struct judge_verdict *v, const char *path, json_t *needs,
		      struct err *err)
{
	json_t *o = result_json(&v->own, path);
	const char *error = v->all.allowed ? NULL : policy_errno_name(v->all.error);
	char *text = NULL;

	if (o && json_object_set_new(o, "needs", json_incref(needs)) == 0 &&
	    json_object_set_new(o, "allowed", json_boolean(v->all.allowed)) == 0 &&
	    json_object_set_new(o, "errno", string_or_null(error)) == 0 &&
	    json_object_set_new(o, "killed", json_boolean(v->all.killed)) == 0)
		text = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(o);
	if (!text)
		return err_set(err, "out of memory");
	(void)puts(text);
	free(text);
	return 0;
}

static int judge_json(const struct judge *j, const struct judge_use *use, bool *ret_allowed,
		      struct err *err)
{
	AUTO_MEM struct judge_verdict *v = calloc(1, sizeof(*v));
	json_t *needs = json_array();
	const struct judge_use heard = { use->op, use->file, use->path, add_link, needs };
	int rc;

	if (!v || !needs)
		rc = err_set(err, "out of memory");
	else
		rc = judge_use(j, &heard, v, err);
	if (rc == 0)
		rc = print_json(v, use->path, needs, err);
	json_decref(needs);
	if (rc == 0)
		*ret_allowed = v->all.allowed;
	return rc;
}

static int judge_text(const struct judge *j, const struct judge_use *use, bool *ret_allowed,
		      struct err *err)
{
	AUTO_BUF text = BUF_INIT(JUDGE_TEXT_MAX);

	if (judge_tell(j, use, &text, ret_allowed, err) < 0)
		return -1;
	cmd_print_name(stdout, use->path);
	(void)printf(": %s", buf_text(&text));
	return 0;
}

static int judge_file(struct simulate *s, const char *path, struct err *err)
{
	AUTO_MEM struct policy_file *file = malloc(sizeof(*file));
	AUTO_FD fd = -1;

	if (!file)
		return err_set(err, "out of memory");
	if (io_open_regular(path, &fd, err) < 0 || policy_file_load(fd, path, file, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n_ops; i++) {
		const struct judge_use use = { .op = s->op[i], .file = file, .path = path };
		bool allowed;

		if (s->json ? judge_json(&s->judge, &use, &allowed, err)
			    : judge_text(&s->judge, &use, &allowed, err))
			return -1;
		if (!allowed)
			s->denied = true;
	}
	return 0;
}

int cmd_simulate(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(done) struct simulate s = { .json = false };
	struct err err = ERR_INIT;
	int ret_exit = CMD_TROUBLE;
	int first;

	judge_init(&s.judge);
	first = cmd_options(cmd, argc, argv, take_option, &s, &ret_exit);
	if (first < 0)
		return ret_exit;
	if (first == argc)
		return cmd_misuse(cmd, "it takes at least one file");
	if (s.n_ops == 0)
		s.op[s.n_ops++] = SIM_EXEC;
	if (judge_load(&s.judge, &err) < 0)
		return cmd_fail(cmd, &err);
	for (int i = first; i < argc; i++)
		if (judge_file(&s, argv[i], &err) < 0)
			return cmd_fail(cmd, &err);
	return s.denied ? CMD_NO : CMD_YES;
}
