/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verifier's store: who comes first stays, who read an older state changes nothing. */
#include "attest/verifier/progress.h"
#include "attest/verifier/reasons.h"
#include "attest/verifier/store.h"

#include <unistd.h>

#include "unit.h"

#define NOW 1800000000

struct opened {
	struct store_conn conn;
	char path[512];
	struct err err;
};

static void close_store(struct opened *o)
{
	store_conn_done(&o->conn);
}

static int open_store(struct opened *o)
{
	memset(o, 0, sizeof(*o));
	(void)snprintf(o->path, sizeof(o->path), "%s/store.db", unit_tmp());
	(void)unlink(o->path);
	store_conn_init(&o->conn, o->path);
	return store_migrate(&o->conn, &o->err);
}
#define OPENED CLEANUP(close_store) struct opened

static void fill(struct host *h, uint8_t id, uint8_t ak)
{
	memset(h->id, id, sizeof(h->id));
	memset(h->ak, ak, 100);
	h->ak_len = 100;
	strcpy(h->name, "somebody");
}

static int enrol(struct opened *o, uint8_t id, uint8_t ak, enum enrol_outcome *ret)
{
	AUTO_HOST h = host_new();

	fill(h, id, ak);
	return store_enrol(&o->conn, h, (int64_t)NOW * 1000000, ret, &o->err);
}

static int get(struct opened *o, uint8_t id, struct host *ret, bool *ret_there)
{
	uint8_t whole[EVIDENCE_HOST_SIZE];

	memset(whole, id, sizeof(whole));
	return store_host_get(&o->conn, whole, ret, ret_there, &o->err);
}

static int count_entry(void *ctx, const struct history_entry *e UNUSED, struct err *err UNUSED)
{
	(*(int *)ctx)++;
	return 0;
}

static int history_of(struct opened *o, uint8_t id)
{
	uint8_t whole[EVIDENCE_HOST_SIZE];
	int n = 0;

	memset(whole, id, sizeof(whole));
	return store_history_each(&o->conn, whole, count_entry, &n, &o->err) < 0 ? -1 : n;
}

static void the_first_that_enrols_stays(void)
{
	OPENED o;
	AUTO_HOST h = host_new();
	enum enrol_outcome outcome;
	bool there = false;

	CHECK_OK(open_store(&o), &o.err);
	CHECK_OK(enrol(&o, 1, 7, &outcome), &o.err);
	CHECK(outcome == ENROL_NEW);
	CHECK_OK(enrol(&o, 1, 7, &outcome), &o.err);
	CHECK(outcome == ENROL_SAME);
	CHECK_OK(enrol(&o, 1, 8, &outcome), &o.err);
	CHECK(outcome == ENROL_TAKEN);
	CHECK_OK(get(&o, 1, h, &there), &o.err);
	CHECK(there && h->ak[0] == 7 && h->state == HOST_WAITING);
	CHECK(history_of(&o, 1) == 1);
	CHECK_OK(get(&o, 2, h, &there), &o.err);
	CHECK(!there);
}

static void what_is_allowed_is_not_enrolled(void)
{
	OPENED o;
	AUTO_HOST h = host_new();
	enum enrol_outcome outcome;
	uint8_t id[EVIDENCE_HOST_SIZE];
	bool new = false, there = false;

	memset(id, 3, sizeof(id));
	CHECK_OK(open_store(&o), &o.err);
	CHECK_OK(store_allow(&o.conn, id, 5, &new, &o.err), &o.err);
	CHECK(new);
	CHECK_OK(store_allow(&o.conn, id, 6, &new, &o.err), &o.err);
	CHECK(!new);
	CHECK_OK(get(&o, 3, h, &there), &o.err);
	CHECK(there && h->state == HOST_ALLOWED && h->ak_len == 0);
	CHECK_STR(host_shown(h, NOW, 10), "unenrolled");
	CHECK_OK(enrol(&o, 3, 7, &outcome), &o.err);
	CHECK(outcome == ENROL_NEW);
	CHECK_OK(store_allow(&o.conn, id, 7, &new, &o.err), &o.err);
	CHECK(!new);
	CHECK_OK(get(&o, 3, h, &there), &o.err);
	CHECK(there && h->state == HOST_WAITING && h->ak_len == 100);
}

