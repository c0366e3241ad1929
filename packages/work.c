/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options, and packages looked at on all processors. */
#include "packages/work.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/json.h"
#include "cli/passphrase.h"
#include "pkg/order.h"

static const char *const outcome_names[WORK_OUTCOMES] = {
	[WORK_SIGNED] = "signed", [WORK_KEPT] = "kept",	    [WORK_VALID] = "valid",
	[WORK_DENIED] = "denied", [WORK_FAILED] = "failed",
};

static int parse_profile(const char *value, bool ret_profiles[static PACKAGE_PROFILES],
			 struct err *err)
{
	bool both = strcmp(value, "both") == 0;

	ret_profiles[PACKAGE_SIGNATURE] = both || strcmp(value, "signature") == 0;
	ret_profiles[PACKAGE_VERITY] = both || strcmp(value, "verity") == 0;
	if (!ret_profiles[PACKAGE_SIGNATURE] && !ret_profiles[PACKAGE_VERITY])
		return err_set(err, "no profile is named '%s' (both, signature, verity)", value);
	return 0;
}

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct work *work = ctx;

	switch ((enum work_option)id) {
	case WORK_KEY:
		work->keys.key = value;
		return 0;
	case WORK_CERT:
		return keys_add_cert(&work->keys, value, err);
	case WORK_DIGEST:
		return keys_parse_digest(value, &work->how.algo, err);
	case WORK_PROFILE:
		return parse_profile(value, work->how.profiles, err);
	case WORK_NO_EVM:
		work->how.evm = false;
		return 0;
	case WORK_DETACHED:
		work->detached = true;
		return 0;
	case WORK_REPLACE:
		work->replace = true;
		return 0;
	case WORK_JOBS:
		return cmd_parse_uint(value, 0, WORK_JOBS_MAX, &work->jobs, err);
	case WORK_PASSPHRASE_FILE:
		passphrase_use_file(value);
		return 0;
	case WORK_FILES:
		work->files = true;
		return 0;
	case WORK_VERBOSE:
		work->verbose = true;
		return 0;
	case WORK_JSON:
		work->json = true;
		return 0;
	}
	return err_set(err, "unknown option");
}

int work_init(struct work *work, const struct cmd *cmd, int argc, char **argv, int *ret_exit)
{
	struct err err = ERR_INIT;
	int first;

	*work = (struct work){
		.cmd = cmd,
		.how = { .algo = HASH_SHA256, .profiles = { true, true }, .evm = true },
		.lock = PTHREAD_MUTEX_INITIALIZER
	};
	first = cmd_options(cmd, argc, argv, set_option, work, ret_exit);
	if (first < 0)
		return -1;
	work->paths = argv + first;
	work->n = (size_t)(argc - first);
	if (work->n == 0) {
		*ret_exit = cmd_misuse(cmd, "no package is named");
		return -1;
	}
	work->config = malloc(sizeof(*work->config));
	if (!work->config)
		(void)err_set(&err, "out of memory");
	if (!work->config || config_load(CONFIG_PATH, work->config, &err) < 0) {
		*ret_exit = cmd_fail(cmd, &err);
		return -1;
	}
	work->keys.config = work->config;
	if (order_largest_first(work->paths, work->n, &work->order, &err) < 0) {
		*ret_exit = cmd_fail(cmd, &err);
		return -1;
	}
	return 0;
}

void work_done(struct work *work)
{
	free(work->order);
	free(work->config);
	work->config = NULL;
}

int work_beside(const struct work_item *item, struct buf *out, bool *ret_there, struct err *err)
{
	AUTO_STR beside = work_beside_path(item);

	if (!beside)
		return err_set(err, "out of memory");
	*ret_there = io_exists(beside);
	return *ret_there ? io_read_file(beside, out, err) : 0;
}

char *work_beside_path(const struct work_item *item)
{
	char *path = NULL;

	return asprintf(&path, "%s" PACKAGE_DETACHED, item->real) < 0 ? NULL : path;
}

int work_signatures(const struct work_item *item, struct buf *out, struct err *err)
{
	const struct buf *inside = &item->deb.signatures;
	bool beside = false;

	if (work_beside(item, out, &beside, err) < 0)
		return -1;
	return beside ? 0 : buf_put(out, inside->data, inside->len, err);
}

void work_blame(const struct work_item *item, struct err *err)
{
	AUTO_STR beside = work_beside_path(item);

	if (beside && io_exists(beside))
		(void)err_prepend(err, "in %s", beside);
	else
		(void)err_prepend(err, "its signatures");
}

