/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel reported: records from every carrier, made one list, grouped by file. */
#ifndef ASSAY_EVENTS_EVENTS_H
#define ASSAY_EVENTS_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/host/host.h"
#include "base/err.h"
#include "ima/audit.h"

#define EVENTS_MAX 1000000 /* records kept; what comes after is counted only */

/* The catalogue; the names are stable (event_id). */
enum event_kind {
	EVENT_EXEC_VIOLATION,	     /* denied */
	EVENT_EXEC_WARNING,	     /* log mode: would have been denied */
	EVENT_METADATA_VIOLATION,    /* EVM refused a change of metadata */
	EVENT_MEASUREMENT_VIOLATION, /* a file was written while it was measured */
	EVENT_POLICY,		     /* a policy was loaded or refused */
	EVENT_OBSERVED,		     /* log mode: a file that was used, not yet judged */
	EVENT_PROBE,		     /* Assay's own proof that enforcement took */
};

const char *event_id(enum event_kind kind);

/* The records of one list, in no order; each owns its memory. */
struct event_list {
	struct audit_record *record;
	size_t n;
	size_t cap;
	size_t read;	/* records seen, before any was left out for its time */
	size_t dropped; /* beyond EVENTS_MAX */
	size_t damaged; /* lines that began as a record and were none */
};

#define EVENT_LIST_INIT \
	{ \
		.n = 0 \
	}

/* What to read: since_ms 0 is everything, boot_only limits journal and kernel log to this boot. */
struct event_query {
	const struct host *host;
	uint64_t since_ms;
	bool boot_only;
	const char *input; /* one file of lines instead of the system's carriers, NULL: none */
};

/* Reads all carriers that are there; fails when none could be read. */
MUST_USE int events_collect(const struct event_query *query, struct event_list *ret_list,
			    struct err *err);

/* One line of any carrier; lines that are no integrity record are passed over. */
MUST_USE int events_add_line(struct event_list *list, const char *line, size_t len,
			     struct err *err);

/* What a carrier knows beside the text of a record that does not say it. */
struct event_stamp {
	uint64_t time_ms;
	uint64_t serial;
};
MUST_USE int events_add_stamped(struct event_list *list, const char *line, size_t len,
				const struct event_stamp *stamp, struct err *err);

/* The journal; *ret_found says whether it held any kernel message. */
MUST_USE int events_read_journal(const struct event_query *query, struct event_list *list,
				 bool *ret_found, struct err *err);

/* Sorts by time and removes what two carriers told twice. */
void events_settle(struct event_list *list, uint64_t since_ms);
void events_done(struct event_list *list);

/* All records of one file, kind and cause. */
struct event_group {
	enum event_kind kind;
	const struct audit_record *last; /* the newest */
	const char *name;
	const char *cause;
	uint64_t first_ms;
	uint64_t last_ms;
	size_t count;
	bool name_only;	 /* the kernel told the last part of the path and no more */
	char *package;	 /* NULL: not looked up or none */
	char *own_name;	 /* of a path that was found; name leads to it */
	char *own_cause; /* of a judged file; cause leads to it */
};

/* The groups in the order of their first record; the list must outlive them. */
MUST_USE int events_group(const struct event_list *list, struct event_group **ret_groups,
			  size_t *ret_n, struct err *err);
/* Finds the whole path where the kernel told only its last part, by inode number and name. */
MUST_USE int events_find_paths(const struct host *host, struct event_group *groups, size_t n,
			       struct err *err);
void event_groups_free(struct event_group *groups, size_t n);

/* The cause in words, and what mends it on the host of that root ("" when nothing does). */
const char *event_words(const struct event_group *group);
void event_remedy(const struct event_group *group, const char *root, char *ret_text, size_t max);

#endif
