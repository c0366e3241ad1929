/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sign and verify share. */
#include "evmctl-plugins/job.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <jansson.h>

#include "base/io.h"
#include "base/root.h"
#include "cli/json.h"
#include "cli/passphrase.h"
#include "ima/policy_gen.h"

static const char *const outcome_names[ENGINE_OUTCOMES] = {
	[ENGINE_SIGNED] = "signed",   [ENGINE_KEPT] = "kept",	  [ENGINE_VALID] = "valid",
	[ENGINE_IGNORED] = "ignored", [ENGINE_DENIED] = "denied", [ENGINE_FAILED] = "failed",
};

static int parse_profile(const char *value, enum engine_profile *ret_profile, struct err *err)
{
	if (strcmp(value, "auto") == 0)
		*ret_profile = ENGINE_AUTO;
	else if (strcmp(value, "signature") == 0)
		*ret_profile = ENGINE_SIGNATURE;
	else if (strcmp(value, "verity") == 0)
		*ret_profile = ENGINE_VERITY;
	else
		return err_set(err, "no profile is named '%s' (auto, signature, verity)", value);
	return 0;
}

static int parse_jobs(const char *value, unsigned int *ret_jobs, struct err *err)
{
	unsigned long n = 0;

	if (cmd_parse_uint(value, 1, ENGINE_JOBS_MAX, &n, err) < 0)
		return -1;
	*ret_jobs = (unsigned int)n;
	return 0;
}

static int add_package(struct job *job, const char *name, struct err *err)
{
	const char **grown;

	if (job->n_packages == JOB_PACKAGES_MAX)
		return err_set(err, "more than %d packages", JOB_PACKAGES_MAX);
	grown = reallocarray(job->packages, job->n_packages + 1, sizeof(const char *));
	if (!grown)
		return err_set(err, "out of memory");
	job->packages = grown;
	job->packages[job->n_packages++] = name;
	return 0;
}

int job_root_parse(const char *dir, char **ret_root, struct err *err)
{
	size_t len = strlen(dir);

	if (!len)
		return err_set(err, "not a directory");
	while (len && dir[len - 1] == '/')
		len--;
	free(*ret_root);
	*ret_root = strndup(dir, len);
	return *ret_root ? 0 : err_set(err, "out of memory");
}

/* Options that choose through dpkg's database. */
static int set_package_option(struct job *job, enum job_option id, const char *value,
			      struct err *err)
{
	switch ((int)id) {
	case JOB_INSTALLED:
		job->installed = true;
		return 0;
	case JOB_PACKAGE:
		return add_package(job, value, err);
	case JOB_ROOT:
		return job_root_parse(value, &job->root, err);
	case JOB_MANIFEST:
		job->manifest = value;
		return 0;
	case JOB_CHANGED_CONFFILES:
		job->changed_conffiles = true;
		return 0;
	case JOB_UNOWNED:
		job->unowned = true;
		return 0;
	case JOB_VERBOSE:
		job->verbose = true;
		return 0;
	case JOB_REASON:
		job->reason = value;
		return 0;
	default:
		return err_set(err, "unknown option");
	}
}

static int set_evm(struct job *job, enum job_choice choice, struct err *err)
{
	if (job->evm != JOB_BY_CONFIG && job->evm != choice)
		return err_set(err, "--evm and --no-evm exclude each other");
	job->evm = choice;
	return 0;
}

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct job *job = ctx;

	switch ((enum job_option)id) {
	case JOB_KEY:
		job->keys.key = value;
		return 0;
	case JOB_CERT:
		return keys_add_cert(&job->keys, value, err);
	case JOB_DIGEST:
		return keys_parse_digest(value, &job->engine.algo, err);
	case JOB_JOBS:
		return parse_jobs(value, &job->engine.jobs, err);
	case JOB_ALL_FILES:
		job->engine.all_files = true;
		return 0;
	case JOB_RECURSIVE:
		job->recursive = true;
		return 0;
	case JOB_CROSS:
		job->engine.cross_file_systems = true;
		return 0;
	case JOB_EVM:
	case JOB_NO_EVM:
		return set_evm(job, id == JOB_EVM ? JOB_YES : JOB_NO, err);
	case JOB_PROFILE:
		job->profile_given = true;
		return parse_profile(value, &job->engine.profile, err);
	case JOB_PASSPHRASE_FILE:
		passphrase_use_file(value);
		return 0;
	case JOB_JSON:
		job->json = true;
		return 0;
	case JOB_DRY_RUN:
		job->engine.dry_run = true;
		return 0;
	case JOB_INSTALLED:
	case JOB_PACKAGE:
	case JOB_ROOT:
	case JOB_MANIFEST:
	case JOB_CHANGED_CONFFILES:
	case JOB_UNOWNED:
	case JOB_VERBOSE:
	case JOB_REASON:
		return set_package_option(job, (enum job_option)id, value, err);
	}
	return err_set(err, "unknown option");
}

