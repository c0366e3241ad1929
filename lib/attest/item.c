/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CBOR an item at a time, by libcbor's streaming half: it allocates nothing, whatever is claimed.
 */
#include "attest/item.h"

#include <string.h>

#include <cbor.h>

#define HEAD_MAX 9 /* bytes: RFC 8949, 3 */

/* What libcbor's callbacks left. */
struct seen {
	bool known; /* it is one of ours */
	struct item item;
};

static void see(void *ctx, enum item_kind kind, uint64_t value, const uint8_t *data)
{
	struct seen *seen = ctx;

	seen->known = true;
	seen->item = (struct item){ .kind = kind, .value = value, .data = data };
}

static void on_u8(void *ctx, uint8_t v)
{
	see(ctx, ITEM_UINT, v, NULL);
}

static void on_u16(void *ctx, uint16_t v)
{
	see(ctx, ITEM_UINT, v, NULL);
}

static void on_u32(void *ctx, uint32_t v)
{
	see(ctx, ITEM_UINT, v, NULL);
}

static void on_u64(void *ctx, uint64_t v)
{
	see(ctx, ITEM_UINT, v, NULL);
}

static void on_bytes(void *ctx, cbor_data data, size_t len)
{
	see(ctx, ITEM_BYTES, len, data);
}

static void on_text(void *ctx, cbor_data data, size_t len)
{
	see(ctx, ITEM_TEXT, len, data);
}

static void on_array(void *ctx, size_t n)
{
	see(ctx, ITEM_ARRAY, n, NULL);
}

static void on_map(void *ctx, size_t n)
{
	see(ctx, ITEM_MAP, n, NULL);
}

static void on_bool(void *ctx, bool v)
{
	see(ctx, ITEM_BOOL, v, NULL);
}

/* The shortest head, which is the only one that is taken and written. */
static size_t head(enum item_kind kind, uint64_t value, uint8_t ret_head[static HEAD_MAX])
{
	switch (kind) {
	case ITEM_UINT:
		return cbor_encode_uint(value, ret_head, HEAD_MAX);
	case ITEM_BYTES:
		return cbor_encode_bytestring_start(value, ret_head, HEAD_MAX);
	case ITEM_TEXT:
		return cbor_encode_string_start(value, ret_head, HEAD_MAX);
	case ITEM_ARRAY:
		return cbor_encode_array_start(value, ret_head, HEAD_MAX);
	case ITEM_MAP:
		return cbor_encode_map_start(value, ret_head, HEAD_MAX);
	case ITEM_BOOL:
		return cbor_encode_bool(value != 0, ret_head, HEAD_MAX);
	}
	return 0;
}

static const char *kind_name(enum item_kind kind)
{
	static const char *const names[] = {
		[ITEM_UINT] = "a number",  [ITEM_BYTES] = "bytes", [ITEM_TEXT] = "text",
		[ITEM_ARRAY] = "an array", [ITEM_MAP] = "a map",   [ITEM_BOOL] = "true or false",
	};

	return names[kind];
}

static struct cbor_decoder_result decode(const struct rd *in, struct seen *seen)
{
	struct cbor_callbacks calls = cbor_empty_callbacks;

	calls.uint8 = on_u8;
	calls.uint16 = on_u16;
	calls.uint32 = on_u32;
	calls.uint64 = on_u64;
	calls.byte_string = on_bytes;
	calls.string = on_text;
	calls.array_start = on_array;
	calls.map_start = on_map;
	calls.boolean = on_bool;
	return cbor_stream_decode(in->at, in->left, &calls, seen);
}

int item_next(struct rd *in, enum item_kind kind, struct item *ret_item, struct err *err)
{
	struct seen seen = { .known = false };
	struct cbor_decoder_result result;
	uint8_t want[HEAD_MAX];
	uint64_t body;
	size_t len;

	if (in->failed || !in->left)
		return err_set(err, "it ends too early");
	result = decode(in, &seen);
	if (result.status == CBOR_DECODER_NEDATA)
		return err_set(err, "it ends too early");
	if (result.status != CBOR_DECODER_FINISHED || !seen.known || seen.item.kind != kind)
		return err_set(err, "not %s", kind_name(kind));
	body = kind == ITEM_BYTES || kind == ITEM_TEXT ? seen.item.value : 0;
	len = head(kind, seen.item.value, want);
	if (len == 0 || result.read > in->left || body > result.read || result.read - body != len ||
	    memcmp(in->at, want, len) != 0)
		return err_set(err, "not in its shortest form");
	(void)rd_bytes(in, result.read);
	*ret_item = seen.item;
	return 0;
}

static int put(struct buf *out, enum item_kind kind, uint64_t value, struct err *err)
{
	uint8_t raw[HEAD_MAX];

	return buf_put(out, raw, head(kind, value, raw), err);
}

int item_put_uint(struct buf *out, uint64_t value, struct err *err)
{
	return put(out, ITEM_UINT, value, err);
}

int item_put_bool(struct buf *out, bool value, struct err *err)
{
	return put(out, ITEM_BOOL, value, err);
}

int item_put_bytes(struct buf *out, const void *data, size_t len, struct err *err)
{
	return put(out, ITEM_BYTES, len, err) < 0 ? -1 : buf_put(out, data, len, err);
}

int item_put_text(struct buf *out, const char *text, size_t len, struct err *err)
{
	return put(out, ITEM_TEXT, len, err) < 0 ? -1 : buf_put(out, text, len, err);
}

int item_put_array(struct buf *out, size_t n, struct err *err)
{
	return put(out, ITEM_ARRAY, n, err);
}

int item_put_map(struct buf *out, size_t n, struct err *err)
{
	return put(out, ITEM_MAP, n, err);
}
