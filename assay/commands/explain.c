/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay explain: which rule and which signature decide about a file, and what the kernel says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/commands/commands.h"
#include "assay/verdict/explain.h"
#include "assay/commands/out.h"
#include "assay/host/packages.h"
#include "assay/verdict/remedy.h"
#include "ima/policy_gen.h"
#include "ima/xattr.h"

#define DEPTH_MAX 5 /* interpreters of interpreters, as fs/exec.c */

enum { OPT_OPERATION, OPT_POLICY, OPT_JSON, OPT_ROOT };

const struct cmd_option explain_options[] = {
	{ "operation", OPT_OPERATION, 'o', "NAME",
	  "exec, mmap, mprotect, loader, module, firmware, kexec-kernel, kexec-initramfs, policy, "
	  "read, "
	  "write; default: what the file is for" },
	{ "policy", OPT_POLICY, '\0', "FILE", "judge by this policy" },
	{ "root", OPT_ROOT, '\0', "DIR", "look at the host below DIR" },
	{ "json", OPT_JSON, '\0', NULL, "one JSON object, see assay(8)" },
	{ .name = NULL },
};

struct explain_options_given {
	struct host host;
	const char *policy;
	enum sim_op op;
	bool has_op;
	bool json;
};

static int option(void *ctx, int id, const char *value, struct err *err)
{
	struct explain_options_given *o = ctx;

	switch (id) {
	case OPT_OPERATION:
		o->has_op = true;
		return sim_op_parse(value, &o->op, err);
	case OPT_POLICY:
		o->policy = value;
		return 0;
	case OPT_ROOT:
		return host_set_root(&o->host, value, err);
	default:
		o->json = true;
		return 0;
	}
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? out_name(text) : json_null();
}

static json_t *verdict_json(const struct sim_result *r)
{
	const struct sim_step *s = r->decisive;
	const struct policy_rule *rule = s ? s->decision.by[GROUP_APPRAISE] : NULL;
	json_t *o = json_object();
	char keyid[9];

	json_object_set_new(o, "operation", json_string(sim_op_name(r->op)));
	json_object_set_new(o, "allowed", json_boolean(r->allowed));
	json_object_set_new(o, "errno",
			    r->allowed ? json_null() : text_or_null(policy_errno_name(r->error)));
	json_object_set_new(o, "rule", rule ? json_integer(rule->line) : json_null());
	json_object_set_new(o, "rule_text", text_or_null(rule ? rule->text : NULL));
	json_object_set_new(o, "hook", text_or_null(s ? policy_func_name(s->func) : NULL));
	json_object_set_new(o, "cause", text_or_null(s ? s->cause : NULL));
	json_object_set_new(o, "words",
			    text_or_null(s && s->cause ? policy_step_meaning(s) : NULL));
	json_object_set_new(o, "detail", text_or_null(s ? s->detail : NULL));
	if (s && s->keyid)
		(void)snprintf(keyid, sizeof(keyid), "%08x", s->keyid);
	json_object_set_new(o, "keyid", s && s->keyid ? json_string(keyid) : json_null());
	json_object_set_new(o, "key", text_or_null(s && s->by ? cert_subject(s->by) : NULL));
	return o;
}

struct job {
	const struct explain_options_given *options;
	const struct explainer *explainer;
	const struct dpkg *db;
	json_t *files;
	bool denied;
	bool introduced; /* it was said by which policy */
};

/* One file and what is asked of it: named by the operator, or needed by such a one. */
struct subject {
	const char *path;
	const char *needed; /* how the path is introduced, NULL: it was named */
	enum sim_op op[EXPLAIN_OPS_MAX];
	size_t ops; /* 0: what a file of its kind is used for */
	unsigned int depth;
};

/* What came out of it. */
struct finding {
	struct explained *file;
	json_t *verdicts;
	struct buf text;
	char owner[PACKAGES_NAME_MAX];
	bool owned;
	bool executed;	   /* so that what it needs to run is asked for too */
	const char *cause; /* of the first denial, NULL: all is allowed */
	char in_place[64]; /* of it for the remedy, where that is not what is in the way */
};

