/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer of the store. */
#include "attest/verifier/commit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A function that somebody waits for. */
struct call {
	struct call *next;
	commit_fn fn;
	void *ctx;
	struct err err;
	int rc;
	bool done;
};

struct committer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t called;
	struct commit_job *first, **last;
	struct call *calls;
	bool stop;
	struct commit_figures figures;
	struct store_conn conn;
	struct commit_job *jobs[COMMIT_BATCH_MAX]; /* the batch that is being committed */
	struct host_change batch[COMMIT_BATCH_MAX];
};

/* Takes up to a batch of what waits; the lock is held. */
static size_t take_batch(struct committer *c)
{
	size_t n = 0;

	while (c->first && n < COMMIT_BATCH_MAX) {
		c->jobs[n++] = c->first;
		c->first = c->first->next;
	}
	if (!c->first)
		c->last = &c->first;
	return n;
}

/* In one order everywhere: verifiers that share a database don't lock each other out. */
static int by_host(const void *pa, const void *pb)
{
	const struct commit_job *a = *(struct commit_job *const *)pa;
	const struct commit_job *b = *(struct commit_job *const *)pb;

	return memcmp(a->change.host->id, b->change.host->id, EVIDENCE_HOST_SIZE);
}

static void count_batch(struct committer *c, const struct host_change *changes, size_t n, int rc)
{
	(void)pthread_mutex_lock(&c->lock);
	c->figures.transactions++;
	for (size_t i = 0; i < n; i++)
		*(rc < 0	    ? &c->figures.failures
		  : changes[i].done ? &c->figures.changes
				    : &c->figures.conflicts) += 1;
	(void)pthread_mutex_unlock(&c->lock);
}

static void commit_batch(struct committer *c, size_t n)
{
	struct err err = ERR_INIT;
	int rc;

	qsort(c->jobs, n, sizeof(c->jobs[0]), by_host);
	for (size_t i = 0; i < n; i++)
		c->batch[i] = c->jobs[i]->change;
	rc = store_change_many(&c->conn, c->batch, n, &err);
	count_batch(c, c->batch, n, rc);
	for (size_t i = 0; i < n; i++) {
		enum commit_outcome outcome = COMMIT_FAILED;

		if (rc == 0)
			outcome = c->batch[i].done ? COMMIT_DONE : COMMIT_CONFLICT;
		c->jobs[i]->done(c->jobs[i], outcome, &err);
	}
}

static void run_call(struct committer *c, struct call *call)
{
	call->rc = call->fn(call->ctx, &c->conn, &call->err);
	(void)pthread_mutex_lock(&c->lock);
	call->done = true;
	(void)pthread_cond_broadcast(&c->called);
	(void)pthread_mutex_unlock(&c->lock);
}

static struct call *take_call(struct committer *c)
{
	struct call *call = c->calls;

	if (call)
		c->calls = call->next;
	return call;
}

static void *committer_main(void *arg)
{
	struct committer *c = arg;
	bool stop = false;

	while (!stop) {
		struct call *call;
		size_t n;

		(void)pthread_mutex_lock(&c->lock);
		while (!c->first && !c->calls && !c->stop)
			(void)pthread_cond_wait(&c->work, &c->lock);
		n = take_batch(c);
		call = take_call(c);
		stop = c->stop && !n && !call;
		(void)pthread_mutex_unlock(&c->lock);
		if (call)
			run_call(c, call);
		if (n)
			commit_batch(c, n);
	}
	return NULL;
}

int committer_new(const char *where, struct committer **ret_committer, struct err *err)
{
	struct committer *c = calloc(1, sizeof(*c));

	if (!c)
		return err_set(err, "out of memory");
	c->last = &c->first;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->work, NULL);
	(void)pthread_cond_init(&c->called, NULL);
	store_conn_init(&c->conn, where);
	if (pthread_create(&c->thread, NULL, committer_main, c) != 0) {
		free(c);
		return err_set(err, "store: can't start its thread");
	}
	*ret_committer = c;
	return 0;
}

void committer_free(struct committer *c)
{
	if (!c)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_signal(&c->work);
	(void)pthread_mutex_unlock(&c->lock);
	(void)pthread_join(c->thread, NULL);
	store_conn_done(&c->conn);
	(void)pthread_cond_destroy(&c->called);
	(void)pthread_cond_destroy(&c->work);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

void committer_submit(struct committer *c, struct commit_job *job)
{
	job->next = NULL;
	(void)pthread_mutex_lock(&c->lock);
	*c->last = job;
	c->last = &job->next;
	(void)pthread_cond_signal(&c->work);
	(void)pthread_mutex_unlock(&c->lock);
}

int committer_call(struct committer *c, commit_fn fn, void *ctx, struct err *err)
{
	struct call call = { .fn = fn, .ctx = ctx, .err = ERR_INIT };

	(void)pthread_mutex_lock(&c->lock);
	call.next = c->calls;
	c->calls = &call;
	(void)pthread_cond_signal(&c->work);
	while (!call.done)
		(void)pthread_cond_wait(&c->called, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
	return call.rc < 0 ? err_set(err, "%s", call.err.text) : 0;
}

static int change_one(void *ctx, struct store_conn *conn, struct err *err)
{
	return store_change_many(conn, ctx, 1, err);
}

enum commit_outcome committer_change(struct committer *c, const struct host_change *change,
				     struct err *err)
{
	struct host_change own = *change;

	if (committer_call(c, change_one, &own, err) < 0)
		return COMMIT_FAILED;
	return own.done ? COMMIT_DONE : COMMIT_CONFLICT;
}

void committer_figures(struct committer *c, struct commit_figures *ret)
{
	(void)pthread_mutex_lock(&c->lock);
	*ret = c->figures;
	(void)pthread_mutex_unlock(&c->lock);
}