static int change(struct opened *o, const struct host *h, const char *was, bool *ret_done)
{
	struct host_change c = { .host = h, .was = was, .is = "pass", .why = "", .at_us = 1 };
	const int rc = store_change_many(&o->conn, &c, 1, &o->err);

	*ret_done = c.done;
	return rc;
}

static void who_read_an_older_state_changes_nothing(void)
{
	OPENED o;
	AUTO_HOST one = host_new();
	AUTO_HOST two = host_new();
	enum enrol_outcome outcome;
	bool there = false, done = true;

	CHECK_OK(open_store(&o), &o.err);
	CHECK_OK(enrol(&o, 1, 7, &outcome), &o.err);
	CHECK_OK(get(&o, 1, one, &there), &o.err);
	CHECK_OK(get(&o, 1, two, &there), &o.err);
	one->state = HOST_FAIL;
	CHECK_OK(change(&o, one, "stale", &done), &o.err);
	CHECK(done);
	two->state = HOST_PASS;
	CHECK_OK(change(&o, two, "stale", &done), &o.err);
	CHECK(!done);
	CHECK_OK(get(&o, 1, two, &there), &o.err);
	CHECK(two->state == HOST_FAIL);
	CHECK(history_of(&o, 1) == 2);
}

static void who_was_removed_is_not_brought_back(void)
{
	OPENED o;
	AUTO_HOST h = host_new();
	enum enrol_outcome outcome;
	bool there = false, done = true;

	CHECK_OK(open_store(&o), &o.err);
	CHECK_OK(enrol(&o, 1, 7, &outcome), &o.err);
	CHECK_OK(get(&o, 1, h, &there), &o.err);
	CHECK_OK(store_remove(&o.conn, h->id, 9, &there, &o.err), &o.err);
	CHECK(there);
	CHECK_OK(change(&o, h, NULL, &done), &o.err);
	CHECK(!done);
	CHECK_OK(store_remove(&o.conn, h->id, 9, &there, &o.err), &o.err);
	CHECK(!there);
}

static void a_history_is_bounded(void)
{
	OPENED o;
	AUTO_HOST h = host_new();
	enum enrol_outcome outcome;
	bool there = false, done = true;

	CHECK_OK(open_store(&o), &o.err);
	CHECK_OK(enrol(&o, 1, 7, &outcome), &o.err);
	for (int i = 0; i < STORE_HISTORY_MAX + 20; i++) {
		struct host_change c = { .host = h, .was = "pass", .is = "stale", .why = "" };

		CHECK_OK(get(&o, 1, h, &there), &o.err);
		c.at_us = INT64_C(2000000000000000) + i;
		CHECK_OK(store_change_many(&o.conn, &c, 1, &o.err), &o.err);
		done = done && c.done;
	}
	CHECK(done && history_of(&o, 1) == STORE_HISTORY_MAX);
}

static void a_pass_ages_and_nothing_else_becomes_one(void)
{
	struct host h = { .state = HOST_PASS, .last_round = NOW };

	CHECK_STR(host_shown(&h, NOW, 10), "pass");
	CHECK_STR(host_shown(&h, NOW + 10, 10), "pass");
	CHECK_STR(host_shown(&h, NOW + 11, 10), "stale");
	CHECK_STR(host_shown(&h, NOW - STORE_CLOCK_SLACK, 10), "pass");
	CHECK_STR(host_shown(&h, NOW - STORE_CLOCK_SLACK - 1, 10), "stale");
	h.stale = true;
	CHECK_STR(host_shown(&h, NOW, 10), "stale");
	h.state = HOST_FAIL;
	CHECK_STR(host_shown(&h, NOW + 1000, 10), "fail");
	h.state = HOST_WAITING;
	CHECK_STR(host_shown(&h, NOW, 10), "stale");
	h.state = (enum host_state)9;
	CHECK_STR(host_shown(&h, NOW, 10), "unenrolled");
}

