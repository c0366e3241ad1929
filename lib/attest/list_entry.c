/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry: what it is, and who judges it.  What is not known is refused. */
#include <string.h>

#include "attest/list_judge.h"

enum kind { KIND_FILE, KIND_BUFFER, KIND_OLD, KIND_UNKNOWN };

/*
 * The name of the template is not in the digest: whoever sends the list may have put any other in
 * its place, so what an entry is taken for may not depend on it alone.  Formats that were made up
 * (ima_template_fmt=) are not taken, as their fields could be given each other's names.
 */
static enum kind kind_of(const struct mlist_entry *e)
{
	static const struct {
		const char *name;
		enum kind kind;
	} kinds[] = {
		{ "ima-sig", KIND_FILE },    { "ima-sigv2", KIND_FILE }, { "ima-ng", KIND_FILE },
		{ "ima-ngv2", KIND_FILE },   { "ima-buf", KIND_BUFFER }, { "evm-sig", KIND_FILE },
		{ "ima-modsig", KIND_FILE }, { "ima", KIND_OLD },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(e->template, kinds[i].name) == 0)
			return kinds[i].kind;
	return KIND_UNKNOWN;
}

static bool is_aggregate(const struct mlist_entry *e)
{
	return strcmp(e->name, LIST_AGGREGATE_NAME) == 0;
}

static bool is_expected(const struct list_expect *expect, const struct digest *digest)
{
	for (size_t i = 0; i < expect->n_aggregates; i++) {
		const struct digest *a = &expect->aggregates[i];

		if (a->algo == digest->algo && a->len == digest->len &&
		    memcmp(a->data, digest->data, a->len) == 0)
			return true;
	}
	return expect->n_aggregates == 0;
}

static void judge_first(struct list_run *run, const struct mlist_entry *e)
{
	struct digest digest;

	if (!is_aggregate(e) || e->sig || e->buffer || e->violation)
		list_reasons_add(run->reasons, VERDICT_AGGREGATE, 0,
				 "the first entry is not boot_aggregate");
	else if (mlist_entry_digest(e, &digest, NULL) < 0)
		list_reasons_add(run->reasons, VERDICT_AGGREGATE, 0,
				 "boot_aggregate: hash algorithm %s is not known", e->algo);
	else if (!is_expected(run->expect, &digest))
		list_reasons_add(run->reasons, VERDICT_AGGREGATE, 0,
				 "boot_aggregate is not that of the quoted PCRs 0 to 9");
	else
		atomic_store(&run->aggregate, true);
}

static void judge_violation(struct list_run *run, const struct mlist_entry *e, uint64_t index)
{
	atomic_fetch_add(&run->violations, 1);
	if (!run->judge->violations_allowed)
		list_reasons_add(run->reasons, VERDICT_VIOLATION, index,
				 "%.300s: written while it was measured", e->name);
}

static void judge_kind(struct list_run *run, const struct mlist_entry *e, uint64_t index)
{
	switch (kind_of(e)) {
	case KIND_FILE:
		list_file_judge(run, e, index);
		return;
	case KIND_BUFFER:
		list_buffer_judge(run, e, index);
		return;
	case KIND_OLD:
		list_reasons_add(run->reasons, VERDICT_UNSIGNED, index,
				 "a file in the template 'ima', which has no signatures");
		return;
	case KIND_UNKNOWN:
		break;
	}
	list_reasons_add(run->reasons, VERDICT_LIST, index, "template '%s' is not known",
			 e->template);
}

void list_entry_judge(struct list_run *run, const struct mlist_frame *frame, uint64_t index)
{
	struct mlist_entry e;

	if (mlist_frame_decode(frame, &e, NULL) < 0)
		list_reasons_add(run->reasons, VERDICT_LIST, index,
				 "template '%.*s' is not known, or its data is damaged",
				 (int)frame->name_len, frame->name);
	else if (index == 0)
		judge_first(run, &e);
	else if (is_aggregate(&e))
		list_reasons_add(run->reasons, VERDICT_AGGREGATE, index, "a second boot_aggregate");
	else if (e.violation)
		judge_violation(run, &e, index);
	else
		judge_kind(run, &e, index);
}
