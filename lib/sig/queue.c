/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded queue. */
#include "sig/queue.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct queue_dir *queue_dir_new(int fd, dev_t dev, const char *path, atomic_size_t *open)
{
	struct queue_dir *dir = calloc(1, sizeof(*dir));

	if (dir)
		dir->path = strdup(path);
	if (!dir || !dir->path) {
		free(dir);
		(void)close(fd);
		return NULL;
	}
	atomic_init(&dir->refs, 1);
	dir->open = open;
	(void)atomic_fetch_add_explicit(open, 1, memory_order_relaxed);
	dir->fd = fd;
	dir->dev = dev;
	return dir;
}

struct queue_dir *queue_dir_ref(struct queue_dir *dir)
{
	(void)atomic_fetch_add_explicit(&dir->refs, 1, memory_order_relaxed);
	return dir;
}

void queue_dir_unref(struct queue_dir *dir)
{
	if (!dir || atomic_fetch_sub_explicit(&dir->refs, 1, memory_order_acq_rel) != 1)
		return;
	(void)close(dir->fd);
	(void)atomic_fetch_sub_explicit(dir->open, 1, memory_order_relaxed);
	free(dir->path);
	free(dir);
}

void queue_item_done(struct queue_item *item)
{
	queue_dir_unref(item->dir);
	free(item->path);
	item->dir = NULL;
	item->path = NULL;
}

int queue_init(struct queue *q, size_t takers, struct err *err)
{
	pthread_condattr_t monotonic;

	memset(q, 0, sizeof(*q));
	q->ring = calloc(QUEUE_ITEMS, sizeof(*q->ring));
	if (!q->ring)
		return err_set(err, "out of memory");
	q->takers = takers;
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&q->filled, &monotonic);
	(void)pthread_cond_init(&q->drained, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	return 0;
}

void queue_done(struct queue *q)
{
	for (; q->count; q->count--) {
		queue_item_done(&q->ring[q->head]);
		q->head = (q->head + 1) % QUEUE_ITEMS;
	}
	free(q->ring);
	q->ring = NULL;
	(void)pthread_cond_destroy(&q->filled);
	(void)pthread_cond_destroy(&q->drained);
	(void)pthread_mutex_destroy(&q->lock);
}

static struct timespec deadline(unsigned int wait_ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += wait_ms / 1000;
	t.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

bool queue_push(struct queue *q, const struct queue_item *item, unsigned int wait_ms)
{
	struct timespec until;
	bool room;

	(void)pthread_mutex_lock(&q->lock);
	if (q->count == QUEUE_ITEMS) {
		until = deadline(wait_ms);
		/* Wait until there is room for many: waking for each file is dear. */
		while (q->count > QUEUE_ITEMS / 2 &&
		       pthread_cond_timedwait(&q->drained, &q->lock, &until) == 0)
			;
	}
	room = q->count < QUEUE_ITEMS;
	if (room) {
		q->ring[(q->head + q->count) % QUEUE_ITEMS] = *item;
		q->count++;
		q->pushed++;
		if (q->count == 1 || q->count % QUEUE_TAKE == 0)
			(void)pthread_cond_signal(&q->filled);
	}
	(void)pthread_mutex_unlock(&q->lock);
	return room;
}

static size_t share(const struct queue *q)
{
	size_t n = q->count / (2 * q->takers) + 1;

	if (n > QUEUE_TAKE)
		n = QUEUE_TAKE;
	return n < q->count ? n : q->count;
}

size_t queue_take(struct queue *q, struct queue_item ret_items[static QUEUE_TAKE])
{
	size_t n;

	(void)pthread_mutex_lock(&q->lock);
	while (!q->count && !q->closed)
		(void)pthread_cond_wait(&q->filled, &q->lock);
	n = share(q);
	for (size_t i = 0; i < n; i++) {
		ret_items[i] = q->ring[q->head];
		q->head = (q->head + 1) % QUEUE_ITEMS;
	}
	q->count -= n;
	if (q->count)
		(void)pthread_cond_signal(&q->filled);
	if (q->count <= QUEUE_ITEMS / 2)
		(void)pthread_cond_signal(&q->drained);
	(void)pthread_mutex_unlock(&q->lock);
	return n;
}

void queue_finish(struct queue *q, size_t n)
{
	(void)pthread_mutex_lock(&q->lock);
	q->finished += n;
	if (q->finished == q->pushed)
		(void)pthread_cond_broadcast(&q->drained);
	(void)pthread_mutex_unlock(&q->lock);
}

void queue_close(struct queue *q)
{
	(void)pthread_mutex_lock(&q->lock);
	q->closed = true;
	(void)pthread_cond_broadcast(&q->filled);
	(void)pthread_mutex_unlock(&q->lock);
}

bool queue_wait(struct queue *q, unsigned int wait_ms)
{
	struct timespec until = deadline(wait_ms);
	bool done;

	(void)pthread_mutex_lock(&q->lock);
	while (q->finished != q->pushed &&
	       pthread_cond_timedwait(&q->drained, &q->lock, &until) == 0)
		;
	done = q->finished == q->pushed;
	(void)pthread_mutex_unlock(&q->lock);
	return done;
}

void queue_counts(struct queue *q, size_t *ret_finished, size_t *ret_pushed)
{
	(void)pthread_mutex_lock(&q->lock);
	*ret_finished = q->finished;
	*ret_pushed = q->pushed;
	(void)pthread_mutex_unlock(&q->lock);
}
