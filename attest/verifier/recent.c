/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One place for each of the values that a part of a host's id can have. */
#include "attest/verifier/recent.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct recent {
	pthread_mutex_t lock;
	struct host *at[RECENT_MAX];
};

int recent_new(struct recent **ret_recent, struct err *err)
{
	struct recent *recent = calloc(1, sizeof(*recent));

	if (!recent)
		return err_set(err, "out of memory");
	(void)pthread_mutex_init(&recent->lock, NULL);
	*ret_recent = recent;
	return 0;
}

void recent_free(struct recent *recent)
{
	if (!recent)
		return;
	for (size_t i = 0; i < RECENT_MAX; i++)
		host_free(recent->at[i]);
	(void)pthread_mutex_destroy(&recent->lock);
	free(recent);
}

/* Ids are digests: any two bytes are as good as others. */
static struct host **place_of(struct recent *recent, const uint8_t *id)
{
	return &recent->at[((size_t)id[0] << 8 | id[1]) % RECENT_MAX];
}

void recent_put(struct recent *recent, struct host *host)
{
	struct host **place = place_of(recent, host->id);
	struct host *before;

	if (host->reasons.len > 0) {
		host_free(host);
		return;
	}
	(void)pthread_mutex_lock(&recent->lock);
	before = *place;
	*place = host;
	(void)pthread_mutex_unlock(&recent->lock);
	host_free(before);
}

struct host *recent_take(struct recent *recent, const uint8_t id[static EVIDENCE_HOST_SIZE])
{
	struct host **place = place_of(recent, id);
	struct host *host = NULL;

	(void)pthread_mutex_lock(&recent->lock);
	if (*place && memcmp((*place)->id, id, EVIDENCE_HOST_SIZE) == 0) {
		host = *place;
		*place = NULL;
	}
	(void)pthread_mutex_unlock(&recent->lock);
	return host;
}
