/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The buffer: it grows to its maximum and not a byte further. */
#include "base/buf.h"

#include <stdint.h>

#include "unit/unit.h"

static void an_empty_one_is_text(void)
{
	AUTO_BUF b = BUF_INIT(10);

	CHECK_STR(buf_text(&b), "");
	buf_reset(&b);
	CHECK(b.len == 0 && b.data == NULL);
}

static void numbers_are_big_endian(void)
{
	AUTO_BUF b = BUF_INIT(7);
	struct err err = ERR_INIT;

	CHECK_OK(buf_put_u8(&b, 0x01, &err), &err);
	CHECK_OK(buf_put_be16(&b, 0x0203, &err), &err);
	CHECK_OK(buf_put_be32(&b, 0x04050607, &err), &err);
	CHECK(b.len == 7);
	CHECK_MEM(b.data, "\1\2\3\4\5\6\7", 8);
}

static void the_maximum_holds(void)
{
	AUTO_BUF b = BUF_INIT(4);
	struct err err = ERR_INIT;

	CHECK_OK(buf_put(&b, "abcd", 4, &err), &err);
	CHECK_OK(buf_put(&b, NULL, 0, &err), &err);
	CHECK_FAILS(buf_put_u8(&b, 'e', &err), &err, "more than 4 bytes");
	CHECK_FAILS(buf_putf(&b, &err, "%s", "e"), &err, "too large");
	CHECK_FAILS(buf_put(&b, "x", SIZE_MAX, &err), &err, "too large");
	CHECK_STR(buf_text(&b), "abcd");
	CHECK(b.len == 4);
}

static void it_grows_and_stays_terminated(void)
{
	AUTO_BUF b = BUF_INIT(100000);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 100000; i++) {
		CHECK_OK(buf_put_u8(&b, (uint8_t)('a' + i % 26), &err), &err);
		CHECK(b.data[b.len] == '\0');
	}
	CHECK(strlen(buf_text(&b)) == 100000);
	CHECK(buf_put_u8(&b, 'z', &err) == -1);
}

static void text_is_formatted(void)
{
	AUTO_BUF b = BUF_INIT(1000);
	struct err err = ERR_INIT;

	CHECK_OK(buf_putf(&b, &err, "%s %d", "mode", 3), &err);
	CHECK_OK(buf_putf(&b, &err, "%300s", "!"), &err);
	CHECK(b.len == 306 && b.data[305] == '!');
	buf_reset(&b);
	CHECK_STR(buf_text(&b), "");
	CHECK_OK(buf_putf(&b, &err, "%s", "again"), &err);
	CHECK_STR(buf_text(&b), "again");
}

static void room_is_reserved(void)
{
	AUTO_BUF b = BUF_INIT(1000);
	struct err err = ERR_INIT;
	uint8_t *at;

	CHECK_OK(buf_put(&b, "ab", 2, &err), &err);
	CHECK_OK(buf_reserve(&b, 500, &at, &err), &err);
	memset(at, 'c', 500);
	CHECK(b.len == 502 && at == b.data + 2 && b.data[502] == '\0');
	CHECK_FAILS(buf_reserve(&b, 499, &at, &err), &err, "too large");
	CHECK(b.len == 502);
}

static void a_text_is_read_by_lines(void)
{
	AUTO_BUF b = BUF_INIT(100);
	struct err err = ERR_INIT;
	char *state = NULL;

	CHECK(buf_line(&b, &state) == NULL);
	CHECK_OK(buf_put(&b, "\none\n\n two\n\n", 11, &err), &err);
	CHECK_STR(buf_line(&b, &state), "one");
	CHECK_STR(buf_line(&b, &state), " two");
	CHECK(buf_line(&b, &state) == NULL && buf_line(&b, &state) == NULL);
	buf_reset(&b);
	state = NULL;
	CHECK_OK(buf_put(&b, "last\0more\n", 10, &err), &err);
	CHECK_STR(buf_line(&b, &state), "last");
	CHECK(buf_line(&b, &state) == NULL);
}

static void done_can_be_repeated(void)
{
	struct buf b = BUF_INIT(1000);
	struct err err = ERR_INIT;

	CHECK_OK(buf_put(&b, "secret", 6, &err), &err);
	buf_wipe(&b);
	CHECK(b.data == NULL && b.len == 0 && b.cap == 0);
	buf_wipe(&b);
	buf_done(&b);
	CHECK_OK(buf_put(&b, "more", 4, &err), &err);
	buf_done(&b);
	CHECK(b.data == NULL);
}

static const struct unit_case cases[] = {
	CASE(an_empty_one_is_text),	     CASE(numbers_are_big_endian), CASE(the_maximum_holds),
	CASE(it_grows_and_stays_terminated), CASE(text_is_formatted),	   CASE(room_is_reserved),
	CASE(a_text_is_read_by_lines),	     CASE(done_can_be_repeated),   CASE_END,
};
UNIT_MAIN(cases)
