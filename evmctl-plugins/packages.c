/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files chosen through dpkg's database instead of by name. */
#include "evmctl-plugins/packages.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool packages_wanted(const struct job *job)
{
	return job->installed || job->n_packages;
}

int packages_check_options(const struct job *job, int *ret_exit)
{
	const char *wrong = NULL;

	if (packages_wanted(job) && job->n_operands)
		wrong = "--installed and --package take no file names";
	else if (job->installed && job->n_packages)
		wrong = "--installed already has every package of --package";
	else if (!packages_wanted(job) && job->changed_conffiles)
		wrong = "--changed-conffiles wants --installed or --package";
	else if (!packages_wanted(job) && !job->unowned && !job->n_operands)
		wrong = "no file is named";
	else if (job->unowned && job->n_operands)
		wrong = "--unowned takes no file names";
	if (!wrong)
		return 0;
	*ret_exit = cmd_misuse(job->cmd, "%s", wrong);
	return -1;
}

static int choose_named(struct packages *p, const char *name, struct err *err)
{
	const struct dpkg_package *package;
	bool known = false;
	bool any = false;
	size_t pos = 0;

	while ((package = dpkg_find(p->db, name, &pos))) {
		known = true;
		if (package->state < DPKG_CONFIG_FILES)
			continue;
		p->chosen[package->index] = true;
		any = true;
	}
	if (any)
		return 0;
	return err_set(err, "package %s: %s", name,
		       known ? "not installed" : "dpkg knows none of that name");
}

static void complain(struct packages *p, const char *name, const char *text)
{
	const struct engine_result r = { .path = name, .outcome = ENGINE_DENIED, .text = text };

	p->objections++;
	p->report(p->job, &r);
}

/* Takes what can't be done off the choice. */
static void object(struct packages *p)
{
	for (size_t i = 0; i < dpkg_count(p->db); i++) {
		const struct dpkg_package *package = dpkg_at(p->db, i);
		const char *text = p->chosen[i] ? installed_objection(package) : NULL;

		if (text)
			complain(p, package->name, text);
		p->chosen[i] = p->chosen[i] && !text && dpkg_has_scripts(package);
	}
}

static int load_packages(struct packages *p, struct err *err)
{
	const struct job *job = p->job;

	if (dpkg_load(job->root ? job->root : "", &p->db, err) < 0 ||
	    installed_new(p->db, job->root ? job->root : "", &p->installed, err) < 0)
		return -1;
	p->chosen = calloc(dpkg_count(p->db) + 1, sizeof(*p->chosen));
	if (!p->chosen)
		return err_set(err, "out of memory");
	for (size_t i = 0; job->installed && i < dpkg_count(p->db); i++)
		p->chosen[i] = dpkg_at(p->db, i)->state >= DPKG_CONFIG_FILES;
	for (size_t i = 0; i < job->n_packages; i++)
		if (choose_named(p, job->packages[i], err) < 0)
			return -1;
	return 0;
}

static void free_manifest(struct manifest **manifest)
{
	manifest_free(*manifest);
}

/* Only what this run signs is kept; the file is read to say before signing that it is damaged. */
static int load_manifest(struct packages *p, struct err *err)
{
	CLEANUP(free_manifest) struct manifest *there = NULL;
	struct err why = ERR_INIT;
	bool present;

	if (!p->manifest_path)
		return 0;
	if (manifest_new(&p->manifest, err) < 0 || manifest_new(&there, err) < 0)
		return err_prepend(err, "manifest");
	if (manifest_load(there, p->manifest_path, &present, &why) < 0)
		return err_set(err, "manifest: %s; move it away, and this command writes a new one",
			       why.text);
	return 0;
}

static int on_check(void *ctx, const struct engine_file *file, struct err *err)
{
	const struct packages *p = ctx;

	int rc = installed_check_form(file->cookie, file->kind, file->fd, file->st, err);

	return rc ? rc : installed_check(file->cookie, file->md5, p->job->changed_conffiles, err);
}

static void on_report(void *ctx, const struct engine_result *result)
{
	struct packages *p = ctx;

	packages_record(p, result);
	if (result->outcome == ENGINE_DENIED || result->outcome == ENGINE_FAILED)
		p->report(p->job, result);
}

static void on_tick(void *ctx, size_t done, size_t pushed)
{
	struct packages *p = ctx;

	p->tick(p->job, done, pushed);
}

