/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The judge of measurement lists: what passes, and that nothing else does. */
#include <pthread.h>

#include "unit/list_world.h"

/* A world with three signed files, not judged yet. */
static struct world *with_files(void)
{
	struct world *w = world_new();

	if (w && (world_add(w, (struct told){ .name = "/usr/bin/a" }) < 0 ||
		  world_add(w, (struct told){ .name = "/usr/bin/b" }) < 0 ||
		  world_add(w, (struct told){ .name = "/usr/bin/c", .verity = true }) < 0))
		world_free(&w);
	return w;
}

static void signed_files_pass(void)
{
	AUTO_WORLD w = with_files();

	CHECK(w);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_CLEAN(w);
	CHECK(w->input.result.replayed && w->input.result.entries == 4);
	CHECK(w->input.state.entries == 4 && w->input.state.offset == w->list.len);
	CHECK(!w->input.state.failed && w->input.state.aggregate_seen);
	CHECK(w->input.result.by_cache == 0);
	CHECK_MEM(w->input.state.sha256, w->expect.pcr.data, 32);
}

static void every_bank_is_replayed(void)
{
	static const enum hash_algo banks[] = { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512 };
	AUTO_WORLD w = with_files();

	CHECK(w);
	for (size_t i = 0; i < ARRAY_LEN(banks); i++) {
		w->input.state = (struct list_state){ .offset = 0 };
		CHECK_OK(world_quote(w, banks[i], w->list.len), &w->err);
		CHECK_OK(world_round(w, w->list.len), &w->err);
		CHECK_CLEAN(w);
		CHECK(w->input.result.entries == 4);
		w->input.state = (struct list_state){ .offset = 0 };
		w->expect.pcr.data[3] ^= 1;
		CHECK_OK(world_round(w, w->list.len), &w->err);
		CHECK_REASON(w, VERDICT_LIST, VERDICT_NO_ENTRY, "does not replay");
		CHECK(w->input.state.entries == 0);
	}
}

static void what_is_known_is_not_verified_again(void)
{
	AUTO_WORLD w = with_files();

	CHECK(w);
	CHECK_OK(world_judge(w), &w->err);
	w->input.state = (struct list_state){ .offset = 0 };
	CHECK_OK(world_judge(w), &w->err);
	CHECK_CLEAN(w);
	CHECK(w->input.result.by_cache == 3);
}

static void no_failure_is_remembered_as_success(void)
{
	AUTO_WORLD w = with_files();

	CHECK(w);
	CHECK_OK(world_add(w, (struct told){ .name = "/x", .other_sig = "/y" }), &w->err);
	for (int i = 0; i < 3; i++) {
		w->input.state = (struct list_state){ .offset = 0 };
		CHECK_OK(world_judge(w), &w->err);
		CHECK_REASON(w, VERDICT_BAD_SIGNATURE, 4, "/x: the signature does not match (key ");
		CHECK(w->input.state.failed);
	}
}

