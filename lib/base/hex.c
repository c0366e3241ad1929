/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hexadecimal text. */
#include "base/hex.h"

#include <stdint.h>
#include <string.h>

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void hex_format(const void *data, size_t len, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		*ret_text++ = digits[p[i] >> 4];
		*ret_text++ = digits[p[i] & 15];
	}
	*ret_text = '\0';
}

int hex_parse(const char *text, void *ret_data, size_t len, struct err *err)
{
	uint8_t *out = ret_data;

	if (strlen(text) != 2 * len)
		return err_set(err, "%zu hex digits where %zu belong", strlen(text), 2 * len);
	for (size_t i = 0; i < len; i++) {
		int hi = hex_digit(text[2 * i]);
		int lo = hex_digit(text[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return err_set(err, "not a hex digit: '%c'",
				       text[2 * i + (hi < 0 ? 0 : 1)]);
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}
