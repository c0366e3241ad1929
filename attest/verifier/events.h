/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of state, told: an entry in the journal, and a POST to the webhook. */
#ifndef ASSAY_ATTEST_VERIFIER_EVENTS_H
#define ASSAY_ATTEST_VERIFIER_EVENTS_H

#include <stdint.h>

#include "attest/verdict.h"
#include "attest/verifier/settings.h"

#define EVENTS_QUEUE_MAX 4096 /* that wait for the webhook; more are dropped and counted */
#define EVENTS_TRIES 5

struct events;

struct event {
	const uint8_t *host; /* EVIDENCE_HOST_SIZE bytes */
	const char *name;
	const char *was;
	const char *is;
	const char *why;
	int64_t at_us;
};

MUST_USE int events_new(const struct vset *set, struct events **ret_events, struct err *err);
/* What waits is tried once more. */
void events_free(struct events *events);
/* After the change was committed. */
void events_tell(struct events *events, const struct event *event);

struct events_figures {
	uint64_t sent, failed, dropped;
};
void events_figures(struct events *events, struct events_figures *ret);

/* An entry in the journal, and on stderr where nobody reads it from there. */
void events_note(int priority, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
