/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recovery keys: every mistake of a typist is told, by its group; only the right key unwraps. */
#include "lock/recovery.h"

#include "unit/unit.h"

/* The vector: key bytes 00 01 02 ... 0f. */
#define TEXT "000012-005667-011322-016977-022632-028287-033942-039597"
#define ID "0a54b4e0"

static struct recovery_key counting(void)
{
	struct recovery_key key;

	for (size_t i = 0; i < sizeof(key.data); i++)
		key.data[i] = (uint8_t)i;
	return key;
}

static void the_vector_is_written_and_read(void)
{
	struct recovery_key key = counting(), back;
	char text[RECOVERY_TEXT_MAX], id[RECOVERY_ID_TEXT];
	struct err err = ERR_INIT;

	recovery_format(&key, text);
	CHECK_STR(text, TEXT);
	CHECK_OK(recovery_parse(TEXT, &back, &err), &err);
	CHECK_MEM(back.data, key.data, sizeof(key.data));
	CHECK_OK(recovery_id(&key, id, &err), &err);
	CHECK_STR(id, ID);
}

static void the_ends_of_a_group_are_written_and_read(void)
{
	static const uint8_t ends[] = { 0x00, 0xff };

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct err err = ERR_INIT;
		struct recovery_key key, back;
		char text[RECOVERY_TEXT_MAX];

		memset(&key, ends[i], sizeof(key));
		recovery_format(&key, text);
		CHECK(strlen(text) == RECOVERY_TEXT_MAX - 1);
		CHECK_OK(recovery_parse(text, &back, &err), &err);
		CHECK_MEM(&back, &key, sizeof(key));
	}
}

static void blanks_and_dashes_do_not_matter(void)
{
	static const char *const same[] = {
		"000012005667011322016977022632028287033942039597",
		" 000012 005667 011322 016977\t022632 028287 033942 039597\r\n",
		"000-012 -- 005667-011322-016977-022632-028287-033942-0395 97",
	};

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct recovery_key key = counting(), back;
		struct err err = ERR_INIT;

		CHECK_OK(recovery_parse(same[i], &back, &err), &err);
		CHECK_MEM(&back, &key, sizeof(key));
	}
}

/* Is the error about that group, and silent about what was typed? */
static bool names_group(const char *text, int group)
{
	struct recovery_key key = { .data = { 9 } };
	struct err err = ERR_INIT;
	char want[64];

	(void)snprintf(want, sizeof(want), "recovery key: group %d is mistyped", group);
	return recovery_parse(text, &key, &err) == -1 && strstr(err.text, want) &&
	       key.data[0] == 9 && key.data[1] == 0;
}

static void every_wrong_digit_is_told(void)
{
	for (size_t i = 0; i < strlen(TEXT); i++)
		for (char c = '0'; c <= '9'; c++) {
			char text[] = TEXT;

			if (text[i] == '-' || text[i] == c)
				continue;
			text[i] = c;
			CHECK(names_group(text, (int)i / 7 + 1));
		}
}

static void neighbours_exchanged_are_told(void)
{
	for (size_t i = 0; i + 1 < strlen(TEXT); i++) {
		char text[] = TEXT;
		char c = text[i];

		if (c == '-' || text[i + 1] == '-' || c == text[i + 1])
			continue;
		text[i] = text[i + 1];
		text[i + 1] = c;
		CHECK(names_group(text, (int)i / 7 + 1));
	}
}

static void groups_exchanged_are_told(void)
{
	struct recovery_key key;
	struct err err = ERR_INIT;

	CHECK_FAILS(recovery_parse("000012-005667-022632-016977-011322-028287-033942-039597", &key,
				   &err),
		    &err, "group 3 is mistyped, or is group 5");
}

