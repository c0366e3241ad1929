/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of messages, each written and read side by side. */
#include "attest/evidence_field.h"

#include <string.h>

#include "attest/evidence.h"
#include "attest/item.h"
#include "attest/tpm_alg.h"

#define PCRS_ITEMS 3 /* bank, mask, values */
#define UTF8_MAX 4   /* bytes of one character */

/* The bytes of the character, 0: it is none, or one that has no place in a name or a sentence. */
static size_t char_len(const uint8_t *at, size_t left)
{
	static const uint32_t least[UTF8_MAX + 1] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : 4;
	uint32_t c = n == 1 ? at[0] : at[0] & (0x7fU >> n);

	if (n > left || (n == 4 && at[0] >> 3 != 30))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (at[i] >> 6 != 2)
			return 0;
		c = c << 6 | (at[i] & 0x3f);
	}
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c < least[n] || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

/* What is no text becomes '?', so that an answer never fails for what a host called a file. */
static void clean(char *text, size_t len)
{
	uint8_t *at = (uint8_t *)text;

	while (len) {
		size_t n = char_len(at, len);

		if (n == 0) {
			*at = '?';
			n = 1;
		}
		at += n;
		len -= n;
	}
}

static bool is_clean(const uint8_t *at, size_t len)
{
	while (len) {
		size_t n = char_len(at, len);

		if (n == 0)
			return false;
		at += n;
		len -= n;
	}
	return true;
}

static int put_text(const struct field *field, const uint8_t *at, struct buf *out, struct err *err)
{
	size_t len = strnlen((const char *)at, field->max);
	size_t begin;

	if (len == field->max)
		return err_set(err, "no end in %zu bytes", field->max);
	if (item_put_text(out, (const char *)at, len, err) < 0)
		return -1;
	begin = out->len - len;
	clean((char *)out->data + begin, len);
	return 0;
}

static int get_text(const struct field *field, struct rd *in, uint8_t *ret_at, struct err *err)
{
	struct item item;

	if (item_next(in, ITEM_TEXT, &item, err) < 0)
		return -1;
	if (item.value >= field->max)
		return err_set(err, "longer than %zu bytes", field->max - 1);
	if (!is_clean(item.data, item.value))
		return err_set(err, "not UTF-8, or with control characters");
	if (item.value)
		memcpy(ret_at, item.data, item.value);
	return 0;
}

static int check_len(const struct field *field, uint64_t len, struct err *err)
{
	if (len < field->min || len > field->max)
		return err_set(err, "%llu bytes (%zu to %zu)", (unsigned long long)len, field->min,
			       field->max);
	return 0;
}

static int put_bytes(const struct field *field, const uint8_t *at, struct buf *out, struct err *err)
{
	struct bytes bytes;

	memcpy(&bytes, at, sizeof(bytes));
	if (check_len(field, bytes.len, err) < 0)
		return -1;
	return item_put_bytes(out, bytes.data, bytes.len, err);
}

static int get_bytes(const struct field *field, struct rd *in, struct bytes *ret_bytes,
		     struct err *err)
{
	struct item item;

	if (item_next(in, ITEM_BYTES, &item, err) < 0 || check_len(field, item.value, err) < 0)
		return -1;
	*ret_bytes = (struct bytes){ .data = item.data, .len = item.value };
	return 0;
}

static int get_fixed(const struct field *field, struct rd *in, uint8_t *ret_at, struct err *err)
{
	struct item item;

	if (item_next(in, ITEM_BYTES, &item, err) < 0)
		return -1;
	if (item.value != field->max)
		return err_set(err, "not %zu bytes", field->max);
	memcpy(ret_at, item.data, field->max);
	return 0;
}

static int put_number(const struct field *field, const uint8_t *at, struct buf *out,
		      struct err *err)
{
	uint64_t wide = 0;
	uint32_t narrow;

	if (field->kind == FIELD_U64) {
		memcpy(&wide, at, sizeof(wide));
	} else {
		memcpy(&narrow, at, sizeof(narrow));
		wide = narrow;
	}
	return item_put_uint(out, wide, err);
}

static int get_number(const struct field *field, struct rd *in, uint8_t *ret_at, struct err *err)
{
	struct item item;
	uint32_t narrow;

	if (item_next(in, ITEM_UINT, &item, err) < 0)
		return -1;
	if (field->kind == FIELD_U64) {
		memcpy(ret_at, &item.value, sizeof(item.value));
		return 0;
	}
	if (item.value > UINT32_MAX)
		return err_set(err, "more than 32 bits");
	narrow = (uint32_t)item.value;
	memcpy(ret_at, &narrow, sizeof(narrow));
	return 0;
}

static int put_bool(const uint8_t *at, struct buf *out, struct err *err)
{
	bool value;

	memcpy(&value, at, sizeof(value));
	return item_put_bool(out, value, err);
}

static int get_bool(struct rd *in, uint8_t *ret_at, struct err *err)
{
	struct item item;
	bool value;

	if (item_next(in, ITEM_BOOL, &item, err) < 0)
		return -1;
	value = item.value != 0;
	memcpy(ret_at, &value, sizeof(value));
	return 0;
}

static int check_mask(uint64_t mask, struct err *err)
{
	if (mask == 0 || mask >> QUOTE_PCRS)
		return err_set(err, "a mask of no PCR, or of PCRs that there are not");
	return 0;
}