static enum engine_profile profile_of(enum settings_profile profile)
{
	switch (profile) {
	case PROFILE_AUTO:
		return ENGINE_AUTO;
	case PROFILE_SIGNATURE:
		return ENGINE_SIGNATURE;
	case PROFILE_VERITY:
		return ENGINE_VERITY;
	}
	return ENGINE_AUTO;
}

/* A host with neither a configuration nor a key of its own has not chosen EVM; one that was set up
 * has, be it by the default. */
static bool evm_wanted(const struct job *job)
{
	if (job->evm != JOB_BY_CONFIG)
		return job->evm == JOB_YES;
	return (io_exists(job->config_path) || io_exists(job->config->certificate)) &&
	       job->config->settings.evm != EVM_OFF;
}

/* One JSON value per file, so that any number of files needs no memory. */
void job_print_json(json_t *o)
{
	if (o)
		(void)json_dumpf(o, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	json_decref(o);
}

static bool is_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	return len && strncmp(path, root, len) == 0 && path[len] == '/';
}

/* As that system names it, and the other commands do. */
static const char *shown_path(const struct job *job, const char *path)
{
	return job->root && is_below(path, job->root) ? path + strlen(job->root) : path;
}

static void print_line(const struct job *job, const struct engine_result *r)
{
	FILE *to =
		r->outcome == ENGINE_DENIED && job->engine.act == ENGINE_VERIFY ? stdout : stderr;

	if (to == stderr)
		(void)fprintf(to, "%s: %s: ", cmd_program_name(), job->cmd->name);
	cmd_print_name(to, shown_path(job, r->path));
	(void)fprintf(to, ": %s\n", r->text);
}

static void on_report(void *ctx, const struct engine_result *r)
{
	struct job *job = ctx;

	progress_done(&job->progress);
	if (job->json)
		job_print_json(json_pack("{s:o, s:s, s:s, s:s}", "path", cmd_json_name(r->path),
					 "outcome", outcome_names[r->outcome], "kind",
					 sig_kind_name(r->kind), "reason", r->text));
	else
		print_line(job, r);
}

static void on_tick(void *ctx, size_t done, size_t pushed UNUSED)
{
	struct job *job = ctx;

	progress_show(&job->progress, job->steps ? job->step : done, job->steps);
}

/* The configuration of the system that is worked on, and the keys and certificates it names. */
static int load_config(struct job *job, struct err *err)
{
	struct config *c = malloc(sizeof(*c));

	job->config = c;
	if (!c ||
	    asprintf(&job->config_path, "%s%s", job->root ? job->root : "", CONFIG_PATH) < 0) {
		job->config_path = NULL;
		return err_set(err, "out of memory");
	}
	if (config_load(job->config_path, c, err) == 0)
		return job->root ? config_put_below(c, job->root, err) : 0;
	config_default(c);
	job->config_damage = strdup(err->text);
	return job->config_damage ? 0 : err_set(err, "out of memory");
}

int job_init(struct job *job, const struct cmd *cmd, int argc, char **argv, int *ret_exit)
{
	struct err err = ERR_INIT;

	if (job_init_damaged(job, cmd, argc, argv, ret_exit) < 0)
		return -1;
	if (!job->config_damage)
		return 0;
	(void)err_set(&err, "%s", job->config_damage);
	*ret_exit = cmd_fail(cmd, &err);
	return -1;
}

