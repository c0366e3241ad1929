/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes and text with their lengths in front. */
#include "lock/wire.h"

#include <string.h>

int wire_put_be64(struct buf *b, uint64_t v, struct err *err)
{
	if (buf_put_be32(b, (uint32_t)(v >> 32), err) < 0)
		return -1;
	return buf_put_be32(b, (uint32_t)v, err);
}

int wire_put_bytes(struct buf *b, const void *data, size_t len, struct err *err)
{
	if (len > UINT16_MAX)
		return err_set(err, "%zu bytes are too many", len);
	if (buf_put_be16(b, (uint16_t)len, err) < 0)
		return -1;
	return len ? buf_put(b, data, len, err) : 0;
}

size_t wire_bytes(struct rd *in, uint8_t *ret_data, size_t max)
{
	size_t len = rd_be16(in);
	const uint8_t *at;

	if (len > max) {
		in->failed = true;
		return 0;
	}
	at = rd_bytes(in, len);
	if (!at)
		return 0;
	memcpy(ret_data, at, len);
	return len;
}

int wire_put_text(struct buf *b, const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (len > UINT8_MAX)
		return err_set(err, "a text of %zu bytes is too long", len);
	if (buf_put_u8(b, (uint8_t)len, err) < 0)
		return -1;
	return len ? buf_put(b, text, len, err) : 0;
}

void wire_text(struct rd *in, char *ret_text, size_t max)
{
	size_t len = rd_u8(in);
	const uint8_t *at = rd_bytes(in, len);

	ret_text[0] = '\0';
	if (!at || len >= max || memchr(at, '\0', len)) {
		in->failed = true;
		return;
	}
	memcpy(ret_text, at, len);
	ret_text[len] = '\0';
}

bool wire_is_text(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

bool wire_is_word(const char *text)
{
	return *text && !strchr(text, ' ') && wire_is_text(text);
}
