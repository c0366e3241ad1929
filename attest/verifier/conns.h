/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connections that are open: each has so long for a request, and no longer. */
#ifndef ASSAY_ATTEST_VERIFIER_CONNS_H
#define ASSAY_ATTEST_VERIFIER_CONNS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* One connection.  waiting: for the client, since then (milliseconds, monotonic); 0: it waits for
 * us. */
struct conn {
	struct conn *next, **prev;
	int fd;
	atomic_llong waiting;
};

struct conns {
	pthread_mutex_t lock;
	struct conn *first;
	size_t n;
};

void conns_init(struct conns *c);
void conns_done(struct conns *c);
/* NULL without memory. */
struct conn *conns_add(struct conns *c, int fd);
void conns_remove(struct conns *c, struct conn *conn);
/* Shuts down those that wait longer; returns how many. */
size_t conns_cut(struct conns *c, int64_t milliseconds);
size_t conns_count(struct conns *c);

/* The request is complete: we work on it.  And its answer is sent: the client's turn. */
void conn_busy(struct conn *conn);
void conn_waits(struct conn *conn);

#endif
