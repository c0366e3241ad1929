/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of requests. */
#include "attest/verifier/queue.h"

void queue_init(struct queue *q)
{
	*q = (struct queue){ .first = NULL };
	q->last = &q->first;
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_cond_init(&q->work, NULL);
}

void queue_push(struct queue *q, struct request *r)
{
	r->next = NULL;
	(void)pthread_mutex_lock(&q->lock);
	*q->last = r;
	q->last = &r->next;
	(void)pthread_cond_signal(&q->work);
	(void)pthread_mutex_unlock(&q->lock);
}

struct request *queue_pop(struct queue *q)
{
	struct request *r;

	(void)pthread_mutex_lock(&q->lock);
	while (!q->first && !q->stop)
		(void)pthread_cond_wait(&q->work, &q->lock);
	r = q->first;
	if (r)
		q->first = r->next;
	if (!q->first)
		q->last = &q->first;
	(void)pthread_mutex_unlock(&q->lock);
	return r;
}

void queue_stop(struct queue *q)
{
	(void)pthread_mutex_lock(&q->lock);
	q->stop = true;
	(void)pthread_cond_broadcast(&q->work);
	(void)pthread_mutex_unlock(&q->lock);
}

void queue_done(struct queue *q)
{
	(void)pthread_cond_destroy(&q->work);
	(void)pthread_mutex_destroy(&q->lock);
}
