/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and UUIDs as the kernel reads them. */
#include "ima/policy_values.h"

#include <string.h>

#include "base/hex.h"

#define UUID_TEXT_LEN 36

/* Digits only, at least one, no overflow. */
static bool parse_digits(const char *at, unsigned int base, uint64_t *ret_value)
{
	uint64_t v = 0;

	if (*at == '\0')
		return false;
	for (; *at; at++) {
		int digit = hex_digit(*at);

		if (digit < 0 || (unsigned int)digit >= base ||
		    v > (UINT64_MAX - (unsigned int)digit) / base)
			return false;
		v = v * base + (unsigned int)digit;
	}
	*ret_value = v;
	return true;
}

bool policy_parse_ulong(const char *text, unsigned int base, uint64_t *ret_value)
{
	if (*text == '+')
		text++;
	if (base == 16 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	return parse_digits(text, base, ret_value);
}

bool policy_parse_int(const char *text, int *ret_value)
{
	bool negative = *text == '-';
	uint64_t v;

	if (negative ? !parse_digits(text + 1, 10, &v) : !policy_parse_ulong(text, 10, &v))
		return false;
	if (v > (uint64_t)INT32_MAX + (negative ? 1 : 0))
		return false;
	*ret_value = negative ? (int)-(int64_t)v : (int)v;
	return true;
}

bool policy_parse_uuid(const char *text, uint8_t ret_uuid[static POLICY_UUID_SIZE])
{
	uint8_t uuid[POLICY_UUID_SIZE];
	size_t n = 0;

	for (size_t i = 0; i < UUID_TEXT_LEN; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return false;
			continue;
		}
		if (hex_digit(text[i]) < 0)
			return false;
		if (n % 2 == 0)
			uuid[n / 2] = (uint8_t)(hex_digit(text[i]) << 4);
		else
			uuid[n / 2] = (uint8_t)(uuid[n / 2] | hex_digit(text[i]));
		n++;
	}
	memcpy(ret_uuid, uuid, sizeof(uuid));
	return true;
}