static void shared_values_are_the_first_ones(void)
{
	OPENED o;
	AUTO_BUF one = BUF_INIT(16);
	AUTO_BUF two = BUF_INIT(16);
	AUTO_BUF out = BUF_INIT(16);
	const struct meta_swap swap = { .name = "x", .was = &one, .value = &two };
	bool done = false;

	CHECK_OK(open_store(&o), &o.err);
	CHECK_OK(buf_put(&one, "one", 3, &o.err), &o.err);
	CHECK_OK(buf_put(&two, "two", 3, &o.err), &o.err);
	CHECK_OK(store_meta_get(&o.conn, "x", &out, &o.err), &o.err);
	CHECK(out.len == 0);
	CHECK_OK(store_meta_first(&o.conn, "x", &one, &out, &o.err), &o.err);
	buf_reset(&out);
	CHECK_OK(store_meta_first(&o.conn, "x", &two, &out, &o.err), &o.err);
	CHECK_STR(buf_text(&out), "one");
	buf_reset(&out);
	CHECK_OK(store_meta_swap(&o.conn, &swap, &done, &o.err), &o.err);
	CHECK(done);
	CHECK_OK(store_meta_swap(&o.conn, &swap, &done, &o.err), &o.err);
	CHECK(!done);
	CHECK_OK(store_meta_get(&o.conn, "x", &out, &o.err), &o.err);
	CHECK_STR(buf_text(&out), "two");
}

static struct progress *some_progress(void)
{
	struct progress *p = calloc(1, sizeof(*p));

	memset(p->trust, 1, sizeof(p->trust));
	p->state = (struct appraise_state){ .known = true,
					    .boot_ok = true,
					    .enforcing = true,
					    .reset_count = 5,
					    .restart_count = 6,
					    .clock = UINT64_MAX,
					    .epoch = 7,
					    .record_pcr = 13,
					    .secure_boot = BOOT_YES,
					    .cmdline_known = true };
	p->state.list = (struct list_state){ .offset = 1,
					     .entries = 2,
					     .violations = 3,
					     .aggregate_seen = true,
					     .failed = true,
					     .kexec = true };
	memset(p->state.quoted, 9, sizeof(p->state.quoted));
	memset(p->state.list.sha256, 8, sizeof(p->state.list.sha256));
	strcpy(p->state.level, "local");
	memset(p->state.cmdline, 'c', sizeof(p->state.cmdline) - 1);
	memset(p->keys, 'k', sizeof(p->keys) - 1);
	return p;
}

static void progress_comes_back_as_it_was(void)
{
	AUTO_MEM struct progress *p = some_progress();
	AUTO_MEM struct progress *back = calloc(1, sizeof(*back));
	AUTO_BUF out = BUF_INIT(STORE_PROGRESS_MAX);
	struct err err = ERR_INIT;

	CHECK_OK(progress_encode(p, &out, &err), &err);
	CHECK_OK(progress_decode(out.data, out.len, back, &err), &err);
	CHECK_MEM(back->trust, p->trust, sizeof(p->trust));
	CHECK(back->state.known && back->state.boot_ok && back->state.enforcing);
	CHECK(back->state.reset_count == 5 && back->state.restart_count == 6);
	CHECK(back->state.clock == UINT64_MAX && back->state.epoch == 7);
	CHECK(back->state.record_pcr == 13 && back->state.secure_boot == BOOT_YES);
	CHECK_STR(back->state.cmdline, p->state.cmdline);
	CHECK_STR(back->state.level, "local");
	CHECK_STR(back->keys, p->keys);
	CHECK_MEM(back->state.quoted, p->state.quoted, sizeof(p->state.quoted));
	CHECK(back->state.list.offset == 1 && back->state.list.entries == 2);
	CHECK(back->state.list.violations == 3 && back->state.list.aggregate_seen);
	CHECK(back->state.list.failed && back->state.list.kexec);
	CHECK_MEM(back->state.list.sha256, p->state.list.sha256, 32);
	CHECK_OK(progress_decode(NULL, 0, back, &err), &err);
	CHECK(!back->state.known && back->state.list.offset == 0);
}

