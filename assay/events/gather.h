/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was denied or would have been, gathered once for all commands that tell of it. */
#ifndef ASSAY_EVENTS_GATHER_H
#define ASSAY_EVENTS_GATHER_H

#include "assay/events/events.h"
#include "assay/host/state.h"

struct events {
	const struct host *host; /* the query's */
	struct event_list list;
	struct event_group *groups;
	size_t n;
};

struct events_totals {
	size_t denied; /* records */
	size_t warned;
};

/*
 * Reads the records that the query asks for, finds the paths, and in log mode judges what was used:
 * by the measurement list of the kernel, or of the file measurements (NULL: none), which means log
 * mode.  The caller frees it by events_free, also when it failed.
 */
MUST_USE int events_gather(const struct event_query *query, const struct state *state,
			   const char *measurements, struct events *ret_events, struct err *err);
void events_free(struct events *events);

struct events_totals events_count(const struct events *events);

#endif
