/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records grouped by file and cause, and what they mean in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/events/events.h"
#include "assay/verdict/remedy.h"

static const char *const ids[] = {
	[EVENT_EXEC_VIOLATION] = "assay.exec.violation",
	[EVENT_EXEC_WARNING] = "assay.exec.warning",
	[EVENT_METADATA_VIOLATION] = "assay.metadata.violation",
	[EVENT_MEASUREMENT_VIOLATION] = "assay.measurement.violation",
	[EVENT_POLICY] = "assay.policy.changed",
	[EVENT_OBSERVED] = "assay.exec.observed",
	[EVENT_PROBE] = "assay.enforcement.proven",
};

/* Causes of ima_appraise.c, ima_api.c, ima_main.c and evm_main.c, Linux 6.1 and 6.12. */
static const struct {
	const char *cause;
	const char *words;
} causes[] = {
	{ "IMA-signature-required", "it carries no signature" },
	{ "verity-signature-required", "it carries no signature over an fs-verity digest" },
	{ "no-verity-digest", "it is not an fs-verity file" },
	{ "missing-hash", "it carries neither signature nor hash" },
	{ "invalid-signature", "its signature does not fit its content, or its key is not in the "
			       "keyring" },
	{ "invalid-verity-digest", "its signature does not fit its fs-verity digest" },
	{ "invalid-hash", "its content does not fit the hash it carries" },
	{ "unverifiable-signature", "its file system can't be relied on to report changes" },
	{ "missing-HMAC", "it carries no EVM signature over its metadata" },
	{ "invalid-HMAC",
	  "owner, mode, capabilities or attributes were changed after it was signed" },
	{ "invalid-fail-immutable", "owner, mode, capabilities or attributes do not fit its EVM "
				    "signature" },
	{ "blacklisted-hash", "its digest is on the kernel's list of what may not run" },
	{ "denylisted-hash", "its digest is on the kernel's list of what may not run" },
	{ "unknown-ima-data", "its security.ima is of a kind that the kernel does not know" },
	{ "failed-mprotect", "it was mapped without being appraised, then made executable" },
	{ "failed(directio)", "it was opened for direct I/O and could not be read" },
	{ "failed", "its content could not be read" },
	{ "ToMToU", "it was opened for writing while it was in use" },
	{ "open_writers", "it was open for writing when it was used" },
};

const char *event_id(enum event_kind kind)
{
	return ids[kind];
}

const char *event_words(const struct event_group *group)
{
	if (group->kind == EVENT_OBSERVED)
		return "was used";
	if (group->kind == EVENT_PROBE)
		return "refused as it should be: the proof that enforcement took";
	for (size_t i = 0; i < ARRAY_LEN(causes); i++)
		if (strcmp(causes[i].cause, group->cause) == 0)
			return causes[i].words;
	return *group->cause ? group->cause : "the kernel gave no cause";
}

void event_remedy(const struct event_group *group, const char *root, char *ret_text, size_t max)
{
	*ret_text = '\0';
	if (group->kind == EVENT_PROBE || group->kind == EVENT_POLICY ||
	    group->kind == EVENT_MEASUREMENT_VIOLATION || group->kind == EVENT_OBSERVED ||
	    group->kind == EVENT_METADATA_VIOLATION)
		return;
	if (group->name_only)
		(void)snprintf(ret_text, max,
			       "the kernel told only this part of the name; find the "
			       "file, then 'assay explain' says more");
	else
		remedy_text(&(struct remedy_of){ .name = group->name,
						 .root = root,
						 .package = group->package,
						 .cause = group->cause },
			    ret_text, max);
}

static bool is_probe(const struct audit_record *r)
{
	return (r->pid == 1 || strcmp(r->comm, "assay") == 0) && strstr(r->name, "assay-probe");
}

/* What was measured before: the kernel notes that it does not add it again (-EEXIST). */
static bool is_repeated(const struct audit_record *r)
{
	return strcmp(r->cause, "store_entry") == 0 || strcmp(r->cause, "hash_exists") == 0;
}

static bool kind_of(const struct audit_record *r, enum event_kind *ret_kind)
{
	switch (r->type) {
	case AUDIT_TYPE_DATA:
	case AUDIT_TYPE_USERSPACE:
		*ret_kind = is_probe(r) ? EVENT_PROBE : EVENT_EXEC_VIOLATION;
		return !r->success;
	case AUDIT_TYPE_METADATA:
		*ret_kind = EVENT_METADATA_VIOLATION;
		return !r->success;
	case AUDIT_TYPE_PCR:
		*ret_kind = EVENT_MEASUREMENT_VIOLATION;
		return !is_repeated(r);
	case AUDIT_TYPE_STATUS:
		*ret_kind = EVENT_POLICY;
		return true;
	case AUDIT_TYPE_RULE:
		*ret_kind = EVENT_OBSERVED;
		return true;
	case AUDIT_TYPE_NONE:
	case AUDIT_TYPE_HASH:
	case AUDIT_TYPE_EVM_XATTR:
	case AUDIT_TYPE_POLICY_RULE:
		return false;
	}
	return false;
}

static int by_file(const void *a, const void *b)
{
	const struct event_group *x = a;
	const struct event_group *y = b;
	int rc = (int)x->kind - (int)y->kind;

	rc = rc ? rc : strcmp(x->name, y->name);
	rc = rc ? rc : strcmp(x->last->dev, y->last->dev);
	return rc ? rc : strcmp(x->cause, y->cause);
}

static int by_first(const void *a, const void *b)
{
	const struct event_group *x = a;
	const struct event_group *y = b;

	if (x->first_ms != y->first_ms)
		return x->first_ms < y->first_ms ? -1 : 1;
	return by_file(a, b);
}

static size_t merge(struct event_group *groups, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct event_group *into = kept ? &groups[kept - 1] : NULL;

		if (!into || by_file(into, &groups[i]) != 0) {
			groups[kept++] = groups[i];
			continue;
		}
		into->count++;
		if (groups[i].last_ms >= into->last_ms) {
			into->last = groups[i].last;
			into->last_ms = groups[i].last_ms;
		}
		if (groups[i].first_ms && groups[i].first_ms < into->first_ms)
			into->first_ms = groups[i].first_ms;
	}
	return kept;
}

/* A name without a slash, but not that of a file in memory, which has no path. */
static bool is_part(const char *name)
{
	return *name && !strchr(name, '/') && strncmp(name, "memfd:", 6) != 0;
}

int events_group(const struct event_list *list, struct event_group **ret_groups, size_t *ret_n,
		 struct err *err)
{
	struct event_group *groups = calloc(list->n + 1, sizeof(*groups));
	size_t n = 0;

	if (!groups)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < list->n; i++) {
		const struct audit_record *r = &list->record[i];
		enum event_kind kind;

		if (!kind_of(r, &kind))
			continue;
		groups[n++] = (struct event_group){ .kind = kind,
						    .last = r,
						    .name = r->name,
						    .cause = r->cause,
						    .first_ms = r->time_ms,
						    .last_ms = r->time_ms,
						    .count = 1,
						    .name_only = is_part(r->name) };
	}
	qsort(groups, n, sizeof(*groups), by_file);
	n = merge(groups, n);
	qsort(groups, n, sizeof(*groups), by_first);
	*ret_groups = groups;
	*ret_n = n;
	return 0;
}

void event_groups_free(struct event_group *groups, size_t n)
{
	for (size_t i = 0; groups && i < n; i++) {
		free(groups[i].own_name);
		free(groups[i].own_cause);
		free(groups[i].package);
	}
	free(groups);
}