static void progress_that_is_none_is_refused(void)
{
	AUTO_MEM struct progress *p = some_progress();
	AUTO_MEM struct progress *back = calloc(1, sizeof(*back));
	AUTO_BUF out = BUF_INIT(STORE_PROGRESS_MAX);
	struct err err = ERR_INIT;

	CHECK_OK(progress_encode(p, &out, &err), &err);
	for (size_t len = 1; len < out.len; len++) {
		CHECK_FAILS(progress_decode(out.data, len, back, &err), &err, "store: ");
		CHECK(!back->state.known && !back->state.boot_ok);
	}
	CHECK_OK(buf_put_u8(&out, 0, &err), &err);
	CHECK_FAILS(progress_decode(out.data, out.len, back, &err), &err, "damaged");
	out.data[0] = 2;
	CHECK_FAILS(progress_decode(out.data, out.len - 1, back, &err), &err, "another version");
	out.data[0] = 1;
	out.data[1 + PROGRESS_TRUST_SIZE] = 0xff;
	CHECK_FAILS(progress_decode(out.data, out.len - 1, back, &err), &err, "damaged");
}

static void reasons_add_up_and_are_bounded(void)
{
	AUTO_MEM struct verdict *v = calloc(1, sizeof(*v));
	AUTO_BUF out = BUF_INIT(STORE_REASONS_MAX);
	AUTO_JSON list = NULL;
	char first[VERDICT_TEXT_MAX];
	struct err err = ERR_INIT;

	verdict_init(v);
	(void)verdict_add(v, VERDICT_BOOT_STATE, VERDICT_NO_ENTRY, "first");
	CHECK_OK(reasons_add(v, &out, &err), &err);
	CHECK(reasons_are_of_boot(&out));
	CHECK_OK(reasons_add(v, &out, &err), &err);
	for (unsigned int i = 0; i < 40; i++) {
		verdict_init(v);
		(void)verdict_add(v, VERDICT_UNSIGNED, i, "file %u", i);
		CHECK_OK(reasons_add(v, &out, &err), &err);
	}
	CHECK(!reasons_are_of_boot(&out));
	list = reasons_parse(&out);
	CHECK(json_array_size(list) == VERDICT_REASONS_MAX + 1);
	reasons_first(&out, first);
	CHECK_STR(first, "first");
}

/* Of thirty-three the last may be any: a boot's approval would end a failure for another cause. */
static void what_was_not_kept_is_not_of_the_boot(void)
{
	AUTO_MEM struct verdict *v = calloc(1, sizeof(*v));
	AUTO_BUF out = BUF_INIT(STORE_REASONS_MAX);
	AUTO_BUF one = BUF_INIT(STORE_REASONS_MAX);
	struct err err = ERR_INIT;

	for (unsigned int i = 0; i < VERDICT_REASONS_MAX; i++) {
		verdict_init(v);
		(void)verdict_add(v, VERDICT_BOOT_STATE, VERDICT_NO_ENTRY, "boot %u", i);
		CHECK_OK(reasons_add(v, &out, &err), &err);
	}
	CHECK_OK(reasons_add(v, &out, &err), &err);
	CHECK(reasons_are_of_boot(&out));
	verdict_init(v);
	(void)verdict_add(v, VERDICT_UNSIGNED, 7, "a file");
	CHECK_OK(reasons_add(v, &out, &err), &err);
	CHECK(!reasons_are_of_boot(&out));
	CHECK_OK(reasons_add(v, &out, &err), &err);
	CHECK(!reasons_are_of_boot(&out));
	verdict_init(v);
	for (unsigned int i = 0; i <= VERDICT_REASONS_MAX; i++)
		(void)verdict_add(v, VERDICT_BOOT_STATE, VERDICT_NO_ENTRY, "boot %u", i);
	CHECK_OK(reasons_add(v, &one, &err), &err);
	CHECK(!reasons_are_of_boot(&one));
}

