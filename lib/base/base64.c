/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64 for URLs: three bytes in four digits, the last ones with zero bits behind them. */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

#define GROUP 3	 /* bytes */
#define DIGITS 4 /* of a group */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int base64url_format(const void *data, size_t len, struct buf *out, struct err *err)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i += GROUP) {
		size_t n = len - i < GROUP ? len - i : GROUP;
		uint32_t v = (uint32_t)at[i] << 16 | (n > 1 ? (uint32_t)at[i + 1] << 8 : 0) |
			     (n > 2 ? at[i + 2] : 0U);
		char text[DIGITS];

		for (size_t k = 0; k < DIGITS; k++)
			text[k] = digits[v >> (18 - 6 * k) & 63];
		if (buf_put(out, text, n + 1, err) < 0)
			return -1;
	}
	return 0;
}

static int parse_group(const char *text, size_t n, struct buf *out, struct err *err)
{
	uint8_t bytes[GROUP];
	uint32_t v = 0;

	for (size_t k = 0; k < DIGITS; k++) {
		const char *digit = k < n && text[k] ? strchr(digits, text[k]) : digits;

		if (!digit || (k < n && !text[k]))
			return err_set(err, "not base64url");
		v = v << 6 | (uint32_t)(digit - digits);
	}
	if (n == 1 || (n == 2 && v & 0xffff) || (n == 3 && v & 0xff))
		return err_set(err, "not base64url");
	for (size_t k = 0; k < GROUP; k++)
		bytes[k] = (uint8_t)(v >> (16 - 8 * k));
	return buf_put(out, bytes, n - 1, err);
}

int base64url_parse(const char *text, size_t len, struct buf *out, struct err *err)
{
	for (size_t i = 0; i < len; i += DIGITS)
		if (parse_group(text + i, len - i < DIGITS ? len - i : DIGITS, out, err) < 0)
			return -1;
	return 0;
}
