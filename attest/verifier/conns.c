/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open connections. */
#include "attest/verifier/conns.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void conns_init(struct conns *c)
{
	*c = (struct conns){ .first = NULL };
	(void)pthread_mutex_init(&c->lock, NULL);
}

void conns_done(struct conns *c)
{
	(void)pthread_mutex_destroy(&c->lock);
}

struct conn *conns_add(struct conns *c, int fd)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->fd = fd;
	conn_waits(conn);
	(void)pthread_mutex_lock(&c->lock);
	conn->next = c->first;
	conn->prev = &c->first;
	if (conn->next)
		conn->next->prev = &conn->next;
	c->first = conn;
	c->n++;
	(void)pthread_mutex_unlock(&c->lock);
	return conn;
}

void conns_remove(struct conns *c, struct conn *conn)
{
	if (!conn)
		return;
	(void)pthread_mutex_lock(&c->lock);
	*conn->prev = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	c->n--;
	(void)pthread_mutex_unlock(&c->lock);
	free(conn);
}

size_t conns_cut(struct conns *c, int64_t milliseconds)
{
	const int64_t now = now_ms();
	size_t n = 0;

	(void)pthread_mutex_lock(&c->lock);
	for (struct conn *conn = c->first; conn; conn = conn->next) {
		const int64_t since = atomic_load(&conn->waiting);

		if (since == 0 || now - since <= milliseconds)
			continue;
		(void)shutdown(conn->fd, SHUT_RDWR);
		n++;
	}
	(void)pthread_mutex_unlock(&c->lock);
	return n;
}

size_t conns_count(struct conns *c)
{
	size_t n;

	(void)pthread_mutex_lock(&c->lock);
	n = c->n;
	(void)pthread_mutex_unlock(&c->lock);
	return n;
}

void conn_busy(struct conn *conn)
{
	if (conn)
		atomic_store(&conn->waiting, 0);
}

void conn_waits(struct conn *conn)
{
	if (conn)
		atomic_store(&conn->waiting, now_ms());
}
