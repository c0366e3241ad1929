/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded queue between the thread that finds files and the threads that do them. */
#ifndef ASSAY_SIG_QUEUE_H
#define ASSAY_SIG_QUEUE_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define QUEUE_ITEMS 512 /* most files that wait */
#define QUEUE_TAKE 8	/* most files that a worker takes at once */

/* An open directory, shared by the files of it that wait. */
struct queue_dir {
	atomic_size_t refs;
	atomic_size_t *open; /* how many there are */
	int fd;
	dev_t dev;
	char *path;
};

/* fd becomes the directory's; path is copied; it counts in *open.  NULL when memory is short (fd is
 * closed). */
struct queue_dir *queue_dir_new(int fd, dev_t dev, const char *path, atomic_size_t *open);
struct queue_dir *queue_dir_ref(struct queue_dir *dir);
void queue_dir_unref(struct queue_dir *dir); /* takes NULL */

/* A file: name in dir, or by itself when dir is NULL. */
struct queue_item {
	struct queue_dir *dir;
	char *path; /* without dir; owned */
	void *cookie;
	bool named; /* by the caller: not to be passed over for its kind */
	char name[NAME_MAX + 1];
};

void queue_item_done(struct queue_item *item);

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	pthread_cond_t drained;
	struct queue_item *ring;
	size_t head;
	size_t count;
	size_t takers; /* worker threads */
	size_t pushed;
	size_t finished;
	bool closed;
};

MUST_USE int queue_init(struct queue *q, size_t takers, struct err *err);
void queue_done(struct queue *q);

/* Waits for room, at most wait_ms (then returns false).  The item's references become the queue's.
 */
bool queue_push(struct queue *q, const struct queue_item *item, unsigned int wait_ms);

/* Fewer at a time when little is left, so that all threads end together; 0: closed and empty. */
size_t queue_take(struct queue *q, struct queue_item ret_items[static QUEUE_TAKE]);

void queue_finish(struct queue *q, size_t n); /* that many taken ones are done */
void queue_close(struct queue *q);	      /* nothing more will be pushed */

/* Waits until all is done, at most wait_ms; false: not yet. */
bool queue_wait(struct queue *q, unsigned int wait_ms);
void queue_counts(struct queue *q, size_t *ret_finished, size_t *ret_pushed);

#endif
