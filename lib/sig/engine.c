/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads, results and totals. */
#include "sig/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sig/worker.h"

#define TICK_MS 100
#define CHUNKS (16u << 20)	 /* bytes that all threads together read at a time */
#define FILES_MAX (1u << 20)	 /* more open files than are ever wanted */
#define FILES_PER_JOB 4		 /* open files that there must be for each thread */
#define FILES_SPARE(n) ((n) / 8) /* of n open files, those that are not the engine's */

/* Every thread of one run. */
struct crew {
	struct engine *engine;
	struct worker **worker;
	pthread_t *thread;
	size_t made;
	size_t started;
};

static void worker_free(struct worker *w)
{
	if (!w)
		return;
	hash_free(w->hash);
	md5_free(w->md5);
	signer_free(w->signer);
	buf_done(&w->path);
	buf_done(&w->value);
	free(w);
}

static int worker_new(struct engine *e, struct worker **ret_worker, struct err *err)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w)
		return err_set(err, "out of memory");
	w->engine = e;
	w->fd = -1;
	w->path.max = WORKER_PATH_MAX;
	w->value.max = XATTR_VALUE_MAX;
	if (hash_new(&w->hash, err) < 0) {
		worker_free(w);
		return -1;
	}
	hash_set_chunk(w->hash, e->chunk);
	if ((e->config->want_md5 && md5_new(&w->md5, err) < 0) ||
	    (e->config->key && signer_new(e->config->key, &w->signer, err) < 0)) {
		worker_free(w);
		return -1;
	}
	*ret_worker = w;
	return 0;
}

static void report(struct engine *e, const struct engine_result *result)
{
	if (!e->config->report)
		return;
	(void)pthread_mutex_lock(&e->report_lock);
	e->config->report(e->config->ctx, result);
	(void)pthread_mutex_unlock(&e->report_lock);
}

static void conclude(struct worker *w, enum engine_outcome outcome, void *cookie)
{
	bool bad = outcome == ENGINE_DENIED || outcome == ENGINE_FAILED;
	struct engine_result r = {
		.path = worker_path(w),
		.outcome = outcome,
		.text = bad ? w->err.text : "",
		.kind = w->kind,
		.cookie = cookie,
	};

	w->totals.count[outcome]++;
	/* A failure without a text was told once for its whole file system. */
	if (bad ? !w->err.text[0] : !w->engine->config->report_all)
		return;
	r.st = w->st.st_mode ? &w->st : NULL;
	r.digest = w->digest.len ? &w->digest : NULL;
	r.ima = w->ima.len ? w->ima.data : NULL;
	r.ima_len = w->ima.len;
	r.evm = w->evm.len ? w->evm.data : NULL;
	r.evm_len = w->evm.len;
	report(w->engine, &r);
}

const char *worker_path(const struct worker *w)
{
	return buf_text(&w->path);
}

static int set_path(struct worker *w, const struct queue_item *item)
{
	const struct queue_dir *dir = item->dir;
	size_t len = dir ? strlen(dir->path) : 0;

	buf_reset(&w->path);
	if (!dir)
		return buf_put(&w->path, item->path, strlen(item->path), &w->err);
	if (buf_put(&w->path, dir->path, len, &w->err) < 0 ||
	    ((!len || dir->path[len - 1] != '/') && buf_put_u8(&w->path, '/', &w->err) < 0))
		return -1;
	return buf_put(&w->path, item->name, strlen(item->name), &w->err);
}

/* Only an owner or root may spare the access time. */
static int open_item(const struct queue_item *item)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (item->dir ? O_NOFOLLOW : 0);
	int at = item->dir ? item->dir->fd : AT_FDCWD;
	const char *name = item->dir ? item->name : item->path;
	int fd = openat(at, name, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(at, name, flags);
	return fd;
}

static bool is_other_file_system(const struct worker *w, const struct queue_item *item)
{
	return item->dir && !w->engine->config->cross_file_systems &&
	       w->st.st_dev != item->dir->dev;
}

static enum engine_outcome judge(struct worker *w)
{
	const struct engine_config *c = w->engine->config;
	enum engine_outcome refused;

	if (!c->want_md5 && !worker_check(w, NULL, &refused))
		return refused;
	return c->act == ENGINE_SIGN ? worker_sign(w) : worker_verify(w);
}

