/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as base64, and back. */
#include "base/base64.h"

#include <stdbool.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_format(const void *data, size_t len, struct buf *out, struct err *err)
{
	const uint8_t *in = data;
	uint8_t *at;

	if (buf_reserve(out, (len + 2) / 3 * 4, &at, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i += 3, at += 4) {
		size_t left = len - i;
		uint32_t v = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
			     (left > 2 ? in[i + 2] : 0U);

		at[0] = (uint8_t)alphabet[v >> 18];
		at[1] = (uint8_t)alphabet[v >> 12 & 63];
		at[2] = left > 1 ? (uint8_t)alphabet[v >> 6 & 63] : '=';
		at[3] = left > 2 ? (uint8_t)alphabet[v & 63] : '=';
	}
	return 0;
}

/* 0 to 63; 64: no such character. */
static uint32_t value_of(char c)
{
	const char *found = c ? strchr(alphabet, c) : NULL;

	return found ? (uint32_t)(found - alphabet) : 64;
}

/* How many bytes four characters are: 1 to 3, or 0 where they are none. */
static size_t parse_quad(const char *text, bool last, uint8_t ret_bytes[static 3])
{
	size_t chars = 4;
	uint32_t v = 0;

	if (last && text[3] == '=')
		chars = text[2] == '=' ? 2 : 3;
	for (size_t i = 0; i < 4; i++) {
		uint32_t digit = i < chars ? value_of(text[i]) : 0;

		if (digit > 63)
			return 0;
		v = v << 6 | digit;
	}
	ret_bytes[0] = (uint8_t)(v >> 16);
	ret_bytes[1] = (uint8_t)(v >> 8);
	ret_bytes[2] = (uint8_t)v;
	if ((chars == 2 && (v & 0xffff)) || (chars == 3 && (v & 0xff)))
		return 0;
	return chars - 1;
}

int base64_parse(const char *text, size_t len, struct buf *out, struct err *err)
{
	size_t before = out->len;

	if (len % 4 != 0)
		return err_set(err, "base64: cut off");
	for (size_t i = 0; i < len; i += 4) {
		uint8_t bytes[3];
		size_t n = parse_quad(text + i, i + 4 == len, bytes);

		if (n > 0 && buf_put(out, bytes, n, err) == 0)
			continue;
		out->len = before;
		return n ? -1 : err_set(err, "base64: not such text at character %zu", i + 1);
	}
	return 0;
}
