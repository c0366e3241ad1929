/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Workers. */
#include "attest/verifier/worker.h"

#include <stdlib.h>
#include <syslog.h>

struct workers {
	struct service *service;
	size_t n;
	struct worker worker[];
};

static void serve_one(struct worker *w, struct request *r)
{
	w->err.text[0] = '\0';
	w->trust = service_trust(w->service);
	r->route->run(w, r);
	trust_release(w->trust);
	w->trust = NULL;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct request *r;

	while ((r = queue_pop(&w->service->queue))) {
		/* A request that was handed on may be gone when its function returns. */
		const bool ends_itself = r->route->ends_itself;

		serve_one(w, r);
		if (!ends_itself)
			request_finish(r);
	}
	return NULL;
}

static int start_one(struct worker *w, struct service *service, struct err *err)
{
	w->service = service;
	store_conn_init(&w->conn, service->store);
	if (jwt_new(service->keys.result, &w->jwt, err) < 0)
		return -1;
	if (pthread_create(&w->thread, NULL, worker_main, w) != 0)
		return err_set(err, "can't start a thread");
	return 0;
}

static void end_one(struct worker *w)
{
	store_conn_done(&w->conn);
	jwt_free(w->jwt);
}

int workers_start(struct service *service, unsigned long n, struct workers **ret_workers,
		  struct err *err)
{
	struct workers *all = calloc(1, sizeof(*all) + n * sizeof(all->worker[0]));

	if (!all)
		return err_set(err, "out of memory");
	all->service = service;
	for (; all->n < n; all->n++)
		if (start_one(&all->worker[all->n], service, err) < 0) {
			end_one(&all->worker[all->n]);
			workers_stop(all);
			return -1;
		}
	*ret_workers = all;
	return 0;
}

void workers_stop(struct workers *workers)
{
	if (!workers)
		return;
	queue_stop(&workers->service->queue);
	for (size_t i = 0; i < workers->n; i++) {
		(void)pthread_join(workers->worker[i].thread, NULL);
		end_one(&workers->worker[i]);
	}
	free(workers);
}

void worker_trouble(struct worker *w, struct request *r)
{
	reply_trouble(r, &w->err);
}

bool worker_host(struct worker *w, struct request *r, struct host *ret_host)
{
	bool there = false;

	if (store_host_get(&w->conn, r->object, ret_host, &there, &w->err) < 0) {
		worker_trouble(w, r);
		return false;
	}
	if (!there)
		reply_text(r, HTTP_NOT_FOUND, "no such host is enrolled");
	return there;
}