/*
 * A kernel image on a boot partition of another kind (VFAT) can't be signed, and need not be: the
 * firmware starts it, and only kexec would ask for a signature.
 */
static bool keeps_no_attributes(const struct worker *w)
{
	return fgetxattr(w->fd, XATTR_IMA, NULL, 0) < 0 && errno == EOPNOTSUPP;
}

/*
 * Under another of its names, and of a kind that is judged: under one that says nothing of the
 * place it may have been passed over.  One that is named by the caller is done all the same.
 */
static bool is_done(struct worker *w, const struct queue_item *item)
{
	return w->st.st_nlink > 1 &&
	       seen_before(w->engine->inodes, (uint64_t)w->st.st_dev, (uint64_t)w->st.st_ino) &&
	       !item->named;
}

/* The file is open in w->fd. */
static enum engine_outcome do_open_file(struct worker *w, const struct queue_item *item)
{
	const struct engine_config *c = w->engine->config;

	if (fstat(w->fd, &w->st) < 0) {
		(void)err_errno(&w->err, "stat");
		return ENGINE_FAILED;
	}
	if (!S_ISREG(w->st.st_mode) && item->named) {
		(void)err_set(&w->err, "not a regular file");
		return ENGINE_FAILED;
	}
	if (!S_ISREG(w->st.st_mode) || is_other_file_system(w, item))
		return ENGINE_IGNORED;
	if (c->all_files && c->profile == ENGINE_SIGNATURE)
		return is_done(w, item) ? ENGINE_IGNORED : judge(w);
	if (classify_fd(w->fd, worker_path(w), &w->st, &w->kind, &w->err) < 0)
		return ENGINE_FAILED;
	if ((w->kind == SIG_NONE && !c->all_files && !item->named) ||
	    (w->kind == SIG_KERNEL && !item->named && keeps_no_attributes(w)))
		return ENGINE_IGNORED;
	return is_done(w, item) ? ENGINE_IGNORED : judge(w);
}

static enum engine_outcome do_file(struct worker *w, const struct queue_item *item)
{
	enum engine_outcome outcome;
	AUTO_FD fd = -1;

	w->err.text[0] = '\0';
	w->cookie = item->cookie;
	w->st.st_mode = 0;
	w->kind = SIG_NONE;
	w->digest.len = 0;
	w->ima.len = 0;
	w->evm.len = 0;
	if (set_path(w, item) < 0)
		return ENGINE_FAILED;
	fd = open_item(item);
	/* Gone or replaced by a link since its directory was read: nothing to do. */
	if (fd < 0 && item->dir && (errno == ENOENT || errno == ELOOP))
		return ENGINE_IGNORED;
	if (fd < 0) {
		(void)err_errno(&w->err, "open");
		return ENGINE_FAILED;
	}
	w->fd = fd;
	outcome = do_open_file(w, item);
	w->fd = -1;
	return outcome;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct queue_item items[QUEUE_TAKE];
	size_t n;

	while ((n = queue_take(&w->engine->queue, items))) {
		for (size_t i = 0; i < n; i++) {
			conclude(w, do_file(w, &items[i]), items[i].cookie);
			queue_item_done(&items[i]);
		}
		queue_finish(&w->engine->queue, n);
	}
	return NULL;
}

static void tick(struct engine *e)
{
	size_t finished;
	size_t pushed;

	if (!e->config->tick)
		return;
	queue_counts(&e->queue, &finished, &pushed);
	e->config->tick(e->config->ctx, finished, pushed);
}

void engine_push_failure(struct engine *engine, const char *path, const char *text)
{
	const struct engine_result r = { .path = path, .outcome = ENGINE_FAILED, .text = text };

	(void)pthread_mutex_lock(&engine->report_lock);
	engine->totals.count[ENGINE_FAILED]++;
	(void)pthread_mutex_unlock(&engine->report_lock);
	report(engine, &r);
}

void engine_push_item(struct engine *engine, const struct queue_item *item)
{
	while (!queue_push(&engine->queue, item, TICK_MS))
		tick(engine);
}

