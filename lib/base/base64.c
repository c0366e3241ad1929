/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64: three bytes in four digits, the last ones with zero bits behind them. */
#include "base/base64.h"

#include <string.h>

#define DIGITS 4 /* of three bytes */

static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int base64_format(const void *data, size_t len, struct buf *out, struct err *err)
{
	const uint8_t *in = data;
	uint8_t *at;

	if (buf_reserve(out, (len + 2) / 3 * DIGITS, &at, err) < 0)
		return -1;
	for (size_t i = 0; i < len; i += 3, at += DIGITS) {
		size_t left = len - i;
		uint32_t v = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) |
			     (left > 2 ? in[i + 2] : 0U);

		at[0] = (uint8_t)plain[v >> 18];
		at[1] = (uint8_t)plain[v >> 12 & 63];
		at[2] = left > 1 ? (uint8_t)plain[v >> 6 & 63] : '=';
		at[3] = left > 2 ? (uint8_t)plain[v & 63] : '=';
	}
	return 0;
}

int base64url_format(const void *data, size_t len, struct buf *out, struct err *err)
{
	size_t before = out->len;

	if (base64_format(data, len, out, err) < 0)
		return -1;
	for (size_t i = before; i < out->len; i++) {
		const uint8_t c = out->data[i];

		out->data[i] = c == '+' ? '-' : c == '/' ? '_' : c;
	}
	out->len -= (3 - len % 3) % 3;
	if (out->data)
		out->data[out->len] = '\0';
	return 0;
}

/* How many bytes n digits are: 1 to 3, or 0 where they are none. */
static size_t parse_digits(const char *alphabet, const char *text, size_t n, uint8_t *ret_bytes)
{
	uint32_t v = 0;

	for (size_t i = 0; i < DIGITS; i++) {
		const char *digit = i >= n ? alphabet : text[i] ? strchr(alphabet, text[i]) : NULL;

		if (!digit)
			return 0;
		v = v << 6 | (uint32_t)(digit - alphabet);
	}
	if (n < 2 || (n == 2 && (v & 0xffff)) || (n == 3 && (v & 0xff)))
		return 0;
	ret_bytes[0] = (uint8_t)(v >> 16);
	ret_bytes[1] = (uint8_t)(v >> 8);
	ret_bytes[2] = (uint8_t)v;
	return n - 1;
}

static int parse(const char *alphabet, const char *text, size_t len, struct buf *out,
		 struct err *err)
{
	size_t before = out->len;

	for (size_t i = 0; i < len; i += DIGITS) {
		uint8_t bytes[3];
		size_t n = parse_digits(alphabet, text + i, len - i < DIGITS ? len - i : DIGITS,
					bytes);

		if (n > 0 && buf_put(out, bytes, n, err) == 0)
			continue;
		out->len = before;
		return n ? -1 : err_set(err, "not such text at character %zu", i + 1);
	}
	return 0;
}

int base64_parse(const char *text, size_t len, struct buf *out, struct err *err)
{
	size_t pad = 0;

	if (len % DIGITS != 0)
		return err_set(err, "base64: cut off");
	while (pad < 2 && pad < len && text[len - pad - 1] == '=')
		pad++;
	return parse(plain, text, len - pad, out, err) < 0 ? err_prepend(err, "base64") : 0;
}

int base64url_parse(const char *text, size_t len, struct buf *out, struct err *err)
{
	return parse(url, text, len, out, err) < 0 ? err_prepend(err, "base64url") : 0;
}
