/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log mode: files that were used, told by audit records and the measurement list, and judged. */
#ifndef ASSAY_EVENTS_JUDGE_H
#define ASSAY_EVENTS_JUDGE_H

#include "assay/events/events.h"
#include "assay/verdict/judge.h"
#include "base/buf.h"

/* Reads the measurement list of the host, or the file at path; without one the buffer is empty. */
MUST_USE int measured_load(const struct host *host, const char *path, struct buf *out,
			   struct err *err);

/* Adds the files of the list that no audit record told of (records can be lost, the list can't). */
MUST_USE int measured_add(const struct buf *measured, struct event_list *list, struct err *err);

/*
 * Turns EVENT_OBSERVED into EVENT_EXEC_WARNING for each file that would be denied: as it is now, so
 * that what was mended since is not told again; of files that are gone by what the list says.
 */
MUST_USE int events_judge(const struct judge *judge, const struct buf *measured,
			  struct event_group *groups, size_t n, struct err *err);

#endif