int job_init_damaged(struct job *job, const struct cmd *cmd, int argc, char **argv, int *ret_exit)
{
	struct err err = ERR_INIT;
	int first;

	memset(job, 0, sizeof(*job));
	job->cmd = cmd;
	job->engine.algo = HASH_SHA256;
	first = cmd_options(cmd, argc, argv, set_option, job, ret_exit);
	if (first < 0)
		return -1;
	if (load_config(job, &err) < 0) {
		*ret_exit = cmd_fail(cmd, &err);
		return -1;
	}
	job->keys.config = job->config;
	job->keys.root = job->root;
	job->operands = argv + first;
	job->n_operands = (size_t)(argc - first);
	job->engine.evm = evm_wanted(job);
	if (!job->profile_given)
		job->engine.profile = profile_of(job->config->settings.profile);
	job->engine.report = on_report;
	job->engine.tick = on_tick;
	job->engine.ctx = job;
	return 0;
}

void job_done(struct job *job)
{
	free(job->config);
	free(job->config_path);
	free(job->config_damage);
	free(job->packages);
	free(job->root);
	memset(job, 0, sizeof(*job));
}

int job_operand(const struct job *job, const char *operand, char **ret_path, struct err *err)
{
	AUTO_STR real = NULL;

	if (!job->root) {
		*ret_path = strdup(operand);
		return *ret_path ? 0 : err_set(err, "out of memory");
	}
	if (root_resolve(job->root, operand, &real, err) < 0)
		return -1;
	if (!real && is_below(operand, job->root))
		return err_set(err,
			       "open: '%s' is no file below --root: leave the path of --root out",
			       operand);
	if (!real)
		return err_errno(err, "open");
	if (asprintf(ret_path, "%s%s", job->root, real) < 0) {
		*ret_path = NULL;
		return err_set(err, "out of memory");
	}
	return 0;
}

/* A signature is no use there; it may be one for the time when the file lies elsewhere. */
static void warn_of_foreign(const struct job *job, const char *path)
{
	const char *name = NULL;
	struct statfs fs;

	if (job->engine.act != ENGINE_SIGN || statfs(path, &fs) < 0)
		return;
	name = policy_foreign_name((uint64_t)(unsigned int)fs.f_type);
	if (!name)
		return;
	(void)fprintf(stderr, "%s: %s: ", cmd_program_name(), job->cmd->name);
	cmd_print_name(stderr, shown_path(job, path));
	(void)fprintf(stderr, ": on %s: will not run where Assay enforces\n", name);
}

static int feed_operand(struct engine *engine, const struct job *job, const char *operand,
			struct err *err)
{
	AUTO_STR path = NULL;
	struct err why = ERR_INIT;
	struct stat st;

	if (job_operand(job, operand, &path, &why) < 0) {
		engine_push_failure(engine, operand, why.text);
		return 0;
	}
	warn_of_foreign(job, path);
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return engine_push_file(engine, path, true, NULL, err);
	else if (job->recursive)
		return engine_push_tree(engine, path, err);
	else
		engine_push_failure(engine, path, "is a directory (--recursive)");
	return 0;
}

int job_feed(struct engine *engine, void *ctx, struct err *err)
{
	const struct job *job = ctx;

	for (size_t i = 0; i < job->n_operands; i++)
		if (feed_operand(engine, job, job->operands[i], err) < 0)
			return -1;
	return 0;
}

int job_run(struct job *job, engine_feed_fn feed, void *feed_ctx, struct engine_totals *ret_totals,
	    struct err *err)
{
	int rc;

	progress_init(&job->progress, job->engine.act == ENGINE_SIGN ? "signing" : "verifying");
	rc = engine_run(&job->engine, feed, feed_ctx, ret_totals, err);
	progress_done(&job->progress);
	return rc;
}

void job_print_summary(const struct job *job, const struct engine_totals *totals)
{
	json_t *o;

	if (!job->json)
		return;
	o = json_object();
	for (size_t i = 0; i < ENGINE_OUTCOMES; i++)
		(void)json_object_set_new(o, outcome_names[i],
					  json_integer((json_int_t)totals->count[i]));
	job_print_json(json_pack("{s:o}", "summary", o));
}
