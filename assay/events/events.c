/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One list of records out of all carriers. */
#include "assay/events/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS_STEP 256
#define KMSG_RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX, include/linux/printk.h */
#define KMSG_FACILITY(prefix) ((prefix) >> 3)
#define AUDIT_LOG "/var/log/audit/audit.log"
#define KMSG "/dev/kmsg"

static int grow(struct event_list *list, struct err *err)
{
	size_t cap = list->cap ? list->cap * 2 : EVENTS_STEP;
	struct audit_record *record;

	if (list->n < list->cap)
		return 0;
	record = reallocarray(list->record, cap, sizeof(*record));
	if (!record)
		return err_set(err, "out of memory");
	list->record = record;
	list->cap = cap;
	return 0;
}

int events_add_stamped(struct event_list *list, const char *line, size_t len,
		       const struct event_stamp *stamp, struct err *err)
{
	struct audit_record record;

	if (audit_line_parse(line, len, &record, NULL) < 0) {
		list->damaged++;
		return 0;
	}
	if (record.type == AUDIT_TYPE_NONE || record.type == AUDIT_TYPE_POLICY_RULE) {
		audit_record_done(&record);
		return 0;
	}
	list->read++;
	if (list->n >= EVENTS_MAX) {
		list->dropped++;
		audit_record_done(&record);
		return 0;
	}
	if (grow(list, err) < 0) {
		audit_record_done(&record);
		return -1;
	}
	if (record.time_ms == 0) {
		record.time_ms = stamp->time_ms;
		record.serial = stamp->serial;
	}
	list->record[list->n++] = record;
	return 0;
}

int events_add_line(struct event_list *list, const char *line, size_t len, struct err *err)
{
	return events_add_stamped(list, line, len, &(struct event_stamp){ 0, 0 }, err);
}

/* "5,1234,567890,-;text": NULL unless the kernel itself wrote it (facility 0). */
static const char *kmsg_text(const char *line)
{
	unsigned long prefix;
	char *end;
	const char *text;

	errno = 0;
	prefix = strtoul(line, &end, 10);
	text = strchr(line, ';');
	if (errno || *end != ',' || !text || KMSG_FACILITY(prefix) != 0)
		return NULL;
	return text + 1;
}

static int read_kmsg(const char *path, struct event_list *list, bool *ret_found, struct err *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	AUTO_STR line = malloc(KMSG_RECORD_MAX + 1);

	if (!line)
		return err_set(err, "out of memory");
	if (fd < 0)
		return 0;
	for (;;) {
		ssize_t n = read(fd, line, KMSG_RECORD_MAX);
		const char *text;

		if (n < 0 && (errno == EINTR || errno == EPIPE)) /* EPIPE: overwritten meanwhile */
			continue;
		if (n <= 0)
			return 0;
		*ret_found = true;
		line[n] = '\0';
		text = kmsg_text(line);
		if (text && events_add_line(list, text, strcspn(text, "\n"), err) < 0)
			return -1;
	}
}

static int read_lines(const char *path, struct event_list *list, bool *ret_found, struct err *err)
{
	AUTO_FILE file = fopen(path, "re");
	AUTO_STR line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!file)
		return err_errno(err, "read: %s", path);
	*ret_found = true;
	while ((n = getline(&line, &cap, file)) > 0) {
		const char *text = kmsg_text(line);
		size_t len = (size_t)n;

		text = text ? text : line;
		len -= (size_t)(text - line);
		if (len <= AUDIT_LINE_MAX && events_add_line(list, text, len, err) < 0)
			return -1;
	}
	if (ferror(file))
		return err_errno(err, "read: %s", path);
	return 0;
}

static int collect_from_system(const struct event_query *query, struct event_list *list,
			       struct err *err)
{
	bool journal = false;
	bool log = false;
	bool kmsg = false;
	char path[HOST_PATH_MAX];

	if (!*query->host->root && events_read_journal(query, list, &journal, err) < 0)
		return -1;
	if (host_path(query->host, AUDIT_LOG, path, err) < 0)
		return -1;
	if (access(path, R_OK) == 0 && read_lines(path, list, &log, err) < 0)
		return -1;
	if (!journal && host_path(query->host, KMSG, path, err) < 0)
		return -1;
	if (!journal && read_kmsg(path, list, &kmsg, err) < 0)
		return -1;
	if (!journal && !log && !kmsg)
		return err_set(err,
			       "no kernel message can be read: neither the journal nor " AUDIT_LOG
			       " nor " KMSG "%s",
			       geteuid() ? " (not root)" : "");
	return 0;
}

int events_collect(const struct event_query *query, struct event_list *ret_list, struct err *err)
{
	struct event_list list = EVENT_LIST_INIT;
	bool found;
	int rc;

	rc = query->input ? read_lines(query->input, &list, &found, err)
			  : collect_from_system(query, &list, err);
	if (rc < 0) {
		events_done(&list);
		return -1;
	}
	events_settle(&list, query->since_ms);
	*ret_list = list;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct audit_record *x = a;
	const struct audit_record *y = b;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? -1 : 1;
	if (x->serial != y->serial)
		return x->serial < y->serial ? -1 : 1;
	return (int)x->type - (int)y->type;
}

void events_settle(struct event_list *list, uint64_t since_ms)
{
	size_t kept = 0;

	if (list->n)
		qsort(list->record, list->n, sizeof(*list->record), by_time);
	for (size_t i = 0; i < list->n; i++) {
		struct audit_record *r = &list->record[i];
		bool again = kept && r->serial && by_time(r, &list->record[kept - 1]) == 0;

		if (again || (r->time_ms && r->time_ms < since_ms))
			audit_record_done(r);
		else
			list->record[kept++] = *r;
	}
	list->n = kept;
}

void events_done(struct event_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		audit_record_done(&list->record[i]);
	free(list->record);
	*list = (struct event_list)EVENT_LIST_INIT;
}