static void what_is_no_key_is_refused(void)
{
	static const char *const bad[][2] = {
		{ "", "0 digits, of 48 in 8 groups" },
		{ "000012", "6 digits, of 48" },
		{ TEXT "1", "more than 48 digits" },
		{ "000012-00566x-011322-016977-022632-028287-033942-039597",
		  "group 2 has a character that is no digit" },
		{ "720897-005667-011322-016977-022632-028287-033942-039597",
		  "group 1 is mistyped" },
		{ "999999-005667-011322-016977-022632-028287-033942-039597",
		  "group 1 is mistyped" },
		{ "000011-005667-011322-016977-022632-028287-033942-039597",
		  "group 1 is mistyped" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = ERR_INIT;
		struct recovery_key key;

		CHECK_FAILS(recovery_parse(bad[i][0], &key, &err), &err, bad[i][1]);
		CHECK(!strstr(err.text, "005667"));
	}
}

static void new_keys_differ(void)
{
	struct err err = ERR_INIT;
	struct recovery_key a, b;
	char id_a[RECOVERY_ID_TEXT], id_b[RECOVERY_ID_TEXT];

	CHECK_OK(recovery_new(&a, &err), &err);
	CHECK_OK(recovery_new(&b, &err), &err);
	CHECK(memcmp(&a, &b, sizeof(a)) != 0);
	CHECK_OK(recovery_id(&a, id_a, &err), &err);
	CHECK_OK(recovery_id(&b, id_b, &err), &err);
	CHECK(strcmp(id_a, id_b) != 0);
}

struct wrapping {
	struct recovery_key key;
	uint8_t lock_id[RECOVERY_LOCK_ID_LEN], secret[RECOVERY_SECRET_LEN];
	uint8_t wrapped[RECOVERY_WRAPPED_LEN];
};

static int wrap(struct wrapping *w, struct err *err)
{
	w->key = counting();
	memset(w->lock_id, 7, sizeof(w->lock_id));
	memset(w->secret, 42, sizeof(w->secret));
	return recovery_wrap(&w->key, w->lock_id, w->secret, w->wrapped, err);
}

static int unwrap(const struct wrapping *w, size_t len, uint8_t *ret_secret, struct err *err)
{
	return recovery_unwrap(&w->key, w->lock_id, (struct recovery_wrapped){ w->wrapped, len },
			       ret_secret, err);
}

static void the_key_unwraps(void)
{
	uint8_t secret[RECOVERY_SECRET_LEN] = { 0 }, before[RECOVERY_WRAPPED_LEN];
	struct err err = ERR_INIT;
	struct wrapping w;

	CHECK_OK(wrap(&w, &err), &err);
	CHECK(!memmem(w.wrapped, sizeof(w.wrapped), w.secret, 4));
	CHECK_OK(unwrap(&w, sizeof(w.wrapped), secret, &err), &err);
	CHECK_MEM(secret, w.secret, sizeof(secret));
	memcpy(before, w.wrapped, sizeof(before));
	CHECK_OK(wrap(&w, &err), &err);
	CHECK(memcmp(before, w.wrapped, sizeof(before)) != 0);
}

/* One bit of the key, the lock's id or the wrapped bytes; or fewer of them. */
static void nothing_else_unwraps(void)
{
	uint8_t secret[RECOVERY_SECRET_LEN] = { 0 }, none[RECOVERY_SECRET_LEN] = { 0 };
	struct err err = ERR_INIT;
	struct wrapping w;

	CHECK_OK(wrap(&w, &err), &err);
	for (size_t i = 0; i < sizeof(w.key.data); i++) {
		w.key.data[i] ^= 0x80;
		CHECK_FAILS(unwrap(&w, sizeof(w.wrapped), secret, &err), &err, "not the one of");
		w.key.data[i] ^= 0x80;
	}
	for (size_t i = 0; i < sizeof(w.lock_id); i++) {
		w.lock_id[i] ^= 1;
		CHECK_FAILS(unwrap(&w, sizeof(w.wrapped), secret, &err), &err, "not the one of");
		w.lock_id[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof(w.wrapped); i++) {
		w.wrapped[i] ^= 1;
		CHECK_FAILS(unwrap(&w, sizeof(w.wrapped), secret, &err), &err,
			    i ? "not the one of" : "version 0");
		w.wrapped[i] ^= 1;
	}
	for (size_t len = 0; len < sizeof(w.wrapped); len++)
		CHECK_FAILS(unwrap(&w, len, secret, &err), &err, "is damaged");
	CHECK_MEM(secret, none, sizeof(secret));
}

static const struct unit_case cases[] = {
	CASE(the_vector_is_written_and_read),
	CASE(the_ends_of_a_group_are_written_and_read),
	CASE(blanks_and_dashes_do_not_matter),
	CASE(every_wrong_digit_is_told),
	CASE(neighbours_exchanged_are_told),
	CASE(groups_exchanged_are_told),
	CASE(what_is_no_key_is_refused),
	CASE(new_keys_differ),
	CASE(the_key_unwraps),
	CASE(nothing_else_unwraps),
	CASE_END,
};
UNIT_MAIN(cases)
