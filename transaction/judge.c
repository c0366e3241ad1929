/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judging packages, each by itself. */
#include "transaction/judge.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "cli/taken.h"
#include "pkg/order.h"
#include "pkg/store.h"

enum outcome { OUTCOME_TAKEN, OUTCOME_REFUSED, OUTCOME_TROUBLE };

struct judged {
	char *path;
	char *name; /* the package's; NULL: it could not be read */
	struct package *package;
	struct digest deb;     /* of the file */
	const struct cert *by; /* NULL: an archive vouches for it */
	enum outcome outcome;
	struct err why;
	bool explained; /* the best that can be said of why */
};

/* One thread, with a signer of its own. */
struct worker {
	struct judge *judge;
	struct package_signing how;
	atomic_size_t *next;
	const size_t *order; /* in which the items are taken */
	pthread_t thread;
	bool started;
	struct progress *progress; /* of the first thread; NULL: others show none */
};

int judge_add(void *ctx, const char *path, struct err *err)
{
	struct judge *judge = ctx;
	struct judged *grown;
	char **paths;

	for (size_t i = 0; i < judge->n; i++)
		if (strcmp(judge->path[i], path) == 0)
			return 0;
	grown = reallocarray(judge->item, judge->n + 1, sizeof(*grown));
	if (!grown)
		return err_set(err, "out of memory");
	judge->item = grown;
	paths = reallocarray(judge->path, judge->n + 1, sizeof(*paths));
	if (!paths)
		return err_set(err, "out of memory");
	judge->path = paths;
	paths[judge->n] = strdup(path);
	if (!paths[judge->n])
		return err_set(err, "out of memory");
	grown[judge->n] = (struct judged){ .path = paths[judge->n], .outcome = OUTCOME_TROUBLE };
	judge->n++;
	return 0;
}

void judge_done(struct judge *judge)
{
	for (size_t i = 0; i < judge->n; i++) {
		free(judge->item[i].path);
		free(judge->item[i].name);
		package_free(&judge->item[i].package);
	}
	free(judge->item);
	free(judge->path);
	judge->item = NULL;
	judge->path = NULL;
	judge->n = 0;
}

bool judge_has(const struct judge *judge, const char *name)
{
	for (size_t i = 0; i < judge->n; i++)
		if (judge->item[i].name && strcmp(judge->item[i].name, name) == 0)
			return true;
	return false;
}

static bool is_same(const struct digest *a, const struct digest *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Of the very bytes that were vouched for, so that nobody can have them changed in between. */
static int sign_vouched(const struct worker *w, int fd, struct judged *it, struct buf *text,
			struct err *err)
{
	if (package_sign(fd, &w->how, it->package, err) < 0)
		return -1;
	if (!is_same(&it->package->deb.digest, &it->deb))
		return err_set(err, "changed while it was being read");
	return package_format(it->package, &w->how, text, err);
}

/* What is signed of it, beside it or in it. */
static int read_signatures(const char *path, const struct deb *deb, struct buf *text,
			   struct err *err)
{
	AUTO_STR beside = NULL;

	if (asprintf(&beside, "%s" PACKAGE_DETACHED, path) < 0) {
		beside = NULL;
		return err_set(err, "out of memory");
	}
	return io_exists(beside) ? io_read_file(beside, text, err)
				 : buf_put(text, deb->signatures.data, deb->signatures.len, err);
}

static int check_signatures(const struct judge *judge, struct judged *it, const struct deb *deb,
			    const struct buf *text, struct err *err)
{
	if (!text->len)
		return err_set(err, "carries no signatures");
	if (package_verify(text, &judge->trust->certs, it->package, &it->by, err) < 0 ||
	    trust_accepts(judge->trust, it->by, err) < 0 ||
	    package_matches(it->package, deb, err) < 0)
		return -1;
	return package_serves(it->package, &judge->wants, err);
}

/* Why neither counts: the signatures that it carries, and nobody's word. */
static int explain(const struct judge *judge, struct judged *it, const struct buf *text,
		   const struct err *word)
{
	if (text->len)
		it->explained = trust_explain_signed(judge->trust, text, &it->why);
	else if (*word->text)
		(void)err_set(&it->why, "carries no signatures, and %s", word->text);
	return -1;
}

/* *text is what was signed of the package, here or elsewhere. */
static int read_package(const struct worker *w, struct judged *it, struct buf *text)
{
	CLEANUP(deb_done) struct deb deb = { .n_members = 0 };
	const struct judge *judge = w->judge;
	struct err *err = &it->why;
	struct err word = ERR_INIT;
	AUTO_FD fd = -1;

	if (io_open_regular(it->path, &fd, err) < 0 ||
	    judge->source->read(fd, NULL, NULL, &deb, err) < 0)
		return -1;
	it->name = strdup(deb.package);
	it->deb = deb.digest;
	if (read_signatures(it->path, &deb, text, err) < 0)
		return -1;
	if (check_signatures(judge, it, &deb, text, err) == 0)
		return 0;
	if (judge->source->vouch(judge, it->path, fd, &deb.digest, &word) < 0 || !judge->how)
		return explain(judge, it, text, &word);
	package_done(it->package);
	buf_reset(text);
	it->by = NULL;
	return package_init(it->package, err) < 0 ? -1 : sign_vouched(w, fd, it, text, err);
}

static void judge_one(const struct worker *w, struct judged *it)
{
	AUTO_BUF text = BUF_INIT(DEB_SIGNATURES_MAX);

	it->package = calloc(1, sizeof(*it->package));
	if (!it->package) {
		(void)err_set(&it->why, "out of memory");
		return;
	}
	if (package_init(it->package, &it->why) < 0)
		return;
	if (read_package(w, it, &text) < 0)
		it->outcome = OUTCOME_REFUSED;
	else if (store_put(STORE_DIR, it->package, &text, &it->why) == 0)
		it->outcome = OUTCOME_TAKEN;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		size_t i = atomic_fetch_add(w->next, 1);

		if (i >= w->judge->n)
			return NULL;
		judge_one(w, &w->judge->item[w->order[i]]);
		if (w->progress)
			progress_show(w->progress, i + 1, w->judge->n);
	}
}