int packages_init(struct packages *p, struct job *job, struct err *err)
{
	struct engine_config *engine = &job->engine;

	*p = (struct packages)PACKAGES_INIT;
	p->job = job;
	p->report = engine->report;
	p->tick = engine->tick;
	if (engine->act == ENGINE_SIGN && packages_wanted(job) && !job->root && !engine->dry_run &&
	    geteuid() != 0)
		return err_set(err, "only root can sign what is installed on this host");
	if ((packages_wanted(job) || job->unowned) && load_packages(p, err) < 0)
		return -1;
	if (engine->act == ENGINE_SIGN && packages_lock(p, err) < 0)
		return -1;
	if (load_manifest(p, err) < 0)
		return -1;
	engine->report = on_report;
	engine->tick = on_tick;
	engine->ctx = p;
	engine->report_all = p->manifest;
	if (engine->act == ENGINE_SIGN && packages_wanted(job)) {
		engine->check = on_check;
		engine->want_md5 = true;
	}
	return 0;
}

void packages_done(struct packages *p)
{
	manifest_free(p->manifest);
	free(p->manifest_path);
	cleanup_fd(&p->manifest_fd);
	free(p->chosen);
	installed_free(p->installed);
	dpkg_free(p->db);
}

static int push(void *engine, const char *path, const struct installed_file *file, struct err *err)
{
	/* The engine hands the cookie back as it got it, and so does the check: as const. */
	union {
		const struct installed_file *given;
		void *cookie;
	} u = { .given = file };

	return engine_push_file(engine, path, false, u.cookie, err);
}

/* How many files they have would take a second reading to know. */
static void count_packages(struct packages *p)
{
	struct job *job = p->job;

	for (size_t i = 0; i < dpkg_count(p->db); i++)
		job->steps += p->chosen[i] ? 1 : 0;
	job->progress.verb =
		job->engine.act == ENGINE_SIGN ? "signing packages" : "verifying packages";
}

int packages_feed(struct engine *engine, void *packages, struct err *err)
{
	struct packages *p = packages;

	if (!packages_wanted(p->job))
		return job_feed(engine, p->job, err);
	object(p);
	count_packages(p);
	for (size_t i = 0; i < dpkg_count(p->db); i++) {
		struct err why = ERR_INIT;

		if (!p->chosen[i])
			continue;
		p->job->step++;
		if (installed_each(p->installed, dpkg_at(p->db, i), push, engine, &why) < 0)
			engine_push_failure(engine, dpkg_at(p->db, i)->name, why.text);
	}
	return 0;
}

/* Where the path lies as dpkg sees it. */
static const char *below_root(const struct packages *p, const char *path)
{
	size_t len = p->job->root ? strlen(p->job->root) : 0;

	return path + (strncmp(path, p->job->root ? p->job->root : "", len) == 0 ? len : 0);
}

static int check_unowned(void *ctx, const struct engine_file *file, struct err *err UNUSED)
{
	const struct packages *p = ctx;

	return dpkg_owner(p->db, below_root(p, file->path)) ? 2 : 0;
}

static void report_unowned(void *ctx, const struct engine_result *result)
{
	struct packages *p = ctx;
	struct engine_result r = *result;
	struct err text = ERR_INIT;

	if (r.outcome == ENGINE_DENIED) {
		(void)err_set(&text, "belongs to no package: %s", r.text);
		r.text = text.text;
	}
	p->report(p->job, &r);
}

static int feed_root(struct engine *engine, void *packages, struct err *err)
{
	const struct packages *p = packages;

	return engine_push_tree(engine, p->job->root && p->job->root[0] ? p->job->root : "/", err);
}

int packages_verify_unowned(struct packages *p, struct engine_totals *totals, struct err *err)
{
	struct engine_config *engine = &p->job->engine;
	struct engine_totals more = { { 0 } };

	p->job->steps = 0;
	engine->check = check_unowned;
	engine->report = report_unowned;
	if (job_run(p->job, feed_root, p, &more, err) < 0)
		return -1;
	for (size_t i = 0; i < ENGINE_OUTCOMES; i++)
		totals->count[i] += more.count[i];
	return 0;
}

void packages_print_summary(const struct packages *p, const struct engine_totals *totals)
{
	const size_t *n = totals->count;

	if (p->job->json || !(p->job->verbose || isatty(STDERR_FILENO)))
		return;
	if (p->job->engine.act == ENGINE_SIGN)
		(void)fprintf(stderr, "%s: %s: %zu %s, %zu signed before, %zu left unsigned\n",
			      cmd_program_name(), p->job->cmd->name, n[ENGINE_SIGNED],
			      p->job->engine.dry_run ? "would be signed" : "signed", n[ENGINE_KEPT],
			      n[ENGINE_DENIED] + n[ENGINE_FAILED]);
	else
		(void)fprintf(stderr, "%s: %s: %zu valid, %zu not\n", cmd_program_name(),
			      p->job->cmd->name, n[ENGINE_VALID],
			      n[ENGINE_DENIED] + n[ENGINE_FAILED]);
}
