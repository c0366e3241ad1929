/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging files. */
#include "assay/verdict/judge.h"
#include "assay/host/trust.h"

#include <stdlib.h>
#include <string.h>

#include "assay/host/packages.h"
#include "assay/verdict/remedy.h"
#include "cli/progress.h"
#include "ima/xattr.h"

#define JUDGE_STEP 256

struct run {
	const struct judge *judge;
	const struct mounts *mounts;
	const struct paths *paths;
	struct judgement *judgement;
	struct progress progress;
	struct err err; /* of the report function */
	bool broken;
};

static int add(struct judgement *j, const struct denial *denial, struct err *err)
{
	size_t cap = j->cap ? j->cap * 2 : JUDGE_STEP;
	struct denial *grown;

	if (j->n == j->cap) {
		grown = reallocarray(j->denial, cap, sizeof(*grown));
		if (!grown)
			return err_set(err, "out of memory");
		j->denial = grown;
		j->cap = cap;
	}
	j->denial[j->n++] = *denial;
	return 0;
}

/* Was it signed by somebody who is not trusted, or with the key that was before? */
static bool is_untrusted(const char *text)
{
	return strstr(text, XATTR_UNTRUSTED) != NULL;
}

/* Does a signature that is there not fit, so that the file itself may have been changed? */
static bool is_mismatch(const char *text)
{
	return !is_untrusted(text) &&
	       (strncmp(text, XATTR_IMA ": ", sizeof(XATTR_IMA ": ") - 1) == 0 ||
		strncmp(text, XATTR_EVM ": ", sizeof(XATTR_EVM ": ") - 1) == 0);
}

/* Is it the owner that is in the way, which signing does not mend? */
static bool is_owner(const char *text)
{
	return strncmp(text, REMEDY_OWNER, sizeof(REMEDY_OWNER) - 1) == 0;
}

static void report(void *ctx, const struct engine_result *result)
{
	struct run *run = ctx;
	size_t skip = strlen(run->judge->host->root);
	struct denial d = {
		.path = strdup(result->path + skip),
		.text = strdup(result->text),
		.unsigned_yet = result->outcome == ENGINE_DENIED && !is_mismatch(result->text) &&
				!is_owner(result->text),
		.untrusted = result->outcome == ENGINE_DENIED && is_untrusted(result->text),
		.owner = result->outcome == ENGINE_DENIED && is_owner(result->text),
		.failed = result->outcome == ENGINE_FAILED,
		.kind = result->kind,
	};

	if (d.path && d.text && add(run->judgement, &d, &run->err) == 0)
		return;
	free(d.path);
	free(d.text);
	run->broken = true;
}

static void tick(void *ctx, size_t done, size_t pushed)
{
	struct run *run = ctx;

	(void)pushed;
	if (run->judge->progress)
		progress_show(&run->progress, done, 0);
}

static int feed_trees(struct engine *engine, void *ctx, struct err *err)
{
	const struct run *run = ctx;
	const char *root = run->judge->host->root;
	char path[HOST_PATH_MAX];

	if (engine_push_tree(engine, *root ? root : "/", err) < 0)
		return -1;
	for (size_t i = 0; i < run->mounts->n; i++) {
		const struct mount *m = &run->mounts->mount[i];

		if (m->kind != MOUNT_SIGNABLE || m->noexec || strcmp(m->dir, "/") == 0)
			continue;
		if (host_path(run->judge->host, m->dir, path, err) < 0 ||
		    engine_push_tree(engine, path, err) < 0)
			return -1;
	}
	return 0;
}

static int feed_paths(struct engine *engine, void *ctx, struct err *err)
{
	const struct run *run = ctx;
	char path[HOST_PATH_MAX];

	for (size_t i = 0; i < run->paths->n; i++) {
		const char *name = run->paths->entry[i].path;

		if (host_path(run->judge->host, name, path, err) < 0 ||
		    engine_push_file(engine, path, false, NULL, err) < 0)
			return -1;
	}
	return 0;
}

