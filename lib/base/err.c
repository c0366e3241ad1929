/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One failure, one line. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static void escape_into(char out[static ERR_TEXT_MAX], const char *in)
{
	size_t n = 0;

	for (; *in && n + 5 < ERR_TEXT_MAX; in++) {
		unsigned char c = (unsigned char)*in;

		if (c == '\n') {
			memcpy(out + n, "\\n", 2);
			n += 2;
		} else if (is_control(c)) {
			n += (size_t)snprintf(out + n, 5, "\\x%02x", c);
		} else {
			out[n++] = (char)c;
		}
	}
	out[n] = '\0';
}

int err_set(struct err *err, const char *fmt, ...)
{
	char raw[ERR_TEXT_MAX];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	escape_into(err->text, raw);
	return -1;
}

int err_errno(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	char raw[ERR_TEXT_MAX];
	va_list ap;
	int n;

	if (!err)
		return -1;
	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(raw))
		(void)snprintf(raw + n, sizeof(raw) - (size_t)n, ": %s", strerror(saved));
	escape_into(err->text, raw);
	errno = saved;
	return -1;
}

int err_prepend(struct err *err, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX];
	char raw[ERR_TEXT_MAX];
	va_list ap;
	int n;

	if (!err)
		return -1;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(raw) - 3)
		n = (int)sizeof(raw) - 3;
	memcpy(raw + n, ": ", 3);
	strncat(raw, old, sizeof(raw) - (size_t)n - 3);
	escape_into(err->text, raw);
	return -1;
}
