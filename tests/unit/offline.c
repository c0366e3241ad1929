/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Evidence in a file: one form, and nothing else is taken. */
#include "attest/offline.h"

#include "unit/unit.h"

static const uint8_t key[] = { 1, 2, 3, 4 };

static struct bytes some(const char *text)
{
	return (struct bytes){ (const uint8_t *)text, strlen(text) };
}

/* The caller frees it. */
static struct offline *make(void)
{
	struct offline *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	(void)snprintf(o->enrol.name, sizeof(o->enrol.name), "box");
	o->enrol.ek_public = o->enrol.ak_public = (struct bytes){ key, sizeof(key) };
	o->evidence.nonce = some("nonce");
	o->evidence.attest = some("attest");
	o->evidence.sig = some("sig");
	o->evidence.pcrs.bank = HASH_SHA256;
	o->evidence.pcrs.mask = 0xffff;
	o->evidence.list = some("list");
	return o;
}

static int encode(struct buf *out, struct err *err)
{
	AUTO_MEM struct offline *o = make();

	return o ? offline_encode(o, out, err) : -1;
}

static int decode(const void *data, size_t len, struct err *err)
{
	AUTO_MEM struct offline *o = calloc(1, sizeof(*o));

	return o ? offline_decode(data, len, o, err) : 1;
}

static void what_is_written_is_read(void)
{
	AUTO_MEM struct offline *o = calloc(1, sizeof(*o));
	AUTO_BUF out = BUF_INIT(OFFLINE_MAX);
	struct err err = ERR_INIT;

	CHECK(o);
	CHECK_OK(encode(&out, &err), &err);
	CHECK_MEM(out.data, "assay-evidence 1\n\0\0\0", 20);
	CHECK_OK(offline_decode(out.data, out.len, o, &err), &err);
	CHECK_STR(o->enrol.name, "box");
	CHECK(o->evidence.list.len == 4 && o->evidence.pcrs.mask == 0xffff);
	CHECK_MEM(o->evidence.list.data, "list", 4);
}

static void every_cut_is_noticed(void)
{
	AUTO_BUF out = BUF_INIT(OFFLINE_MAX);
	struct err err = ERR_INIT;

	CHECK_OK(encode(&out, &err), &err);
	for (size_t len = 0; len < out.len; len++)
		CHECK_FAILS(decode(out.data, len, &err), &err, "");
	CHECK_OK(buf_put_u8(&out, 0, &err), &err);
	CHECK_FAILS(decode(out.data, out.len, &err), &err, "something follows it");
}

static void other_heads_are_refused(void)
{
	AUTO_BUF out = BUF_INIT(OFFLINE_MAX);
	struct err err = ERR_INIT;

	CHECK_OK(encode(&out, &err), &err);
	for (size_t i = 0; i < strlen(OFFLINE_HEAD); i++) {
		out.data[i] ^= 1;
		CHECK_FAILS(decode(out.data, out.len, &err), &err, "does not begin with");
		out.data[i] ^= 1;
	}
}

/* A length that is one off, or beyond its maximum, in either place. */
static void lengths_that_lie_are_refused(void)
{
	AUTO_BUF out = BUF_INIT(OFFLINE_MAX);
	struct err err = ERR_INIT;
	size_t first = strlen(OFFLINE_HEAD);
	size_t second;

	CHECK_OK(encode(&out, &err), &err);
	second = first + 4 + out.data[first + 3];
	for (int by = -1; by <= 1; by += 2) {
		out.data[first + 3] = (uint8_t)(out.data[first + 3] + by);
		CHECK_FAILS(decode(out.data, out.len, &err), &err, "");
		out.data[first + 3] = (uint8_t)(out.data[first + 3] - by);
		out.data[second + 3] = (uint8_t)(out.data[second + 3] + by);
		CHECK_FAILS(decode(out.data, out.len, &err), &err, "evidence: ");
		out.data[second + 3] = (uint8_t)(out.data[second + 3] - by);
	}
	out.data[first + 2] = OFFLINE_ENROL_MAX >> 8;
	CHECK_FAILS(decode(out.data, out.len, &err), &err, "more than 16384 bytes");
	out.data[first + 2] = 0;
	out.data[second] = 1;
	CHECK_FAILS(decode(out.data, out.len, &err), &err, "more than 12582912 bytes");
	out.data[second] = 0;
	CHECK_OK(decode(out.data, out.len, &err), &err);
}

/* The two messages stand in their order. */
static void the_same_message_twice_is_refused(void)
{
	AUTO_BUF out = BUF_INIT(OFFLINE_MAX);
	AUTO_BUF twice = BUF_INIT(OFFLINE_MAX);
	struct err err = ERR_INIT;
	size_t first = strlen(OFFLINE_HEAD);
	size_t len;

	CHECK_OK(encode(&out, &err), &err);
	len = 4U + out.data[first + 3];
	CHECK_OK(buf_put(&twice, out.data, first + len, &err), &err);
	CHECK_OK(buf_put(&twice, out.data + first, len, &err), &err);
	CHECK_FAILS(decode(twice.data, twice.len, &err), &err, "message: evidence");
}

static const struct unit_case cases[] = {
	CASE(what_is_written_is_read),		 CASE(every_cut_is_noticed),
	CASE(other_heads_are_refused),		 CASE(lengths_that_lie_are_refused),
	CASE(the_same_message_twice_is_refused), CASE_END,
};
UNIT_MAIN(cases)
