/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measurement lists that somebody had a hand in. */
#include "unit/list_world.h"

#define FILES 4

/* A world that was quoted with boot_aggregate and FILES signed files; ends[i] is where entry i
 * ends. */
static struct world *quoted(size_t ends[static FILES + 1])
{
	AUTO_WORLD w = world_new();
	char name[32];

	if (!w)
		return NULL;
	ends[0] = w->list.len;
	for (int i = 0; i < FILES; i++) {
		(void)snprintf(name, sizeof(name), "/usr/bin/%d", i);
		if (world_add(w, (struct told){ .name = name }) < 0)
			return NULL;
		ends[i + 1] = w->list.len;
	}
	if (world_quote(w, HASH_SHA256, w->list.len) < 0)
		return NULL;
	return take_ptr(&w);
}

/* Refused as a whole, and the state is as it was. */
#define CHECK_MISMATCH(w, at, part) \
	do { \
		CHECK_REASON(w, VERDICT_LIST, at, part); \
		CHECK(!(w)->input.result.replayed && (w)->input.result.entries == 0); \
		CHECK((w)->input.state.entries == 0 && (w)->input.state.offset == 0); \
		CHECK(!(w)->input.state.failed); \
	} while (0)

static void truncated_lists_are_refused(void)
{
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);

	CHECK(w);
	for (size_t len = 0; len < w->list.len; len++) {
		CHECK_OK(world_round(w, len), &w->err);
		CHECK(w->verdict.n > 0 && !w->input.result.replayed);
		CHECK(w->input.state.entries == 0);
	}
	CHECK_OK(world_round(w, ends[2]), &w->err);
	CHECK_MISMATCH(w, VERDICT_NO_ENTRY, "does not replay");
	CHECK_OK(world_round(w, ends[2] + 30), &w->err);
	CHECK_MISMATCH(w, 3, "a damaged entry");
}

static void what_came_after_the_quote_waits(void)
{
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);

	CHECK(w);
	CHECK_OK(world_add(w, (struct told){ .name = "/x", .unsigned_ = true }), &w->err);
	CHECK_OK(buf_put(&w->list, "garbage", 7, &w->err), &w->err);
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_CLEAN(w);
	CHECK(w->input.result.bytes == ends[FILES] && w->input.state.entries == FILES + 1);
	/* Nothing new was quoted: no entry is taken, and that is well. */
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_CLEAN(w);
	CHECK(w->input.result.replayed && w->input.result.entries == 0);
	/* Now it is. */
	w->list.len -= 7;
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_UNSIGNED, FILES + 1, "/x: no signature");
	CHECK(w->input.result.entries == 1 && w->input.state.entries == FILES + 2);
}

static void rounds_go_on_where_they_were(void)
{
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);

	CHECK(w);
	for (size_t i = 0; i <= FILES; i++) {
		CHECK_OK(world_quote(w, HASH_SHA256, ends[i]), &w->err);
		CHECK_OK(world_round(w, w->list.len), &w->err);
		CHECK(w->input.result.entries == 1 && w->input.state.offset == ends[i]);
		CHECK(i == 0 || w->verdict.n == 0);
	}
}

/* The quote of an earlier time: whoever sends it has a list that is shorter than what is known. */
static void older_quotes_are_refused(void)
{
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);
	struct list_state known;

	CHECK(w);
	CHECK_OK(world_round(w, w->list.len), &w->err);
	known = w->input.state;
	for (size_t i = 0; i < FILES; i++) {
		CHECK_OK(world_quote(w, HASH_SHA256, ends[i]), &w->err);
		CHECK_OK(world_round(w, w->list.len), &w->err);
		CHECK_REASON(w, VERDICT_LIST, VERDICT_NO_ENTRY, "does not replay");
		CHECK(w->input.state.entries == known.entries);
		CHECK_MEM(w->input.state.sha256, known.sha256, 32);
	}
}

static void another_bank_does_not_go_on(void)
{
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);

	CHECK(w);
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_OK(world_quote(w, HASH_SHA1, w->list.len), &w->err);
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_REASON(w, VERDICT_LIST, VERDICT_NO_ENTRY, "another bank");
	w->input.state = (struct list_state){ .offset = 0 };
	w->expect.pcr.algo = HASH_SHA256;
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_REASON(w, VERDICT_LIST, VERDICT_NO_ENTRY, "no digest of its bank");
}

static void no_byte_can_be_changed(void)
{
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);
	size_t unseen = 0;

	CHECK(w);
	for (size_t i = 0; i < w->list.len; i++) {
		w->list.data[i] ^= 0x20;
		w->input.state = (struct list_state){ .offset = 0 };
		CHECK_OK(world_round(w, w->list.len), &w->err);
		unseen += w->verdict.n == 0;
		w->list.data[i] ^= 0x20;
	}
	/* The digests of the list itself, which nobody reads: 20 bytes an entry. */
	CHECK(unseen == 20 * (FILES + 1));
}

static void reordered_entries_are_refused(void)
{
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);
	AUTO_BUF other = BUF_INIT(LIST_TEXT_MAX);

	CHECK(w);
	CHECK_OK(buf_put(&other, w->list.data, ends[0], &w->err), &w->err);
	CHECK_OK(buf_put(&other, w->list.data + ends[1], ends[2] - ends[1], &w->err), &w->err);
	CHECK_OK(buf_put(&other, w->list.data + ends[0], ends[1] - ends[0], &w->err), &w->err);
	CHECK_OK(buf_put(&other, w->list.data + ends[2], w->list.len - ends[2], &w->err), &w->err);
	CHECK(other.len == w->list.len);
	memcpy(w->list.data, other.data, other.len);
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_MISMATCH(w, VERDICT_NO_ENTRY, "does not replay");
}