static int prepare(struct worker *w, struct err *err)
{
	if (!w->judge->how)
		return 0;
	w->how = *w->judge->how;
	w->how.signer = NULL;
	return signer_new(w->how.key, &w->how.signer, err);
}

/* The first works in this thread; one that can't be started leaves its share to the others. */
static int run(struct worker *w, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (prepare(&w[i], err) < 0)
			return -1;
	for (size_t i = 1; i < n; i++)
		w[i].started = pthread_create(&w[i].thread, NULL, work, &w[i]) == 0;
	(void)work(&w[0]);
	for (size_t i = 1; i < n; i++)
		if (w[i].started)
			(void)pthread_join(w[i].thread, NULL);
	return 0;
}

static size_t threads_for(size_t n)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t threads = cores > 0 ? (size_t)cores : 1;

	if (threads > JUDGE_THREADS_MAX)
		threads = JUDGE_THREADS_MAX;
	return threads < n ? threads : n;
}

static int run_all(struct judge *judge, struct err *err)
{
	size_t threads = threads_for(judge->n);
	struct worker *w = calloc(threads ? threads : 1, sizeof(*w));
	AUTO_MEM size_t *order = NULL;
	struct progress progress;
	atomic_size_t next = 0;
	int rc;

	if (!w)
		return err_set(err, "out of memory");
	if (order_largest_first(judge->path, judge->n, &order, err) < 0) {
		free(w);
		return -1;
	}
	progress_init(&progress, "judging packages");
	for (size_t i = 0; i < threads; i++)
		w[i] = (struct worker){ .judge = judge,
					.next = &next,
					.order = order,
					.progress = i == 0 ? &progress : NULL };
	rc = threads ? run(w, threads, err) : 0;
	progress_done(&progress);
	for (size_t i = 0; i < threads; i++)
		signer_free(w[i].how.signer);
	free(w);
	return rc;
}

static void tell(const struct judged *it)
{
	(void)fputs("assay: refused: ", stderr);
	cmd_print_name(stderr, it->path);
	(void)fprintf(stderr, ": %s\n", it->why.text);
}

static int take(const struct judge *judge, struct judged *it, struct judge_result *result,
		struct err *err)
{
	const struct deb *deb = &it->package->deb;
	const struct taken taken = { .package = deb->package,
				     .version = deb->version,
				     .architecture = deb->architecture,
				     .digest_name = "sha256",
				     .digest = &it->deb,
				     .files = package_count(it->package),
				     .vouched_by = judge->source->vouched_by,
				     .by = it->by,
				     .keyid = judge->how ? judge->how->keyid : 0 };

	if (taken_add(result->taken, judge->trust, &taken, err) < 0)
		return -1;
	return table_add(result->table, &it->package, err);
}

/* What could not be judged may have no package to look at. */
static int conclude(const struct judge *judge, struct judged *it, struct judge_result *result,
		    struct err *err)
{
	if (it->outcome == OUTCOME_TROUBLE)
		return err_set(err, "%s: %s", it->path, it->why.text);
	if (it->outcome == OUTCOME_TAKEN)
		return take(judge, it, result, err);
	result->refused++;
	if (!result->tell)
		return 0;
	if (!it->explained && it->deb.len && judge->source == &judge_dpkg)
		(void)trust_explain_vouched(judge->trust, &it->deb, &it->why);
	tell(it);
	return 0;
}

/* One that is refused is told of, and the others looked at all the same. */
int judge_all(struct judge *judge, struct judge_result *result, struct err *err)
{
	if (run_all(judge, err) < 0)
		return -1;
	for (size_t i = 0; i < judge->n; i++)
		if (conclude(judge, &judge->item[i], result, err) < 0)
			return -1;
	return 0;
}