static void cleanup_finding(struct finding *f)
{
	explained_free(&f->file);
	json_decref(f->verdicts);
	buf_done(&f->text);
}

/* No use of it was asked about, and it has none that is appraised. */
static bool is_data(const struct subject *s, const struct finding *f)
{
	return s->ops == 0 && f->file->kind == SIG_NONE;
}

/* What the cause means says to sign, which data has no need of: the verdict alone. */
static int explain_result(const struct sim_result *r, struct finding *f, struct err *err)
{
	if (r->allowed || f->file->kind != SIG_NONE)
		return policy_explain(r, &f->file->file, &f->text, err);
	if (policy_explain_verdict(r, &f->text, err) < 0)
		return -1;
	return buf_putf(&f->text, err, "\n");
}

static int note_cause(const struct job *job, const struct sim_result *r, struct finding *f,
		      struct err *err)
{
	bool owner = false;

	const char *foreign = policy_foreign_name(f->file->file.fsmagic);

	f->cause = r->decisive && r->decisive->cause ? r->decisive->cause : "";
	if (foreign || (r->decisive && policy_step_untrusted(r->decisive))) {
		(void)snprintf(f->in_place, sizeof(f->in_place), "%s%s",
			       foreign ? REMEDY_FOREIGN : XATTR_UNTRUSTED, foreign ? foreign : "");
		return 0;
	}
	if (*f->cause && explained_owner_decides(job->explainer, f->file, r, &owner, err) < 0)
		return -1;
	if (owner)
		(void)snprintf(f->in_place, sizeof(f->in_place), REMEDY_OWNER "%u",
			       (unsigned int)f->file->file.st.st_uid);
	return 0;
}

static int judge_ops(const struct job *job, const struct subject *s, struct finding *f,
		     struct err *err)
{
	AUTO_MEM struct sim_result *r = malloc(sizeof(*r));
	enum sim_op op[EXPLAIN_OPS_MAX];
	size_t n = s->ops;

	if (!r)
		return err_set(err, "out of memory");
	memcpy(op, s->op, sizeof(op));
	if (n == 0)
		n = explain_operations(f->file->kind, op);
	for (size_t i = 0; i < n; i++) {
		const struct sim_act act = { op[i], &f->file->file, &job->explainer->task };

		if (policy_simulate(&job->explainer->sim, &act, r, err) < 0 ||
		    explain_result(r, f, err) < 0)
			return -1;
		if (!r->allowed && !f->cause && note_cause(job, r, f, err) < 0)
			return -1;
		f->executed |= op[i] == SIM_EXEC && f->file->kind != SIG_NONE;
		json_array_append_new(f->verdicts, verdict_json(r));
	}
	return 0;
}

static void introduce(struct job *job)
{
	if (!job->introduced)
		(void)printf("by the policy %s:\n", job->explainer->origin);
	job->introduced = true;
}

static void print_text(const struct subject *s, const struct finding *f, const char *mend)
{
	(void)printf("%s", s->needed ? s->needed : "");
	cmd_print_name(stdout, s->path);
	(void)printf(" (%s%s%s)\n%s%s", sig_kind_name(f->file->kind), f->owned ? ", package " : "",
		     f->owned ? f->owner : "",
		     is_data(s, f) ? "  data: nothing executes it, and nothing is asked of it "
				     "(--operation judges one use)\n"
				   : "",
		     buf_text(&f->text));
	if (!*mend)
		return;
	(void)printf("  mend: ");
	cmd_print_name(stdout, mend);
	(void)putchar('\n');
}

static json_t *subject_json(const struct subject *s, const struct finding *f, const char *mend)
{
	json_t *o = json_object();

	json_object_set_new(o, "file", out_name(s->path));
	json_object_set_new(o, "package", f->owned ? out_name(f->owner) : json_null());
	json_object_set_new(o, "kind", json_string(sig_kind_name(f->file->kind)));
	json_object_set(o, "verdicts", f->verdicts);
	json_object_set_new(o, "remedy", text_or_null(mend));
	return o;
}

