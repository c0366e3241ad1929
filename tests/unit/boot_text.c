/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of boot logs: what is ill-formed is not shown as if it were well. */
#include "attest/boot_text.h"

#include "unit.h"

static bool utf16_shows(const char *bytes, size_t len, const char *want)
{
	char text[64];

	return boot_text_utf16((const uint8_t *)bytes, len, text, sizeof(text)) &&
	       strcmp(text, want) == 0;
}

static void utf16_is_read_strictly(void)
{
	char text[64];

	CHECK(utf16_shows("\xe4\0\xac\x20\x3d\xd8\x00\xde", 8,
			  "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"));
	CHECK(utf16_shows("", 0, ""));
	CHECK(!utf16_shows("a\0b", 3, "a"));
	CHECK(!utf16_shows("a\0\0\0b\0", 6, "a"));
	CHECK(!utf16_shows("\x3d\xd8", 2, ""));
	CHECK(!utf16_shows("\x3d\xd8\x41\0", 4, ""));
	CHECK(!utf16_shows("\x00\xde\x3d\xd8", 4, ""));
	CHECK(!boot_text_utf8((const uint8_t *)"\xc0\x80", 2, text, sizeof(text)));
	CHECK(!boot_text_utf8((const uint8_t *)"\xed\xa0\x80", 3, text, sizeof(text)));
	CHECK(!boot_text_utf8((const uint8_t *)"\xf4\x90\x80\x80", 4, text, sizeof(text)));
	CHECK(!boot_text_utf8((const uint8_t *)"\xe2\x82", 2, text, sizeof(text)));
	CHECK(!boot_text_utf8((const uint8_t *)"\x80", 1, text, sizeof(text)));
}

static void utf16_is_made_of_utf8(void)
{
	AUTO_BUF out = BUF_INIT(8);
	struct err err = ERR_INIT;

	CHECK_OK(boot_text_put_utf16(&out, "\xc3\xa4\xf0\x9f\x98\x80", &err), &err);
	CHECK(out.len == 6);
	CHECK_MEM(out.data, "\xe4\0\x3d\xd8\x00\xde", 6);
	CHECK(boot_text_is((const uint8_t *)"d\0b\0", 4, "db"));
	CHECK(!boot_text_is((const uint8_t *)"d\0b\1", 4, "db"));
	CHECK(!boot_text_is((const uint8_t *)"d\0b\0", 4, "dbx"));
	CHECK_FAILS(boot_text_put_utf16(&out, "\xff", &err), &err, "not UTF-8");
	CHECK_FAILS(boot_text_put_utf16(&out, "ab", &err), &err, "too large");
}

static const struct unit_case cases[] = {
	CASE(utf16_is_read_strictly),
	CASE(utf16_is_made_of_utf8),
	CASE_END,
};
UNIT_MAIN(cases)
