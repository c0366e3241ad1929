/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of (device, inode) pairs: open addressing, doubled when half full. */
#include "sig/seen.h"

#include <pthread.h>
#include <stdlib.h>

#define SEEN_FIRST 1024 /* slots */

struct slot {
	uint64_t dev;
	uint64_t ino;
	bool used;
};

struct seen {
	pthread_mutex_t lock;
	struct slot *slots;
	size_t size;
	size_t used;
};

int seen_new(struct seen **ret_seen, struct err *err)
{
	struct seen *s = calloc(1, sizeof(*s));

	if (s)
		s->slots = calloc(SEEN_FIRST, sizeof(*s->slots));
	if (!s || !s->slots) {
		free(s);
		return err_set(err, "out of memory");
	}
	s->size = SEEN_FIRST;
	(void)pthread_mutex_init(&s->lock, NULL);
	*ret_seen = s;
	return 0;
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	(void)pthread_mutex_destroy(&seen->lock);
	free(seen->slots);
	free(seen);
}

static struct slot *find(struct slot *slots, size_t size, uint64_t dev, uint64_t ino)
{
	uint64_t h = (ino ^ dev << 32 ^ dev >> 32) * 0x9e3779b97f4a7c15U;
	size_t i = (size_t)(h >> 20) & (size - 1);

	while (slots[i].used && (slots[i].dev != dev || slots[i].ino != ino))
		i = (i + 1) & (size - 1);
	return &slots[i];
}

/* Without memory it stays as it is, and a full set remembers no more. */
static bool grow(struct seen *s)
{
	struct slot *bigger;

	if (s->used < s->size / 2)
		return true;
	if (s->used >= SEEN_MAX)
		return false;
	bigger = calloc(s->size * 2, sizeof(*bigger));
	if (!bigger)
		return false;
	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i].used)
			*find(bigger, s->size * 2, s->slots[i].dev, s->slots[i].ino) = s->slots[i];
	free(s->slots);
	s->slots = bigger;
	s->size *= 2;
	return true;
}

bool seen_before(struct seen *seen, uint64_t dev, uint64_t ino)
{
	struct slot *slot;
	bool before;

	(void)pthread_mutex_lock(&seen->lock);
	slot = find(seen->slots, seen->size, dev, ino);
	before = slot->used;
	if (!before && grow(seen)) {
		slot = find(seen->slots, seen->size, dev, ino);
		*slot = (struct slot){ .dev = dev, .ino = ino, .used = true };
		seen->used++;
	}
	(void)pthread_mutex_unlock(&seen->lock);
	return before;
}
