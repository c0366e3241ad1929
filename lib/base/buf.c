/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one growing byte buffer. */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST_CAP 256

static int buf_grow(struct buf *b, size_t more, struct err *err)
{
	size_t cap = b->cap ? b->cap : BUF_FIRST_CAP;
	uint8_t *data;

	if (more > b->max || b->len > b->max - more)
		return err_set(err, "too large: more than %zu bytes", b->max);
	while (cap < b->len + more + 1)
		cap *= 2;
	if (cap == b->cap)
		return 0;
	data = realloc(b->data, cap);
	if (!data)
		return err_set(err, "out of memory");
	b->data = data;
	b->cap = cap;
	return 0;
}

int buf_reserve(struct buf *b, size_t len, uint8_t **ret_at, struct err *err)
{
	if (buf_grow(b, len, err) < 0)
		return -1;
	*ret_at = b->data + b->len;
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int buf_put(struct buf *b, const void *data, size_t len, struct err *err)
{
	uint8_t *at;

	if (buf_reserve(b, len, &at, err) < 0)
		return -1;
	if (len)
		memcpy(at, data, len);
	return 0;
}

int buf_put_u8(struct buf *b, uint8_t v, struct err *err)
{
	return buf_put(b, &v, sizeof(v), err);
}

int buf_put_be16(struct buf *b, uint16_t v, struct err *err)
{
	const uint8_t raw[] = { (uint8_t)(v >> 8), (uint8_t)v };

	return buf_put(b, raw, sizeof(raw), err);
}

int buf_put_be32(struct buf *b, uint32_t v, struct err *err)
{
	const uint8_t raw[] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
				(uint8_t)v };

	return buf_put(b, raw, sizeof(raw), err);
}

int buf_putf(struct buf *b, struct err *err, const char *fmt, ...)
{
	va_list ap;
	uint8_t *at;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return err_set(err, "format: %s", strerror(EINVAL));
	if (buf_reserve(b, (size_t)n, &at, err) < 0)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf((char *)at, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return 0;
}

const char *buf_text(const struct buf *b)
{
	return b->data ? (const char *)b->data : "";
}

char *buf_line(struct buf *b, char **state)
{
	char *from = *state ? NULL : (char *)b->data;

	return b->len ? strtok_r(from, "\n", state) : NULL;
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void buf_done(struct buf *b)
{
	int saved = errno;

	free(b->data);
	b->data = NULL;
	b->len = 0;
	b->cap = 0;
	errno = saved;
}

void buf_wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->cap);
	buf_done(b);
}