static int put_pcrs(const uint8_t *at, struct buf *out, struct err *err)
{
	AUTO_BUF values = BUF_INIT(QUOTE_PCRS * HASH_SIZE_MAX);
	struct pcr_set pcrs;

	memcpy(&pcrs, at, sizeof(pcrs));
	if (check_mask(pcrs.mask, err) < 0)
		return -1;
	if (tpm_alg_of_hash(pcrs.bank) == TPM_NULL)
		return err_set(err, "a bank of no hash algorithm");
	for (size_t i = 0; i < QUOTE_PCRS; i++)
		if (pcrs.mask >> i & 1 &&
		    buf_put(&values, pcrs.value[i], hash_algo_size(pcrs.bank), err) < 0)
			return -1;
	if (item_put_array(out, PCRS_ITEMS, err) < 0 ||
	    item_put_uint(out, tpm_alg_of_hash(pcrs.bank), err) < 0 ||
	    item_put_uint(out, pcrs.mask, err) < 0)
		return -1;
	return item_put_bytes(out, values.data, values.len, err);
}

static int get_values(const struct item *item, struct pcr_set *pcrs, struct err *err)
{
	struct rd in = rd_init(item->data, item->value);
	size_t size = hash_algo_size(pcrs->bank);

	for (size_t i = 0; i < QUOTE_PCRS; i++) {
		const uint8_t *value = pcrs->mask >> i & 1 ? rd_bytes(&in, size) : NULL;

		if (value)
			memcpy(pcrs->value[i], value, size);
	}
	return rd_done(&in) ? 0 : err_set(err, "not the values of the mask");
}

static int get_pcrs(struct rd *in, uint8_t *ret_at, struct err *err)
{
	struct item count, bank, mask, values;
	struct pcr_set pcrs = { .mask = 0 };

	if (item_next(in, ITEM_ARRAY, &count, err) < 0)
		return -1;
	if (count.value != PCRS_ITEMS)
		return err_set(err, "not bank, mask and values");
	if (item_next(in, ITEM_UINT, &bank, err) < 0 ||
	    tpm_alg_hash(bank.value, &pcrs.bank, err) < 0 ||
	    item_next(in, ITEM_UINT, &mask, err) < 0 || check_mask(mask.value, err) < 0 ||
	    item_next(in, ITEM_BYTES, &values, err) < 0)
		return -1;
	pcrs.mask = (uint32_t)mask.value;
	if (get_values(&values, &pcrs, err) < 0)
		return -1;
	memcpy(ret_at, &pcrs, sizeof(pcrs));
	return 0;
}

static int put_certs(const struct field *field, const uint8_t *at, struct buf *out, struct err *err)
{
	size_t n;

	memcpy(&n, at + RECORD_CERTS_MAX * sizeof(struct bytes), sizeof(n));
	if (n > RECORD_CERTS_MAX)
		return err_set(err, "more than %d", RECORD_CERTS_MAX);
	if (item_put_array(out, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put_bytes(field, at + i * sizeof(struct bytes), out, err) < 0)
			return -1;
	return 0;
}

static int get_certs(const struct field *field, struct rd *in, uint8_t *ret_at, struct err *err)
{
	struct item count;
	size_t n;

	if (item_next(in, ITEM_ARRAY, &count, err) < 0)
		return -1;
	if (count.value > RECORD_CERTS_MAX)
		return err_set(err, "more than %d", RECORD_CERTS_MAX);
	n = count.value;
	for (size_t i = 0; i < n; i++) {
		struct bytes cert;

		if (get_bytes(field, in, &cert, err) < 0)
			return -1;
		memcpy(ret_at + i * sizeof(cert), &cert, sizeof(cert));
	}
	memcpy(ret_at + RECORD_CERTS_MAX * sizeof(struct bytes), &n, sizeof(n));
	return 0;
}

int field_encode(const struct field *field, const uint8_t *at, struct buf *out, struct err *err)
{
	switch (field->kind) {
	case FIELD_FIXED:
		return item_put_bytes(out, at, field->max, err);
	case FIELD_BYTES:
		return put_bytes(field, at, out, err);
	case FIELD_TEXT:
		return put_text(field, at, out, err);
	case FIELD_U32:
	case FIELD_U64:
		return put_number(field, at, out, err);
	case FIELD_BOOL:
		return put_bool(at, out, err);
	case FIELD_PCRS:
		return put_pcrs(at, out, err);
	case FIELD_CERTS:
		return put_certs(field, at, out, err);
	}
	return err_set(err, "a field of no kind");
}

int field_decode(const struct field *field, struct rd *in, uint8_t *ret_at, struct err *err)
{
	struct bytes bytes;

	switch (field->kind) {
	case FIELD_FIXED:
		return get_fixed(field, in, ret_at, err);
	case FIELD_BYTES:
		if (get_bytes(field, in, &bytes, err) < 0)
			return -1;
		memcpy(ret_at, &bytes, sizeof(bytes));
		return 0;
	case FIELD_TEXT:
		return get_text(field, in, ret_at, err);
	case FIELD_U32:
	case FIELD_U64:
		return get_number(field, in, ret_at, err);
	case FIELD_BOOL:
		return get_bool(in, ret_at, err);
	case FIELD_PCRS:
		return get_pcrs(in, ret_at, err);
	case FIELD_CERTS:
		return get_certs(field, in, ret_at, err);
	}
	return err_set(err, "a field of no kind");
}
