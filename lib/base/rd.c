/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded cursor. */
#include "base/rd.h"

#include <string.h>

struct rd rd_init(const void *data, size_t len)
{
	return (struct rd){ .at = data, .left = len, .failed = false };
}

const uint8_t *rd_bytes(struct rd *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->failed || len > r->left || !at) {
		r->failed = r->failed || len > r->left || (!at && len);
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return at;
}

static uint64_t rd_be(struct rd *r, size_t len)
{
	const uint8_t *p = rd_bytes(r, len);
	uint64_t v = 0;

	for (size_t i = 0; p && i < len; i++)
		v = v << 8 | p[i];
	return v;
}

static uint64_t rd_le(struct rd *r, size_t len)
{
	const uint8_t *p = rd_bytes(r, len);
	uint64_t v = 0;

	for (size_t i = len; p && i > 0; i--)
		v = v << 8 | p[i - 1];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_be(r, 1);
}

uint16_t rd_le16(struct rd *r)
{
	return (uint16_t)rd_le(r, 2);
}

uint32_t rd_le32(struct rd *r)
{
	return (uint32_t)rd_le(r, 4);
}

uint64_t rd_le64(struct rd *r)
{
	return rd_le(r, 8);
}

uint16_t rd_be16(struct rd *r)
{
	return (uint16_t)rd_be(r, 2);
}

uint32_t rd_be32(struct rd *r)
{
	return (uint32_t)rd_be(r, 4);
}

uint64_t rd_be64(struct rd *r)
{
	return rd_be(r, 8);
}

struct rd rd_sub(struct rd *r, size_t len)
{
	const uint8_t *p = rd_bytes(r, len);

	return (struct rd){ .at = p, .left = p ? len : 0, .failed = r->failed };
}

const uint8_t *rd_until(struct rd *r, uint8_t end, size_t *ret_len)
{
	const uint8_t *at = r->at;
	const uint8_t *stop = r->failed || !r->left ? NULL : memchr(at, end, r->left);

	if (!stop) {
		r->failed = true;
		return NULL;
	}
	*ret_len = (size_t)(stop - at);
	r->at = stop + 1;
	r->left -= *ret_len + 1;
	return at;
}

bool rd_ok(const struct rd *r)
{
	return !r->failed;
}

bool rd_done(const struct rd *r)
{
	return !r->failed && r->left == 0;
}