static int explain_subject(struct job *job, const struct subject *s, json_t *into, struct err *err);

/* The kernel opens the interpreter, or the loader, in the same execve(2). */
static int explain_needs(struct job *job, const struct subject *s, const struct finding *f,
			 json_t *into, struct err *err)
{
	AUTO_STR path = NULL;
	AUTO_STR real = NULL;
	struct subject next = { .ops = 1, .depth = s->depth + 1 };

	if (!f->executed || s->depth == DEPTH_MAX)
		return 0;
	if (explained_interpreter(f->file, &path, err) < 0 ||
	    (path && host_resolve(&job->options->host, path, &real, err) < 0))
		return -1;
	if (!real)
		return 0;
	next.path = path;
	next.needed = f->file->file.is_elf ? "its loader " : "its interpreter ";
	next.op[0] = f->file->file.is_elf ? SIM_MMAP : SIM_EXEC;
	return explain_subject(job, &next, into, err);
}

static int explain_subject(struct job *job, const struct subject *s, json_t *into, struct err *err)
{
	CLEANUP(cleanup_finding)
	struct finding f = { .verdicts = json_array(), .text = BUF_INIT(HOST_TEXT_MAX) };
	AUTO_STR mend = calloc(1, REMEDY_MAX);
	AUTO_JSON needs = json_array();
	json_t *o;

	if (!mend)
		return err_set(err, "out of memory");
	if (explained_new(&job->options->host, s->path, &f.file, err) < 0)
		return -1;
	f.owned = packages_owner(job->db, f.file->path, f.owner);
	if (!is_data(s, &f) && judge_ops(job, s, &f, err) < 0)
		return err_prepend(err, "%s", s->path);
	job->denied |= f.cause != NULL;
	if (f.cause && f.file->kind != SIG_NONE)
		remedy_text(&(struct remedy_of){ .name = s->path,
						 .root = job->options->host.root,
						 .package = f.owned ? f.owner : NULL,
						 .cause = *f.in_place ? f.in_place : f.cause },
			    mend, REMEDY_MAX);
	if (!job->options->json) {
		introduce(job);
		print_text(s, &f, mend);
	}
	if (explain_needs(job, s, &f, needs, err) < 0)
		return -1;
	o = subject_json(s, &f, mend);
	json_object_set(o, "needs", needs);
	json_array_append_new(into, o);
	return 0;
}

static int explain_one(struct job *job, const char *path, struct err *err)
{
	struct subject s = { .path = path };

	if (job->options->has_op) {
		s.op[0] = job->options->op;
		s.ops = 1;
	}
	return explain_subject(job, &s, job->files, err);
}

static int run(const struct cmd *cmd, const struct explain_options_given *o, char **paths, int n)
{
	CLEANUP(explainer_done) struct explainer e = { .origin = "" };
	struct job job = { .options = o, .explainer = &e, .files = json_array() };
	struct err err = ERR_INIT;
	struct dpkg *db = NULL;
	json_t *top = json_object();
	int rc = explainer_init(&e, &o->host, o->policy, &err);

	rc = rc < 0 ? rc : packages_load(&o->host, &db, &err);
	job.db = db;
	for (int i = 0; rc == 0 && i < n; i++)
		rc = explain_one(&job, paths[i], &err);
	dpkg_free(db);
	json_object_set_new(top, "policy", json_string(e.origin));
	json_object_set_new(top, "files", job.files);
	if (rc == 0 && o->json) {
		json_incref(top);
		out_print(top);
	}
	json_decref(top);
	if (rc < 0)
		return cmd_fail(cmd, &err);
	return job.denied ? CMD_NO : CMD_YES;
}

int cmd_explain(const struct cmd *cmd, int argc, char **argv)
{
	struct explain_options_given o = { .host = { .root = "" } };
	int ret_exit;
	int first = cmd_options(cmd, argc, argv, option, &o, &ret_exit);

	if (first < 0)
		return ret_exit;
	if (first == argc)
		return cmd_misuse(cmd, "no file is named");
	return run(cmd, &o, argv + first, argc - first);
}
