/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-sign repair: puts lost signatures back from the manifest. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/json.h"
#include "evmctl-plugins/commands.h"
#include "evmctl-plugins/job.h"
#include "sig/repair.h"

static const struct cmd_option options[] = {
	{ "manifest", JOB_MANIFEST, 'm', "FILE", "instead of " MANIFEST_PATH },
	{ "cert", JOB_CERT, 'c', "FILE", "certificate that is trusted (repeatable)" },
	{ "recursive", JOB_RECURSIVE, 'r', NULL, "what lies below the directories that are named" },
	{ "root", JOB_ROOT, 0, "DIR", "the system below this directory" },
	{ "dry-run", JOB_DRY_RUN, 'n', NULL, "do all but write" },
	{ "verbose", JOB_VERBOSE, 'v', NULL, "say at the end how many" },
	{ "json", JOB_JSON, 0, NULL, "one JSON object per line" },
	{ .name = NULL },
};

static const char *const outcome_names[REPAIR_OUTCOMES] = {
	[REPAIR_GOOD] = "good",	      [REPAIR_DONE] = "repaired", [REPAIR_GONE] = "gone",
	[REPAIR_CHANGED] = "changed", [REPAIR_FAILED] = "failed",
};

struct run {
	struct job job;
	struct cert_set trusted;
	struct repair repair;
	struct manifest *manifest;
	size_t count[REPAIR_OUTCOMES];
};

static void run_free(struct run **run)
{
	struct run *r = *run;

	if (!r)
		return;
	hash_free(r->repair.hash);
	manifest_free(r->manifest);
	cert_set_done(&r->trusted);
	job_done(&r->job);
	free(r);
}

/* Bad outcomes through what verify uses for its own; repaired files only where JSON is read. */
static void tell(struct run *r, const char *path, enum repair_outcome outcome, const char *why)
{
	struct job *job = &r->job;
	bool bad = outcome == REPAIR_CHANGED || outcome == REPAIR_FAILED;

	r->count[outcome]++;
	if (bad || job->json)
		progress_done(&job->progress);
	if (job->json && (bad || outcome == REPAIR_DONE)) {
		job_print_json(json_pack("{s:o, s:s, s:s}", "path", cmd_json_name(path), "outcome",
					 outcome_names[outcome], "reason", bad ? why : ""));
	} else if (bad) {
		(void)fprintf(stderr, "%s: %s: ", cmd_program_name(), job->cmd->name);
		cmd_print_name(stderr, path);
		(void)fprintf(stderr, ": %s\n", why);
	}
}

static void repair_entry(struct run *r, const struct manifest_entry *entry)
{
	struct err why = ERR_INIT;
	enum repair_outcome outcome = repair_file(&r->repair, entry, &why);

	tell(r, entry->path, outcome, why.text);
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || dir[len - 1] == '/');
}

static void repair_below(struct run *r, const char *dir, const char *named)
{
	size_t n = manifest_count(r->manifest);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const struct manifest_entry *e = manifest_at(r->manifest, i);

		progress_show(&r->job.progress, i, n);
		if (!is_below(e->path, dir))
			continue;
		any = true;
		repair_entry(r, e);
	}
	if (!any)
		tell(r, named, REPAIR_CHANGED, "the manifest has nothing below it");
}

/* The operand as the manifest has it: no links in it, no root in front. */
static char *manifest_name(const struct run *r, const char *path)
{
	return r->job.root ? strdup(path + strlen(r->job.root)) : realpath(path, NULL);
}

static void repair_operand(struct run *r, const char *operand)
{
	struct err why = ERR_INIT;
	AUTO_STR full = NULL;
	AUTO_STR path = NULL;
	const struct manifest_entry *e;
	struct stat st;

	if (job_operand(&r->job, operand, &full, &why) < 0) {
		tell(r, operand, REPAIR_FAILED, why.text);
		return;
	}
	path = manifest_name(r, full);
	e = path ? manifest_find(r->manifest, path) : NULL;
	if (!path || stat(full, &st) < 0) {
		(void)err_errno(&why, "open");
		tell(r, operand, REPAIR_FAILED, why.text);
	} else if (S_ISDIR(st.st_mode) && r->job.recursive) {
		repair_below(r, path, operand);
	} else if (S_ISDIR(st.st_mode)) {
		tell(r, operand, REPAIR_FAILED, "is a directory (--recursive)");
	} else if (!e) {
		tell(r, operand, REPAIR_CHANGED, "not in the manifest");
	} else {
		repair_entry(r, e);
	}
}

