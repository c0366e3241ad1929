/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Integrity records from the systemd journal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#include "assay/events/events.h"

#define US_PER_MS 1000U
#define FIELD_MAX 64 /* bytes of a short field's value */

static void cleanup_journal(sd_journal **j)
{
	if (*j)
		sd_journal_close(*j);
}

static int add_matches(sd_journal *j, bool boot_only)
{
	char match[32];
	char id[SD_ID128_STRING_MAX];
	char boot[sizeof("_BOOT_ID=") + SD_ID128_STRING_MAX];
	sd_id128_t boot_id;
	int rc = 0;

	for (unsigned int type = AUDIT_TYPE_DATA; type <= AUDIT_TYPE_USERSPACE && rc >= 0; type++) {
		if (type == AUDIT_TYPE_POLICY_RULE)
			continue;
		(void)snprintf(match, sizeof(match), "_AUDIT_TYPE=%u", type);
		rc = sd_journal_add_match(j, match, 0);
	}
	if (rc >= 0)
		rc = sd_journal_add_match(j, "_TRANSPORT=audit", 0);
	if (rc >= 0)
		rc = sd_journal_add_disjunction(j);
	/* A process can write to the kernel's log too, but not as facility 0. */
	if (rc >= 0)
		rc = sd_journal_add_match(j, "_TRANSPORT=kernel", 0);
	if (rc >= 0)
		rc = sd_journal_add_match(j, "SYSLOG_FACILITY=0", 0);
	if (rc < 0 || !boot_only)
		return rc;
	rc = sd_id128_get_boot(&boot_id);
	if (rc < 0)
		return rc;
	(void)snprintf(boot, sizeof(boot), "_BOOT_ID=%s", sd_id128_to_string(boot_id, id));
	rc = sd_journal_add_conjunction(j);
	return rc < 0 ? rc : sd_journal_add_match(j, boot, 0);
}

/* The value of a short field as a number, 0 without it. */
static uint64_t field_number(sd_journal *j, const char *field)
{
	char text[FIELD_MAX];
	const char *data;
	size_t skip = strlen(field) + 1;
	size_t len;
	const void *raw;

	if (sd_journal_get_data(j, field, &raw, &len) < 0 || len <= skip ||
	    len - skip >= sizeof(text))
		return 0;
	data = raw;
	memcpy(text, data + skip, len - skip);
	text[len - skip] = '\0';
	return strtoull(text, NULL, 10);
}

static int add_entry(sd_journal *j, struct event_list *list, struct err *err)
{
	const struct event_stamp stamp = {
		.time_ms = field_number(j, "_SOURCE_REALTIME_TIMESTAMP") / US_PER_MS,
		.serial = field_number(j, "_AUDIT_ID"),
	};
	const char *data;
	const void *raw;
	size_t len;
	size_t skip = strlen("MESSAGE=");

	if (sd_journal_get_data(j, "MESSAGE", &raw, &len) < 0 || len <= skip ||
	    len - skip > AUDIT_LINE_MAX)
		return 0;
	data = raw;
	return events_add_stamped(list, data + skip, len - skip, &stamp, err);
}

int events_read_journal(const struct event_query *query, struct event_list *list, bool *ret_found,
			struct err *err)
{
	CLEANUP(cleanup_journal) sd_journal *j = NULL;
	int rc = sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);

	*ret_found = false;
	if (rc >= 0)
		rc = add_matches(j, query->boot_only);
	if (rc >= 0 && query->since_ms)
		rc = sd_journal_seek_realtime_usec(j, query->since_ms * US_PER_MS);
	else if (rc >= 0)
		rc = sd_journal_seek_head(j);
	(void)sd_journal_set_data_threshold(j, AUDIT_LINE_MAX + FIELD_MAX);
	while (rc >= 0 && (rc = sd_journal_next(j)) > 0) {
		*ret_found = true;
		if (add_entry(j, list, err) < 0)
			return -1;
	}
	if (rc < 0 && *ret_found) {
		errno = -rc;
		return err_errno(err, "read: the journal");
	}
	return 0;
}