/* Each byte of such a name takes five in the store: a failure that finds no room would be none. */
static void names_of_any_length_find_room(void)
{
	AUTO_MEM struct verdict *v = calloc(1, sizeof(*v));
	AUTO_BUF out = BUF_INIT(STORE_REASONS_MAX);
	AUTO_JSON list = NULL;
	char name[VERDICT_TEXT_MAX];
	struct err err = ERR_INIT;

	memset(name, 0xff, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	verdict_init(v);
	for (unsigned int i = 0; i < VERDICT_REASONS_MAX; i++)
		(void)verdict_add(v, VERDICT_UNSIGNED, i, "%s", name);
	CHECK_OK(reasons_add(v, &out, &err), &err);
	CHECK_OK(reasons_add(v, &out, &err), &err);
	list = reasons_parse(&out);
	CHECK(json_array_size(list) > 16 && !reasons_are_of_boot(&out));
}

/* As many as are kept, of the longest words that a host can choose, each byte shown as four. */
static void reasons_have_room_for_any_words(void)
{
	AUTO_MEM struct verdict *v = calloc(1, sizeof(*v));
	AUTO_BUF out = BUF_INIT(STORE_REASONS_MAX);
	AUTO_JSON list = NULL;
	char name[201], subject[201];
	struct err err = ERR_INIT;

	memset(name, 0xff, 200);
	for (size_t i = 0; i < 200; i += 2)
		memcpy(subject + i, "\xc2\x80", 2);
	name[200] = '\0';
	subject[200] = '\0';
	verdict_init(v);
	for (unsigned int i = 0; i < VERDICT_REASONS_MAX; i++)
		(void)verdict_add(
			v, VERDICT_KEYRING, 100000 + i,
			"%.200s: got a certificate that is not trusted (key %08x, %.200s)", name, i,
			subject);
	CHECK_OK(reasons_add(v, &out, &err), &err);
	list = reasons_parse(&out);
	CHECK(json_array_size(list) == VERDICT_REASONS_MAX);
}

static void the_first_reason_is_cut_between_characters(void)
{
	AUTO_MEM struct verdict *v = calloc(1, sizeof(*v));
	AUTO_BUF out = BUF_INIT(STORE_REASONS_MAX);
	char text[VERDICT_TEXT_MAX], first[VERDICT_TEXT_MAX];
	struct err err = ERR_INIT;

	for (size_t odd = 100; odd < 104; odd++) {
		AUTO_JSON is_text = NULL;

		memset(text, 0xff, odd);
		for (size_t i = odd; i < VERDICT_TEXT_MAX - 3; i += 3)
			memcpy(text + i, "\xe2\x82\xac", 4);
		verdict_init(v);
		(void)verdict_add(v, VERDICT_UNSIGNED, 1, "%s", text);
		buf_reset(&out);
		CHECK_OK(reasons_add(v, &out, &err), &err);
		reasons_first(&out, first);
		is_text = json_string(first);
		CHECK(is_text && strlen(first) > VERDICT_TEXT_MAX - 4);
	}
}

static void no_reasons_are_of_no_boot(void)
{
	AUTO_BUF none = BUF_INIT(64);
	struct err err = ERR_INIT;
	char first[VERDICT_TEXT_MAX];

	CHECK(!reasons_are_of_boot(&none));
	reasons_first(&none, first);
	CHECK_STR(first, "");
	CHECK_OK(buf_put(&none, "{\"x\"", 4, &err), &err);
	CHECK(!reasons_parse(&none) && !reasons_are_of_boot(&none));
}

static const struct unit_case cases[] = {
	CASE(the_first_that_enrols_stays),
	CASE(what_is_allowed_is_not_enrolled),
	CASE(who_read_an_older_state_changes_nothing),
	CASE(who_was_removed_is_not_brought_back),
	CASE(a_history_is_bounded),
	CASE(a_pass_ages_and_nothing_else_becomes_one),
	CASE(shared_values_are_the_first_ones),
	CASE(progress_comes_back_as_it_was),
	CASE(progress_that_is_none_is_refused),
	CASE(reasons_add_up_and_are_bounded),
	CASE(what_was_not_kept_is_not_of_the_boot),
	CASE(names_of_any_length_find_room),
	CASE(reasons_have_room_for_any_words),
	CASE(the_first_reason_is_cut_between_characters),
	CASE(no_reasons_are_of_no_boot),
	CASE_END,
};
UNIT_MAIN(cases)
