/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-16 and UTF-8, one character at a time. */
#include "attest/boot_text.h"

#include <stdio.h>
#include <string.h>

#include "base/rd.h"

#define BAD UINT32_MAX
#define UNICODE_MAX 0x10ffffU

struct text {
	char *at;
	size_t size; /* bytes left, the NUL's included */
	bool bad;
};

static void put(struct text *out, const char *bytes, size_t len)
{
	if (len >= out->size) {
		out->bad = true;
		return;
	}
	memcpy(out->at, bytes, len);
	out->at += len;
	out->size -= len;
	*out->at = '\0';
}

static size_t utf8_of(uint32_t c, char out[static 4])
{
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(first[n] | c);
	return n;
}

static void put_shown(struct text *out, uint32_t c)
{
	char bytes[5];

	if (c == 0 || c == BAD)
		out->bad = true;
	else if (c == '\n')
		put(out, "\\n", 2);
	else if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0))
		put(out, bytes, (size_t)snprintf(bytes, sizeof(bytes), "\\x%02x", c));
	else
		put(out, bytes, utf8_of(c, bytes));
}

static uint32_t next_utf16(struct rd *r)
{
	uint32_t c = rd_le16(r);
	uint32_t low;

	if (c < 0xd800 || c > 0xdfff)
		return rd_ok(r) ? c : BAD;
	low = rd_le16(r);
	if (!rd_ok(r) || c > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return BAD;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

static uint32_t next_utf8(struct rd *r)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = rd_u8(r);
	size_t n = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : 4;

	if (n == 1)
		return c;
	if (n == 4 && (c & 0xf8) != 0xf0)
		return BAD;
	c &= 0x7fU >> n;
	for (size_t i = 1; i < n; i++) {
		uint32_t more = rd_u8(r);

		if (!rd_ok(r) || (more & 0xc0) != 0x80)
			return BAD;
		c = c << 6 | (more & 0x3f);
	}
	return c < least[n] || c > UNICODE_MAX || (c >= 0xd800 && c <= 0xdfff) ? BAD : c;
}

static bool show(struct rd r, uint32_t (*next)(struct rd *), char *ret_text, size_t size)
{
	struct text out = { .at = ret_text, .size = size };

	*ret_text = '\0';
	while (r.left && !out.bad)
		put_shown(&out, next(&r));
	if (out.bad)
		*ret_text = '\0';
	return !out.bad;
}

bool boot_text_utf16(const uint8_t *data, size_t len, char *ret_text, size_t size)
{
	while (len >= 2 && len % 2 == 0 && data[len - 1] == 0 && data[len - 2] == 0)
		len -= 2;
	return show(rd_init(data, len), next_utf16, ret_text, size);
}

bool boot_text_utf8(const uint8_t *data, size_t len, char *ret_text, size_t size)
{
	while (len && data[len - 1] == 0)
		len--;
	return show(rd_init(data, len), next_utf8, ret_text, size);
}

static int put_le16(struct buf *out, uint32_t v, struct err *err)
{
	const uint8_t raw[] = { (uint8_t)v, (uint8_t)(v >> 8) };

	return buf_put(out, raw, sizeof(raw), err);
}

int boot_text_put_utf16(struct buf *out, const char *text, struct err *err)
{
	struct rd r = rd_init(text, strlen(text));

	while (r.left) {
		uint32_t c = next_utf8(&r);

		if (c == BAD)
			return err_set(err, "not UTF-8");
		if (c >= 0x10000 && put_le16(out, 0xd800 + ((c - 0x10000) >> 10), err) < 0)
			return -1;
		if (put_le16(out, c >= 0x10000 ? 0xdc00 + ((c - 0x10000) & 0x3ff) : c, err) < 0)
			return -1;
	}
	return 0;
}

bool boot_text_is(const uint8_t *utf16, size_t len, const char *ascii)
{
	size_t n = strlen(ascii);

	if (len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (utf16[2 * i] != (uint8_t)ascii[i] || utf16[2 * i + 1] != 0)
			return false;
	return true;
}
