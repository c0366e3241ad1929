/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot log as a list. */
#include "lock/events.h"

#include <stdlib.h>
#include <string.h>

#define PCRS_REPLAYED 16
#define FIRST_CAP 128

void lock_events_done(struct lock_events *events)
{
	free(events->at);
	free(events->cmdline);
	events->cmdline = NULL;
	events->at = NULL;
	events->n = 0;
	events->cap = 0;
}

static int make_room(struct lock_events *events, struct err *err)
{
	size_t cap = events->cap ? 2 * events->cap : FIRST_CAP;
	struct lock_event *more;

	if (events->n < events->cap)
		return 0;
	if (events->n >= BOOT_LOG_EVENTS_MAX)
		return err_set(err, "more than %d events", BOOT_LOG_EVENTS_MAX);
	more = reallocarray(events->at, cap, sizeof(*more));
	if (!more)
		return err_set(err, "out of memory");
	events->at = more;
	events->cap = cap;
	return 0;
}

int lock_events_load(struct lock_events *events, const void *data, size_t len, enum hash_algo bank,
		     struct err *err)
{
	struct boot_event event;
	struct boot_log log;
	bool end = false;

	events->bank = bank;
	if (boot_log_open(data, len, bank, &log, err) < 0)
		return -1;
	for (;;) {
		struct lock_event *e;

		if (boot_log_next(&log, &event, &end, err) < 0)
			return -1;
		if (end)
			break;
		if (event.pcr >= PCRS_REPLAYED)
			continue;
		if (make_room(events, err) < 0)
			return -1;
		e = &events->at[events->n];
		*e = (struct lock_event){ .pcr = event.pcr, .digest = event.digest };
		if (boot_event_read(&event, &e->reading, err) < 0)
			return -1;
		events->n++;
	}
	events->locality = log.locality;
	return 0;
}

int lock_events_set_cmdline(struct lock_events *events, const char *text, size_t len,
			    struct err *err)
{
	char *copy = strndup(text, len);

	if (!copy)
		return err_set(err, "out of memory");
	free(events->cmdline);
	events->cmdline = copy;
	return 0;
}

static bool same_digest(const struct digest *a, const struct digest *b)
{
	return a->algo == b->algo && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

size_t lock_events_replace(struct lock_events *events, uint32_t pcr, const struct digest *was,
			   const struct digest *now)
{
	size_t n = 0;

	for (size_t i = 0; i < events->n; i++) {
		struct lock_event *e = &events->at[i];

		if (e->pcr != pcr || e->changed || !same_digest(&e->digest, was))
			continue;
		e->digest = *now;
		e->changed = true;
		n++;
	}
	return n;
}

int lock_events_insert(struct lock_events *events, size_t at, uint32_t pcr,
		       const struct digest *digest, struct err *err)
{
	if (make_room(events, err) < 0)
		return -1;
	memmove(&events->at[at + 1], &events->at[at], (events->n - at) * sizeof(*events->at));
	events->n++;
	events->at[at] = (struct lock_event){
		.pcr = pcr,
		.digest = *digest,
		.reading = { .kind = BOOT_KIND_OPAQUE },
		.changed = true,
	};
	return 0;
}

void lock_events_remove(struct lock_events *events, size_t at)
{
	events->n--;
	memmove(&events->at[at], &events->at[at + 1], (events->n - at) * sizeof(*events->at));
}

size_t lock_events_find(const struct lock_events *events, uint32_t pcr, enum boot_kind kind,
			size_t from)
{
	size_t i = from;

	while (i < events->n && (events->at[i].pcr != pcr || events->at[i].reading.kind != kind))
		i++;
	return i < events->n ? i : events->n;
}

static void cleanup_hash(struct hash_ctx **ctx)
{
	hash_free(*ctx);
}

int lock_events_replay(const struct lock_events *events, uint32_t mask, struct pcr_set *ret_pcrs,
		       struct err *err)
{
	CLEANUP(cleanup_hash) struct hash_ctx *ctx = NULL;
	struct pcr_set pcrs = { .bank = events->bank, .mask = mask };

	if (hash_new(&ctx, err) < 0)
		return -1;
	pcrs.value[0][hash_algo_size(events->bank) - 1] = events->locality;
	for (size_t i = 0; i < events->n; i++) {
		const struct lock_event *e = &events->at[i];

		if (boot_log_extend(ctx, &e->digest, pcrs.value[e->pcr], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < QUOTE_PCRS; i++)
		if (!(mask & (1U << i)))
			memset(pcrs.value[i], 0, sizeof(pcrs.value[i]));
	*ret_pcrs = pcrs;
	return 0;
}