/* A tree with a file in each directory would hold as many directories open as files wait. */
void engine_wait_for_dirs(struct engine *engine)
{
	while (atomic_load_explicit(&engine->dirs_open, memory_order_relaxed) >= engine->dirs_max &&
	       !queue_wait(&engine->queue, TICK_MS))
		tick(engine);
}

int engine_push_file(struct engine *engine, const char *path, bool named, void *cookie,
		     struct err *err)
{
	struct queue_item item = {
		.dir = NULL, .path = strdup(path), .cookie = cookie, .named = named
	};

	if (!item.path)
		return err_set(err, "out of memory");
	engine_push_item(engine, &item);
	return 0;
}

static size_t processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : n > ENGINE_JOBS_MAX ? ENGINE_JOBS_MAX : (size_t)n;
}

static int crew_start(struct crew *crew, size_t n, struct err *err)
{
	crew->worker = calloc(n, sizeof(struct worker *));
	crew->thread = calloc(n, sizeof(*crew->thread));
	if (!crew->worker || !crew->thread)
		return err_set(err, "out of memory");
	for (; crew->made < n; crew->made++)
		if (worker_new(crew->engine, &crew->worker[crew->made], err) < 0)
			return -1;
	for (; crew->started < n; crew->started++) {
		errno = pthread_create(&crew->thread[crew->started], NULL, work,
				       crew->worker[crew->started]);
		if (errno)
			return err_errno(err, "start a thread");
	}
	return 0;
}

/* Lets the threads finish what was pushed, and adds up. */
static void crew_end(struct crew *crew)
{
	queue_close(&crew->engine->queue);
	while (crew->started && !queue_wait(&crew->engine->queue, TICK_MS))
		tick(crew->engine);
	for (size_t i = 0; i < crew->started; i++)
		(void)pthread_join(crew->thread[i], NULL);
	for (size_t i = 0; i < crew->made; i++) {
		for (size_t k = 0; k < ENGINE_OUTCOMES; k++)
			crew->engine->totals.count[k] += crew->worker[i]->totals.count[k];
		worker_free(crew->worker[i]);
	}
	free(crew->worker);
	free(crew->thread);
}

/* How many files may be open, after asking for as many as can be had. */
static size_t open_files(void)
{
	struct rlimit limit = { .rlim_cur = 0, .rlim_max = 0 };
	rlim_t before;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return FILES_PER_JOB;
	before = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		limit.rlim_cur = before;
	return limit.rlim_cur < FILES_MAX ? (size_t)limit.rlim_cur : FILES_MAX;
}

static size_t choose_jobs(unsigned int wanted, size_t files)
{
	size_t jobs = wanted ? wanted : processors();
	size_t most = files / FILES_PER_JOB;

	most = most < ENGINE_JOBS_MAX ? most : ENGINE_JOBS_MAX;
	jobs = jobs < most ? jobs : most;
	return jobs ? jobs : 1;
}

static int engine_init(struct engine *e, const struct engine_config *config, size_t *ret_jobs,
		       struct err *err)
{
	size_t files = open_files();
	size_t jobs = choose_jobs(config->jobs, files);

	memset(e, 0, sizeof(*e));
	e->config = config;
	e->chunk = CHUNKS / jobs;
	e->dirs_max = files - FILES_SPARE(files) - jobs;
	*ret_jobs = jobs;
	(void)pthread_mutex_init(&e->report_lock, NULL);
	if (seen_new(&e->inodes, err) < 0 || seen_new(&e->complaints, err) < 0)
		return -1;
	return queue_init(&e->queue, jobs, err);
}

static void engine_done(struct engine *e)
{
	if (e->queue.ring)
		queue_done(&e->queue);
	seen_free(e->inodes);
	seen_free(e->complaints);
	(void)pthread_mutex_destroy(&e->report_lock);
}

int engine_run(const struct engine_config *config, engine_feed_fn feed, void *feed_ctx,
	       struct engine_totals *ret_totals, struct err *err)
{
	size_t jobs = 0;
	CLEANUP(engine_done) struct engine e;
	struct crew crew = { .engine = &e };
	int rc;

	if (engine_init(&e, config, &jobs, err) < 0)
		return -1;
	rc = crew_start(&crew, jobs, err);
	if (rc == 0)
		rc = feed(&e, feed_ctx, err);
	crew_end(&crew);
	*ret_totals = e.totals;
	return rc;
}
