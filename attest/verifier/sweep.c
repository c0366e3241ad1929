/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts that nothing was heard of. */
#include "attest/verifier/sweep.h"

#include <stdlib.h>

static const char why[] = "nothing was heard of it since its last round";

struct sweep {
	struct service *service;
	struct host *host[SWEEP_PAGE];
	struct host_change change[SWEEP_PAGE];
	size_t n;
	int64_t now_us;
};

static void cleanup_sweep(struct sweep **s)
{
	for (size_t i = 0; *s && i < (*s)->n; i++)
		host_free((*s)->host[i]);
	free(*s);
}

static int collect(void *ctx, const struct host *host, struct err *err)
{
	struct sweep *s = ctx;
	struct host *own = host_clone(host);

	if (!own)
		return err_set(err, "out of memory");
	own->stale = true;
	own->since = s->now_us / 1000000;
	s->change[s->n] = (struct host_change){
		.host = own, .was = "pass", .is = "stale", .why = why, .at_us = s->now_us
	};
	s->host[s->n++] = own;
	return 0;
}

static int sweep_store(void *ctx, struct store_conn *conn, struct err *err)
{
	struct sweep *s = ctx;
	struct trust *trust = service_trust(s->service);
	const int64_t now = s->now_us / 1000000;
	const struct store_range range = {
		.limit = SWEEP_PAGE,
		.silent_only = true,
		.heard_from = now - (int64_t)trust->set.stale_after,
		.heard_to = now + STORE_CLOCK_SLACK,
	};

	trust_release(trust);
	if (store_hosts_each(conn, &range, collect, s, err) < 0)
		return -1;
	return s->n ? store_change_many(conn, s->change, s->n, err) : 0;
}

int sweep_once(struct service *service, size_t *ret_n, struct err *err)
{
	CLEANUP(cleanup_sweep) struct sweep *s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(err, "out of memory");
	s->service = service;
	s->now_us = now_us();
	if (committer_call(service->committer, sweep_store, s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		const struct host *h = s->host[i];
		const struct event event = { h->id, h->name, "pass", "stale", why, s->now_us };

		if (!s->change[i].done)
			continue;
		(void)atomic_fetch_add(&service->metrics.changes, 1);
		events_tell(service->events, &event);
	}
	*ret_n = s->n;
	return 0;
}
