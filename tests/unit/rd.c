/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cursor: what it reads, and that it never reads past the end. */
#include "base/rd.h"

#include "unit/unit.h"

static const uint8_t eight[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void little_endian(void)
{
	struct rd r = rd_init(eight, 8);

	CHECK(rd_le16(&r) == 0x0201);
	CHECK(rd_le32(&r) == 0x06050403);
	CHECK(!rd_done(&r));
	r = rd_init(eight, 8);
	CHECK(rd_le64(&r) == 0x0807060504030201);
	CHECK(rd_done(&r));
}

static void big_endian(void)
{
	struct rd r = rd_init(eight, 8);

	CHECK(rd_u8(&r) == 1);
	CHECK(rd_be16(&r) == 0x0203);
	CHECK(rd_be32(&r) == 0x04050607);
	CHECK(rd_ok(&r) && r.left == 1);
	r = rd_init(eight, 8);
	CHECK(rd_be64(&r) == 0x0102030405060708);
	CHECK(rd_done(&r));
}

static void past_the_end_is_zero_and_failed(void)
{
	struct rd r = rd_init(eight, 3);

	CHECK(rd_be32(&r) == 0);
	CHECK(!rd_ok(&r) && !rd_done(&r));
	CHECK(r.left == 3);
	CHECK(rd_u8(&r) == 0);
	CHECK(rd_le16(&r) == 0 && rd_le32(&r) == 0 && rd_le64(&r) == 0);
	CHECK(rd_be16(&r) == 0 && rd_be64(&r) == 0);
	CHECK(rd_bytes(&r, 0) == NULL);
}

static void nothing_to_read(void)
{
	struct rd r = rd_init(NULL, 0);

	CHECK(rd_done(&r));
	CHECK(rd_bytes(&r, 0) == NULL);
	CHECK(rd_ok(&r));
	CHECK(rd_bytes(&r, 1) == NULL);
	CHECK(!rd_ok(&r));
}

static void sub_is_bounded(void)
{
	struct rd r = rd_init(eight, 8);
	struct rd sub = rd_sub(&r, 2);

	CHECK(rd_be16(&sub) == 0x0102 && rd_done(&sub));
	CHECK(rd_u8(&sub) == 0 && !rd_ok(&sub));
	CHECK(rd_ok(&r) && r.left == 6);
	sub = rd_sub(&r, 7);
	CHECK(!rd_ok(&sub) && !rd_ok(&r) && sub.left == 0);
}

static void until_takes_the_end_byte(void)
{
	struct rd r = rd_init("ab\nc", 4);
	size_t len = 99;

	CHECK_MEM(rd_until(&r, '\n', &len), "ab", 2);
	CHECK(len == 2 && r.left == 1);
	CHECK(rd_until(&r, '\n', &len) == NULL);
	CHECK(!rd_ok(&r) && len == 2);
	CHECK(rd_until(&r, 'c', &len) == NULL);
}

static void until_of_an_empty_rest_fails(void)
{
	struct rd r = rd_init(NULL, 0);
	size_t len = 0;

	CHECK(rd_until(&r, 0, &len) == NULL && !rd_ok(&r));
}

static void huge_lengths_fail(void)
{
	struct rd r = rd_init(eight, 8);

	CHECK(rd_bytes(&r, SIZE_MAX) == NULL);
	CHECK(!rd_ok(&r));
}

static const struct unit_case cases[] = {
	CASE(little_endian),
	CASE(big_endian),
	CASE(past_the_end_is_zero_and_failed),
	CASE(nothing_to_read),
	CASE(sub_is_bounded),
	CASE(until_takes_the_end_byte),
	CASE(until_of_an_empty_rest_fails),
	CASE(huge_lengths_fail),
	CASE_END,
};
UNIT_MAIN(cases)
