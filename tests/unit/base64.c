/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64: the standard's vectors, and nothing that is written in another way. */
#include "base/base64.h"

#include "unit/unit.h"

static const char *const vectors[][2] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xff\xef\xbe", "/+++" },
};

static void vectors_are_written_and_read(void)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		AUTO_BUF text = BUF_INIT(64), data = BUF_INIT(64);
		struct err err = ERR_INIT;

		CHECK_OK(base64_format(vectors[i][0], strlen(vectors[i][0]), &text, &err), &err);
		CHECK_STR(buf_text(&text), vectors[i][1]);
		CHECK_OK(base64_parse(vectors[i][1], strlen(vectors[i][1]), &data, &err), &err);
		CHECK_STR(buf_text(&data), vectors[i][0]);
	}
}

static void nothing_else_is_read(void)
{
	static const char *const bad[] = {
		"Z",	"Zg",	 "Zg=",	 "Zg==Zg==", "Zh==", "Zm9=", "Z===",  "====",
		"Zm 9", "Zm9\n", "Zm9-", "Zm_v",     "=Zg=", "Zg=A", "Zm9vZ", "\xff\xff\xff\xff"
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_BUF data = BUF_INIT(64);
		struct err err = ERR_INIT;

		CHECK_FAILS(base64_parse(bad[i], strlen(bad[i]), &data, &err), &err, "base64: ");
		CHECK(data.len == 0);
	}
}

static void a_nul_is_no_character(void)
{
	AUTO_BUF data = BUF_INIT(64);
	struct err err = ERR_INIT;

	CHECK_FAILS(base64_parse("Zm\0v", 4, &data, &err), &err, "base64: ");
}

static void every_byte_comes_back(void)
{
	AUTO_BUF text = BUF_INIT(1024), data = BUF_INIT(256);
	struct err err = ERR_INIT;
	uint8_t all[256];

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	CHECK_OK(base64_format(all, sizeof(all), &text, &err), &err);
	CHECK_OK(base64_parse(buf_text(&text), text.len, &data, &err), &err);
	CHECK(data.len == sizeof(all));
	CHECK_MEM(data.data, all, sizeof(all));
	data.max = 511;
	CHECK_FAILS(base64_parse(buf_text(&text), text.len, &data, &err), &err, "");
	CHECK(data.len == sizeof(all));
}

static const struct unit_case cases[] = {
	CASE(vectors_are_written_and_read),
	CASE(nothing_else_is_read),
	CASE(a_nul_is_no_character),
	CASE(every_byte_comes_back),
	CASE_END,
};
UNIT_MAIN(cases)