/* Each file that must not pass, with its reason. */
static void bad_files_are_refused(void)
{
	static const struct {
		struct told told;
		enum verdict_code code;
		const char *text;
	} bad[] = {
		{ { .name = "/x", .unsigned_ = true }, VERDICT_UNSIGNED, "/x: no signature" },
		{ { .name = "/x", .template = "ima-ng" }, VERDICT_UNSIGNED, "no signature" },
		{ { .name = "/x\n\x1b", .unsigned_ = true }, VERDICT_UNSIGNED, "/x\\n\\x1b: no" },
		{ { .name = "/x", .other_sig = "/y" }, VERDICT_BAD_SIGNATURE, "does not match" },
		{ { .name = "/x", .algo = HASH_SHA1 }, VERDICT_BAD_SIGNATURE, "SHA-1" },
		{ { .name = "/x", .type = XATTR_EVM_PORTABLE }, VERDICT_UNSIGNED, "EVM" },
		{ { .name = "/x", .type = XATTR_VERITY_DIGSIG },
		  VERDICT_BAD_SIGNATURE,
		  "for fs-verity, on a file that was hashed" },
		{ { .name = "/x", .type = XATTR_DIGSIG, .verity = true },
		  VERDICT_BAD_SIGNATURE,
		  "over a hash, on a file that is under fs-verity" },
		{ { .name = "/x", .verity = true, .other_sig = "/y" },
		  VERDICT_BAD_SIGNATURE,
		  "does not match" },
		{ { .name = "/x", .violation = true }, VERDICT_VIOLATION, "/x: written" },
		{ { .name = "boot_aggregate" }, VERDICT_AGGREGATE, "a second" },
		{ { .name = "boot_aggregate", .unsigned_ = true }, VERDICT_AGGREGATE, "a second" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_WORLD w = with_files();

		CHECK(w);
		CHECK_OK(world_add(w, bad[i].told), &w->err);
		CHECK_OK(world_add(w, (struct told){ .name = "/after" }), &w->err);
		CHECK_OK(world_judge(w), &w->err);
		CHECK_REASON(w, bad[i].code, 4, bad[i].text);
		CHECK(w->input.state.entries == 6 && w->input.state.failed);
		/* The next round does not forget, even when it finds nothing new. */
		CHECK_OK(world_judge(w), &w->err);
		CHECK_REASON(w, VERDICT_LIST, VERDICT_NO_ENTRY, "in a round before");
	}
}

static void foreign_keys_are_refused(void)
{
	AUTO_WORLD w = with_files();
	char text[64];

	CHECK(w);
	CHECK_OK(world_add(w, (struct told){ .name = "/x", .by = &w->foreign }), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	(void)snprintf(text, sizeof(text), "/x: signed by a key that is not trusted (%08x)",
		       w->foreign.keyid);
	CHECK_REASON(w, VERDICT_UNKNOWN_KEY, 4, text);
}

/* The key ID is a hint: who claims that of a trusted key has to have it. */
static void a_key_id_is_no_key(void)
{
	AUTO_WORLD w = with_files();

	CHECK(w);
	w->foreign.keyid = w->own.keyid;
	CHECK_OK(world_add(w, (struct told){ .name = "/x", .by = &w->foreign }), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_BAD_SIGNATURE, 4, "does not match");
}

static void without_trust_nothing_passes(void)
{
	AUTO_WORLD w = with_files();

	CHECK(w);
	w->trust.certs = NULL;
	CHECK_OK(world_judge_again(w), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK(w->verdict.n == 4 && !w->verdict.pass);
	for (size_t i = 0; i < 3; i++)
		CHECK(w->verdict.reasons[i].code == VERDICT_UNKNOWN_KEY);
	CHECK(w->verdict.reasons[3].code == VERDICT_NOTHING_CHECKED);
}

static void denied_digests_are_refused_though_signed(void)
{
	AUTO_WORLD w = with_files();
	struct digest denied[2];

	CHECK(w);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_OK(hash_bytes(HASH_SHA256, "/usr/bin/b", 10, &denied[0], &w->err), &w->err);
	CHECK_OK(hash_bytes(HASH_SHA256, "/usr/bin/z", 10, &denied[1], &w->err), &w->err);
	w->trust.denied = denied;
	w->trust.n_denied = 2;
	CHECK_OK(world_judge_again(w), &w->err);
	w->input.state = (struct list_state){ .offset = 0 };
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_DENIED_DIGEST, 2, "/usr/bin/b: is not to run");
	denied[0].len = 20;
	CHECK_FAILS(world_judge_again(w), &w->err, "denied digest");
}

static void violations_are_counted_where_they_are_allowed(void)
{
	AUTO_WORLD w = with_files();

	CHECK(w);
	w->trust.violations_allowed = true;
	CHECK_OK(world_judge_again(w), &w->err);
	CHECK_OK(world_add(w, (struct told){ .name = "/x", .violation = true }), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_CLEAN(w);
	CHECK(w->input.state.violations == 1);
}

static void the_first_is_the_right_boot_aggregate(void)
{
	AUTO_WORLD w = with_files();
	struct digest other = w ? w->aggregate : (struct digest){ .len = 0 };

	CHECK(w);
	other.data[0] ^= 1;
	w->expect.aggregates = &other;
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_AGGREGATE, 0, "not that of the quoted PCRs");
	CHECK(!w->input.state.aggregate_seen);
	w->input.state = (struct list_state){ .offset = 0 };
	w->expect.n_aggregates = 0;
	CHECK_OK(world_judge(w), &w->err);
	CHECK_CLEAN(w);
	buf_reset(&w->list);
	w->input.state = (struct list_state){ .offset = 0 };
	CHECK_OK(world_add(w, (struct told){ .name = "/usr/bin/a" }), &w->err);
	CHECK_OK(world_add(w, (struct told){ .name = "/usr/bin/b" }), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_AGGREGATE, 0, "not boot_aggregate");
}

static void nothing_to_check_is_no_pass(void)
{
	AUTO_WORLD w = world_new();

	CHECK(w);
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_NOTHING_CHECKED, VERDICT_NO_ENTRY, "boot_aggregate alone");
	buf_reset(&w->list);
	w->input.state = (struct list_state){ .offset = 0 };
	CHECK_OK(world_judge(w), &w->err);
	CHECK_REASON(w, VERDICT_NOTHING_CHECKED, VERDICT_NO_ENTRY, "is empty");
	w->expect.pcr.len = 0;
	CHECK_OK(world_round(w, 0), &w->err);
	CHECK_REASON(w, VERDICT_NOTHING_CHECKED, VERDICT_NO_ENTRY, "is empty");
}

static void more_reasons_than_there_is_room_are_counted(void)
{
	AUTO_WORLD w = world_new();

	CHECK(w);
	for (int i = 0; i < VERDICT_REASONS_MAX + 7; i++)
		CHECK_OK(world_add(w, (struct told){ .name = "/x", .unsigned_ = true }), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK(w->verdict.n == VERDICT_REASONS_MAX && w->verdict.more == 7);
	CHECK(w->verdict.reasons[0].entry == 1);
	CHECK(w->verdict.reasons[VERDICT_REASONS_MAX - 1].entry == VERDICT_REASONS_MAX);
}

/* One signature, many files: each is asked for, up to a number; then the rest is only counted. */
static void many_bad_signatures_take_no_more_time(void)
{
	enum { BAD = 1000, LATER = 50 };
	AUTO_WORLD w = world_new();
	char name[32];

	CHECK(w);
	for (int i = 0; i < BAD + LATER; i++) {
		(void)snprintf(name, sizeof(name), "/%d", i);
		CHECK_OK(world_add(w, (struct told){ .name = name, .other_sig = "/y" }), &w->err);
	}
	CHECK_OK(world_add(w, (struct told){ .name = "/good" }), &w->err);
	CHECK_OK(world_judge(w), &w->err);
	CHECK(w->verdict.n == VERDICT_REASONS_MAX && w->input.state.failed);
	CHECK(w->verdict.more == BAD + LATER + 1 - VERDICT_REASONS_MAX);
	/* What was not looked at is not taken for good later. */
	w->input.state = (struct list_state){ .offset = 0 };
	CHECK_OK(world_judge(w), &w->err);
	CHECK(w->input.result.by_cache == 0 && w->verdict.n == VERDICT_REASONS_MAX);
}

/* With threads the answer is the same, to the order of the reasons. */
static void threads_find_the_same(void)
{
	AUTO_WORLD w = world_new();
	AUTO_MEM struct verdict *one = malloc(sizeof(*one));

	CHECK(w && one);
	for (int i = 0; i < 3000; i++)
		CHECK_OK(world_add(w, (struct told){ .name = "/x", .unsigned_ = i % 10 == 3 }),
			 &w->err);
	CHECK_OK(world_judge(w), &w->err);
	*one = w->verdict;
	CHECK(one->n == VERDICT_REASONS_MAX && one->more == 300 - VERDICT_REASONS_MAX);
	for (int i = 0; i < 10; i++) {
		struct list_state before = w->input.state;

		verdict_init(&w->verdict);
		w->input.data = w->list.data;
		w->input.len = w->list.len;
		w->input.state = (struct list_state){ .offset = 0 };
		CHECK_OK(list_judge_run(w->judge, 4, &w->expect, &w->input, &w->err), &w->err);
		CHECK(before.entries == w->input.state.entries && w->input.state.failed);
		CHECK_MEM(before.sha256, w->input.state.sha256, 32);
		CHECK(w->verdict.n == one->n && w->verdict.more == one->more);
		for (size_t k = 0; k < one->n; k++)
			CHECK(w->verdict.reasons[k].entry == one->reasons[k].entry);
	}
}

/* One host of several that one judge serves at a time. */
struct host {
	const struct world *w;
	struct verdict verdict;
	bool good;
};

static void *serve(void *arg)
{
	struct host *h = arg;
	struct list_input input = { .data = h->w->list.data,
				    .len = h->w->list.len,
				    .verdict = &h->verdict };
	struct err err = ERR_INIT;

	h->good = true;
	for (int i = 0; i < 10; i++) {
		verdict_init(&h->verdict);
		input.state = (struct list_state){ .offset = 0 };
		h->good = h->good &&
			  list_judge_run(h->w->judge, 2, &h->w->expect, &input, &err) == 0 &&
			  h->verdict.n == 1 && h->verdict.reasons[0].entry == 201 &&
			  input.state.entries == 202;
	}
	return NULL;
}

static void hosts_share_a_judge(void)
{
	AUTO_WORLD w = world_new();
	AUTO_MEM struct host *hosts = calloc(4, sizeof(*hosts));
	pthread_t threads[4];
	char name[32];

	CHECK(w && hosts);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "/%d", i);
		CHECK_OK(world_add(w, (struct told){ .name = name }), &w->err);
	}
	CHECK_OK(world_add(w, (struct told){ .name = "/x", .other_sig = "/y" }), &w->err);
	CHECK_OK(world_quote(w, HASH_SHA256, w->list.len), &w->err);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		hosts[i].w = w;
		CHECK(pthread_create(&threads[i], NULL, serve, &hosts[i]) == 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		CHECK(hosts[i].good);
}

static const struct unit_case cases[] = {
	CASE(signed_files_pass),
	CASE(every_bank_is_replayed),
	CASE(what_is_known_is_not_verified_again),
	CASE(no_failure_is_remembered_as_success),
	CASE(bad_files_are_refused),
	CASE(foreign_keys_are_refused),
	CASE(a_key_id_is_no_key),
	CASE(without_trust_nothing_passes),
	CASE(denied_digests_are_refused_though_signed),
	CASE(violations_are_counted_where_they_are_allowed),
	CASE(the_first_is_the_right_boot_aggregate),
	CASE(nothing_to_check_is_no_pass),
	CASE(more_reasons_than_there_is_room_are_counted),
	CASE(many_bad_signatures_take_no_more_time),
	CASE(threads_find_the_same),
	CASE(hosts_share_a_judge),
	CASE_END,
};
UNIT_MAIN(cases)