static void entries_left_out_are_missed(void)
{
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);

	CHECK(w);
	memmove(w->list.data + ends[1], w->list.data + ends[2], w->list.len - ends[2]);
	CHECK_OK(world_round(w, w->list.len - (ends[2] - ends[1])), &w->err);
	CHECK_MISMATCH(w, VERDICT_NO_ENTRY, "does not replay");
}

static void doubled_entries_are_refused(void)
{
	AUTO_BUF other = BUF_INIT(LIST_TEXT_MAX);
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);

	CHECK(w);
	CHECK_OK(buf_put(&other, w->list.data, ends[2], &w->err), &w->err);
	CHECK_OK(buf_put(&other, w->list.data + ends[1], w->list.len - ends[1], &w->err), &w->err);
	buf_reset(&w->list);
	CHECK_OK(buf_put(&w->list, other.data, other.len, &w->err), &w->err);
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_MISMATCH(w, VERDICT_NO_ENTRY, "does not replay");
}

/* Root extends PCR 10 himself, once for each lie: the list then replays. */
static void a_violation_that_is_claimed_is_one(void)
{
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);

	CHECK(w);
	memset(w->list.data + ends[1] + 4, 0, MLIST_TEMPLATE_DIGEST);
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_MISMATCH(w, VERDICT_NO_ENTRY, "does not replay");
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_VIOLATION, 2, "/usr/bin/1: written");
}

static void entries_of_other_pcrs_are_refused(void)
{
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);

	CHECK(w);
	w->list.data[ends[1]] = 11;
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_MISMATCH(w, 2, "another PCR than 10");
	w->list.data[ends[1]] = 0;
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_MISMATCH(w, 2, "another PCR than 10");
}

static void lengths_that_lie_are_refused(void)
{
	static const uint32_t lies[] = { 0, 1, 64, 65, 0x7fffffff, 0x80000000, 0xffffffff };
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);

	CHECK(w);
	/* Of the template's name, of the template data, of its first field. */
	for (size_t at = 24; at < 50; at++)
		for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
			uint8_t *field = w->list.data + ends[0] + at;
			uint8_t was[4];

			memcpy(was, field, 4);
			for (size_t k = 0; k < 4; k++)
				field[k] = (uint8_t)(lies[i] >> 8 * k);
			w->input.state = (struct list_state){ .offset = 0 };
			CHECK_OK(world_round(w, w->list.len), &w->err);
			CHECK(w->verdict.n > 0);
			memcpy(field, was, 4);
		}
	w->input.state = (struct list_state){ .offset = 0 };
	CHECK_OK(world_round(w, w->list.len), &w->err);
	CHECK_CLEAN(w);
}

/* Template data whose inner lengths lie is refused even when root has extended its digest. */
static void damaged_template_data_is_refused(void)
{
	static const uint8_t field[] = { 200, 0, 0, 0, 's', 'h', 'a', '1', ':', 0, 1 };
	AUTO_BUF data = BUF_INIT(64);
	size_t ends[FILES + 1];
	AUTO_WORLD w = quoted(ends);

	CHECK(w);
	CHECK_OK(buf_put(&data, field, sizeof(field), &w->err), &w->err);
	CHECK_OK(make_entry(&w->list, "ima-sig", &data, false, &w->err), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_LIST, FILES + 1, "its data is damaged");
	CHECK(w->input.state.entries == FILES + 2 && w->input.state.failed);
}

static void templates_that_are_not_known_are_refused(void)
{
	static const char *const names[] = {
		"", "ima-sig ", "ima-SIG", "d-ng|n-ng|sig", "d-ngv2|n-ng|sig", "ima-cgpath"
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t ends[FILES + 1];
		AUTO_WORLD w = quoted(ends);

		CHECK(w);
		CHECK_OK(world_add(w, (struct told){ .name = "/x", .template = names[i] }),
			 &w->err);
		CHECK_OK(world_judge(w), &w->err);
		CHECK_REASON(w, VERDICT_LIST, FILES + 1, "is not known");
	}
}

/* The name of a template is not in the digest, so whoever sends the list may change it. */
static void another_template_does_not_help(void)
{
	static const struct {
		const char *template;
		enum verdict_code code;
	} others[] = {
		{ "ima-buf", VERDICT_LIST },
		{ "ima-modsig", VERDICT_LIST },
		{ "evm-sig", VERDICT_LIST },
		{ "ima-ngv2", VERDICT_LIST },
		{ "ima-sigv2", VERDICT_BAD_SIGNATURE },
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		size_t ends[FILES + 1];
		AUTO_WORLD w = quoted(ends);

		CHECK(w);
		CHECK_OK(world_add(w, (struct told){ .name = "kernel_version",
						     .template = others[i].template,
						     .other_sig = "/y" }),
			 &w->err);
		CHECK_OK(world_judge(w), &w->err);
		CHECK_REASON(w, others[i].code, FILES + 1, "");
	}
}

static const struct unit_case cases[] = {
	CASE(truncated_lists_are_refused),	 CASE(what_came_after_the_quote_waits),
	CASE(rounds_go_on_where_they_were),	 CASE(older_quotes_are_refused),
	CASE(another_bank_does_not_go_on),	 CASE(no_byte_can_be_changed),
	CASE(reordered_entries_are_refused),	 CASE(entries_left_out_are_missed),
	CASE(doubled_entries_are_refused),	 CASE(a_violation_that_is_claimed_is_one),
	CASE(entries_of_other_pcrs_are_refused), CASE(lengths_that_lie_are_refused),
	CASE(damaged_template_data_is_refused),	 CASE(templates_that_are_not_known_are_refused),
	CASE(another_template_does_not_help),	 CASE_END,
};
UNIT_MAIN(cases)