static void print_json(const struct work_item *item, enum work_outcome outcome)
{
	json_t *o = json_pack("{s:o, s:s}", "path", cmd_json_name(item->path), "outcome",
			      outcome_names[outcome]);

	if (*item->deb.package)
		(void)json_object_update_new(
			o, json_pack("{s:s, s:s, s:s}", "package", item->deb.package, "version",
				     item->deb.version, "architecture", item->deb.architecture));
	if (outcome == WORK_DENIED || outcome == WORK_FAILED)
		(void)json_object_set_new(o, "reason", json_string(item->err.text));
	else
		(void)json_object_set_new(o, "files",
					  json_integer((json_int_t)package_count(&item->package)));
	if (item->by)
		(void)json_object_set_new(o, "by", json_string(cert_subject(item->by)));
	(void)json_dumpf(o, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	(void)putchar('\n');
	json_decref(o);
}

static void print_text(const struct work_item *item, enum work_outcome outcome)
{
	FILE *to = outcome == WORK_FAILED ? stderr : stdout;

	if (outcome == WORK_FAILED)
		(void)fprintf(to, "%s: %s: ", cmd_program_name(), item->work->cmd->name);
	else if (outcome != WORK_DENIED && !item->work->verbose)
		return;
	cmd_print_name(to, item->path);
	if (outcome == WORK_DENIED || outcome == WORK_FAILED)
		(void)fprintf(to, ": %s\n", item->err.text);
	else
		(void)fprintf(to, ": %s, %zu file%s%s%s\n", outcome_names[outcome],
			      package_count(&item->package),
			      package_count(&item->package) == 1 ? "" : "s",
			      item->by ? ", by " : "", item->by ? cert_subject(item->by) : "");
}

static void report(struct work *work, const struct work_item *item, enum work_outcome outcome)
{
	size_t done = 0;

	(void)pthread_mutex_lock(&work->lock);
	work->count[outcome]++;
	for (size_t i = 0; i < WORK_OUTCOMES; i++)
		done += work->count[i];
	if (work->json || work->verbose || outcome == WORK_DENIED || outcome == WORK_FAILED)
		progress_done(&work->progress);
	if (work->json)
		print_json(item, outcome);
	else
		print_text(item, outcome);
	progress_show(&work->progress, done, work->n);
	(void)pthread_mutex_unlock(&work->lock);
}

struct work_item *work_item_new(const struct work *work, const char *path)
{
	struct work_item *item = calloc(1, sizeof(*item));

	if (!item)
		return NULL;
	item->work = work;
	item->path = path;
	item->fd = -1;
	return item;
}

void work_item_done(struct work_item **item)
{
	if (!*item)
		return;
	package_done(&(*item)->package);
	deb_done(&(*item)->deb);
	cleanup_fd(&(*item)->fd);
	free((*item)->real);
	free(take_ptr(item));
}

int work_item_open(struct work_item *item, struct err *err)
{
	struct stat st;

	item->real = realpath(item->path, NULL);
	if (!item->real)
		return err_errno(err, "open");
	item->fd = open(item->real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (item->fd < 0 || fstat(item->fd, &st) < 0)
		return err_errno(err, "open");
	if (!S_ISREG(st.st_mode))
		return err_set(err, "open: not a regular file");
	if (package_init(&item->package, err) < 0)
		return -1;
	return package_read(item->fd, NULL, NULL, &item->deb, err);
}

struct thread {
	struct work *work;
	const struct cert_set *trusted;
	work_fn fn;
};

static void one(const struct thread *t, struct signer *signer, const char *path)
{
	CLEANUP(work_item_done) struct work_item *item = work_item_new(t->work, path);

	if (!item)
		return; /* nobody looked at it: that is counted */
	item->signer = signer;
	item->trusted = t->trusted;
	report(t->work, item, t->fn(item));
}

static void *run_thread(void *ctx)
{
	const struct thread *t = ctx;
	struct signer *signer = NULL;
	struct err err = ERR_INIT;
	size_t i;

	if (t->work->how.key && signer_new(t->work->how.key, &signer, &err) < 0)
		return NULL; /* the others go on; what nobody did is counted */
	while ((i = atomic_fetch_add(&t->work->next, 1)) < t->work->n)
		one(t, signer, t->work->paths[t->work->order[i]]);
	signer_free(signer);
	return NULL;
}

static size_t thread_count(const struct work *work)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = work->jobs ? work->jobs : processors > 0 ? (size_t)processors : 1;

	n = n > WORK_JOBS_MAX ? WORK_JOBS_MAX : n;
	return n > work->n ? work->n : n;
}

int work_run(struct work *work, const struct cert_set *trusted, work_fn fn)
{
	struct thread t = { .work = work, .trusted = trusted, .fn = fn };
	pthread_t threads[WORK_JOBS_MAX];
	size_t n = 0;
	size_t done = 0;

	progress_init(&work->progress, "reading packages");
	while (n + 1 < thread_count(work) && pthread_create(&threads[n], NULL, run_thread, &t) == 0)
		n++;
	(void)run_thread(&t);
	while (n)
		(void)pthread_join(threads[--n], NULL);
	progress_done(&work->progress);
	for (size_t i = 0; i < WORK_OUTCOMES; i++)
		done += work->count[i];
	if (done != work->n) {
		(void)fprintf(stderr, "%s: %s: %zu of %zu packages were not looked at\n",
			      cmd_program_name(), work->cmd->name, work->n - done, work->n);
		return CMD_TROUBLE;
	}
	if (work->count[WORK_FAILED])
		return CMD_TROUBLE;
	return work->count[WORK_DENIED] ? CMD_NO : CMD_YES;
}