static enum engine_profile profile_of(enum settings_profile profile)
{
	switch (profile) {
	case PROFILE_SIGNATURE:
		return ENGINE_SIGNATURE;
	case PROFILE_VERITY:
		return ENGINE_VERITY;
	case PROFILE_AUTO:
		break;
	}
	return ENGINE_AUTO;
}

static int run_engine(struct run *run, engine_feed_fn feed, struct err *err)
{
	CLEANUP(cert_set_done) struct cert_set trusted = CERT_SET_INIT;
	struct engine_totals totals = { { 0 } };
	struct engine_config c = {
		.act = ENGINE_VERIFY,
		.profile = profile_of(run->judge->profile),
		.trusted = &trusted,
		.evm = run->judge->config->settings.evm != EVM_OFF,
		.report = report,
		.tick = tick,
		.ctx = run,
	};
	int rc;

	/* Without certificates nothing verifies, which is what the kernel would say. */
	(void)!trust_load(run->judge->host, run->judge->config, &trusted, NULL);
	progress_init(&run->progress, "judging files");
	rc = engine_run(&c, feed, run, &totals, err);
	progress_done(&run->progress);
	if (rc == 0 && run->broken)
		rc = err_set(err, "out of memory");
	run->judgement->valid = totals.count[ENGINE_VALID];
	if (rc < 0)
		judgement_done(run->judgement);
	return rc;
}

int judge_trees(const struct judge *judge, const struct mounts *mounts,
		struct judgement *ret_judgement, struct err *err)
{
	struct run run = { .judge = judge, .mounts = mounts, .judgement = ret_judgement };

	*ret_judgement = (struct judgement){ .n = 0 };
	return run_engine(&run, feed_trees, err);
}

int judge_paths(const struct judge *judge, const struct paths *paths,
		struct judgement *ret_judgement, struct err *err)
{
	struct run run = { .judge = judge, .paths = paths, .judgement = ret_judgement };

	*ret_judgement = (struct judgement){ .n = 0 };
	return run_engine(&run, feed_paths, err);
}

/* Maintainer scripts belong to the package in their name: "libc6:amd64.postinst". */
static char *script_owner(const char *path)
{
	static const char info[] = DPKG_ADMIN_DIR "/info/";
	const char *dot = strrchr(path, '.');
	const char *name = path + sizeof(info) - 1;

	if (strncmp(path, info, sizeof(info) - 1) != 0 || !dot || dot < name)
		return NULL;
	return strndup(name, (size_t)(dot - name));
}

static int by_package(const void *a, const void *b)
{
	const struct denial *x = a;
	const struct denial *y = b;
	int rc;

	if (!x->package != !y->package)
		return x->package ? -1 : 1;
	rc = x->package ? strcmp(x->package, y->package) : 0;
	return rc ? rc : strcmp(x->path, y->path);
}

int judgement_settle(const struct host *host, const struct paths *essential,
		     struct judgement *judgement, struct err *err)
{
	struct dpkg *db = NULL;
	char name[PACKAGES_NAME_MAX];

	if (judgement->n && packages_load(host, &db, err) < 0)
		return -1;
	for (size_t i = 0; i < judgement->n; i++) {
		struct denial *d = &judgement->denial[i];
		const struct paths_entry *e = essential ? paths_find(essential, d->path) : NULL;

		d->essential = e ? e->why : NULL;
		d->package =
			packages_owner(db, d->path, name) ? strdup(name) : script_owner(d->path);
	}
	dpkg_free(db);
	if (judgement->n)
		qsort(judgement->denial, judgement->n, sizeof(*judgement->denial), by_package);
	return 0;
}

void judgement_done(struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->n; i++) {
		free(judgement->denial[i].path);
		free(judgement->denial[i].text);
		free(judgement->denial[i].package);
	}
	free(judgement->denial);
	*judgement = (struct judgement){ .n = 0 };
}