static int load(struct run *r, struct err *err)
{
	const struct job *job = &r->job;
	AUTO_STR path = NULL;
	bool present = false;

	r->repair.root = job->root ? job->root : "";
	r->repair.trusted = &r->trusted;
	r->repair.dry_run = job->engine.dry_run;
	if (asprintf(&path, "%s%s", r->repair.root, MANIFEST_PATH) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	if (job->config_damage && !job->keys.n_certs)
		return err_set(err,
			       "%s; mend it, or give the certificates that it would name by --cert",
			       job->config_damage);
	if (keys_load_trusted(&job->keys, &r->trusted, err) < 0 ||
	    hash_new(&r->repair.hash, err) < 0 || manifest_new(&r->manifest, err) < 0 ||
	    manifest_load(r->manifest, job->manifest ? job->manifest : path, &present, err) < 0)
		return -1;
	if (!present && job->manifest)
		return err_set(err, "%s: there is no manifest", job->manifest);
	if (!present)
		return err_set(err,
			       "%s: there is no manifest; 'assay sign --installed%s%s' writes it",
			       path, job->root ? " --root " : "", r->repair.root);
	return 0;
}

static int conclude(const struct run *r)
{
	const struct job *job = &r->job;
	const size_t *n = r->count;

	if (job->json)
		job_print_json(json_pack(
			"{s:{s:I, s:I, s:I, s:I, s:I}}", "summary", "good",
			(json_int_t)n[REPAIR_GOOD], "repaired", (json_int_t)n[REPAIR_DONE], "gone",
			(json_int_t)n[REPAIR_GONE], "changed", (json_int_t)n[REPAIR_CHANGED],
			"failed", (json_int_t)n[REPAIR_FAILED]));
	else if (job->verbose || isatty(STDERR_FILENO))
		(void)fprintf(stderr, "%s: %s: %zu good, %zu repaired, %zu gone, %zu not\n",
			      cmd_program_name(), job->cmd->name, n[REPAIR_GOOD], n[REPAIR_DONE],
			      n[REPAIR_GONE], n[REPAIR_CHANGED] + n[REPAIR_FAILED]);
	if (n[REPAIR_FAILED])
		return CMD_TROUBLE;
	return n[REPAIR_CHANGED] ? CMD_NO : CMD_YES;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(run_free) struct run *r = calloc(1, sizeof(*r));
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;

	if (!r) {
		(void)err_set(&err, "out of memory");
		return cmd_fail(cmd, &err);
	}
	if (job_init_damaged(&r->job, cmd, argc, argv, &ret) < 0)
		return ret;
	if (r->job.recursive && !r->job.n_operands)
		return cmd_misuse(cmd, "--recursive wants a directory");
	if (load(r, &err) < 0)
		return cmd_fail(cmd, &err);
	progress_init(&r->job.progress, "repairing");
	if (!r->job.n_operands && manifest_count(r->manifest))
		repair_below(r, "/", "/");
	for (size_t i = 0; i < r->job.n_operands; i++)
		repair_operand(r, r->job.operands[i]);
	progress_done(&r->job.progress);
	return conclude(r);
}

const struct cmd cmd_repair = {
	.name = "repair",
	.operands = "[FILE...]",
	.summary = "put lost signatures back from the manifest",
	.about = "Compares every file of the manifest, or those that are named, with what was\n"
		 "signed, and writes security.ima and security.evm again where they are lost or\n"
		 "wrong.  The signatures are verified first.\n"
		 "Exit status: 0 all are good now, 1 some no longer match, 2 trouble.",
	.options = options,
	.run = run,
};
