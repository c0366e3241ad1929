/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records, paths and verdicts together. */
#include "assay/events/gather.h"

#include "assay/events/judge.h"

static bool has_observed(const struct events *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->groups[i].kind == EVENT_OBSERVED)
			return true;
	return false;
}

int events_gather(const struct event_query *query, const struct state *state,
		  const char *measurements, struct events *ret_events, struct err *err)
{
	const struct judge judge = { .host = query->host,
				     .config = &state->config,
				     .profile = state->config.settings.profile,
				     .progress = true };
	bool log_mode = measurements || (!query->input && state->force == FORCE_LOG);
	AUTO_BUF measured = BUF_INIT(0);
	struct events *e = ret_events;

	*e = (struct events){ .host = query->host, .list = EVENT_LIST_INIT };
	if (events_collect(query, &e->list, err) < 0)
		return -1;
	if (log_mode && (measured_load(query->host, measurements, &measured, err) < 0 ||
			 measured_add(&measured, &e->list, err) < 0))
		return -1;
	if (events_group(&e->list, &e->groups, &e->n, err) < 0 ||
	    events_find_paths(query->host, e->groups, e->n, err) < 0)
		return -1;
	return has_observed(e) ? events_judge(&judge, &measured, e->groups, e->n, err) : 0;
}

struct events_totals events_count(const struct events *events)
{
	struct events_totals t = { .denied = 0 };

	for (size_t i = 0; i < events->n; i++) {
		const struct event_group *g = &events->groups[i];

		t.denied += g->kind == EVENT_EXEC_VIOLATION ? g->count : 0;
		t.warned += g->kind == EVENT_EXEC_WARNING ? g->count : 0;
	}
	return t;
}

void events_free(struct events *events)
{
	event_groups_free(events->groups, events->n);
	events_done(&events->list);
	*events = (struct events){ .list = EVENT_LIST_INIT };
}
