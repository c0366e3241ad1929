/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages: a table for each, and what the quote binds of them. */
#include "attest/evidence.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "attest/evidence_field.h"
#include "attest/item.h"

#define KEY_VERSION 0
#define KEY_TYPE 1
#define KEY_FIRST 2 /* the key of a message's first own field */

#define QUALIFYING_DOMAIN "assay-attest 1 quote\n"

enum msg_type {
	MSG_ENROL = 1,
	MSG_CHALLENGE,
	MSG_PROOF,
	MSG_BEGIN,
	MSG_NONCE,
	MSG_EVIDENCE,
	MSG_STATE,
};

struct msg_spec {
	const char *name;
	enum msg_type type;
	size_t size; /* of the struct */
	const struct field *fields;
	size_t n;
};

#define AT(msg, field) .name = #field, .offset = offsetof(struct msg_##msg, field)
#define FIXED(msg, field) \
	{ \
		AT(msg, field), .kind = FIELD_FIXED, .max = sizeof(((struct msg_##msg *)0)->field) \
	}
#define TEXT(msg, field) \
	{ \
		AT(msg, field), .kind = FIELD_TEXT, .max = sizeof(((struct msg_##msg *)0)->field) \
	}
#define BYTES(msg, field, least, most) \
	{ \
		AT(msg, field), .kind = FIELD_BYTES, .min = (least), .max = (most) \
	}
#define U32(msg, field) \
	{ \
		AT(msg, field), .kind = FIELD_U32 \
	}
#define U64(msg, field) \
	{ \
		AT(msg, field), .kind = FIELD_U64 \
	}
#define BOOL(msg, field) \
	{ \
		AT(msg, field), .kind = FIELD_BOOL \
	}

/* The order is that of the keys: docs/PROTOCOL.attest, 3. */
static const struct field enrol_fields[] = {
	TEXT(enrol, name),
	BYTES(enrol, ek_public, 1, PUBLIC_MAX),
	BYTES(enrol, ek_cert, 0, EVIDENCE_CERT_MAX),
	BYTES(enrol, ak_public, 1, PUBLIC_MAX),
};
static const struct field challenge_fields[] = {
	BYTES(challenge, token, 1, EVIDENCE_CHALLENGE_MAX),
	BYTES(challenge, credential, 1, EVIDENCE_BLOB_MAX),
	BYTES(challenge, secret, 1, EVIDENCE_BLOB_MAX),
};
static const struct field proof_fields[] = {
	BYTES(proof, token, 1, EVIDENCE_CHALLENGE_MAX),
	BYTES(proof, secret, 1, EVIDENCE_SECRET_MAX),
};
static const struct field begin_fields[] = {
	FIXED(begin, host),
	U32(begin, reset_count),
	U32(begin, restart_count),
};
static const struct field nonce_fields[] = {
	BYTES(nonce, nonce, 1, QUOTE_NONCE_MAX),
	U64(nonce, list_offset),
	BOOL(nonce, want_boot),
};
static const struct field evidence_fields[] = {
	FIXED(evidence, host),
	BYTES(evidence, nonce, 1, QUOTE_NONCE_MAX),
	BYTES(evidence, attest, 1, QUOTE_MAX),
	BYTES(evidence, sig, 1, QUOTE_SIG_MAX),
	{ AT(evidence, pcrs), .kind = FIELD_PCRS },
	BYTES(evidence, boot_log, 0, EVIDENCE_BOOT_LOG_MAX),
	BYTES(evidence, record, 0, RECORD_MAX),
	BYTES(evidence, record_sig, 0, EVIDENCE_RECORD_SIG_MAX),
	U64(evidence, list_offset),
	BYTES(evidence, list, 0, EVIDENCE_LIST_MAX),
	{ AT(evidence, certs), .kind = FIELD_CERTS, .min = 1, .max = CERT_FILE_MAX },
	BYTES(evidence, cmdline, 0, EVIDENCE_CMDLINE_MAX),
};
static const struct field state_fields[] = {
	FIXED(state, host),	  TEXT(state, state),	   TEXT(state, reason),
	U32(state, next_seconds), U64(state, list_offset), BOOL(state, more),
};

static_assert(offsetof(struct msg_evidence, n_certs) ==
		      offsetof(struct msg_evidence, certs) +
			      RECORD_CERTS_MAX * sizeof(struct bytes),
	      "FIELD_CERTS finds their number behind them");

static int put_head(const struct msg_spec *spec, struct buf *out, struct err *err)
{
	if (item_put_map(out, KEY_FIRST + spec->n, err) < 0 ||
	    item_put_uint(out, KEY_VERSION, err) < 0 ||
	    item_put_uint(out, EVIDENCE_VERSION, err) < 0 || item_put_uint(out, KEY_TYPE, err) < 0)
		return -1;
	return item_put_uint(out, spec->type, err);
}

static int put_fields(const struct msg_spec *spec, const uint8_t *msg, struct buf *out,
		      struct err *err)
{
	for (size_t i = 0; i < spec->n; i++) {
		const struct field *field = &spec->fields[i];

		if (item_put_uint(out, KEY_FIRST + i, err) < 0 ||
		    field_encode(field, msg + field->offset, out, err) < 0)
			return err_prepend(err, "message: %s: %s", spec->name, field->name);
	}
	return 0;
}

static int encode(const struct msg_spec *spec, const void *msg, struct buf *out, struct err *err)
{
	size_t before = out->len;

	if (put_head(spec, out, err) == 0 && put_fields(spec, msg, out, err) == 0)
		return 0;
	out->len = before;
	return -1;
}

static int take_number(struct rd *in, uint64_t want, const char *what, struct err *err)
{
	struct item item;

	if (item_next(in, ITEM_UINT, &item, err) < 0)
		return err_prepend(err, "%s", what);
	if (item.value != want)
		return err_set(err, "%s is %llu, not %llu", what, (unsigned long long)item.value,
			       (unsigned long long)want);
	return 0;
}

static int get_head(const struct msg_spec *spec, struct rd *in, struct err *err)
{
	struct item map;

	if (item_next(in, ITEM_MAP, &map, err) < 0)
		return -1;
	if (take_number(in, KEY_VERSION, "the first key", err) < 0 ||
	    take_number(in, EVIDENCE_VERSION, "the version", err) < 0 ||
	    take_number(in, KEY_TYPE, "the second key", err) < 0 ||
	    take_number(in, spec->type, "the type", err) < 0)
		return -1;
	if (map.value != KEY_FIRST + spec->n)
		return err_set(err, "%llu fields, not %zu", (unsigned long long)map.value,
			       KEY_FIRST + spec->n);
	return 0;
}

static int get_fields(const struct msg_spec *spec, struct rd *in, uint8_t *ret_msg, struct err *err)
{
	for (size_t i = 0; i < spec->n; i++) {
		const struct field *field = &spec->fields[i];

		if (take_number(in, KEY_FIRST + i, "the key", err) < 0 ||
		    field_decode(field, in, ret_msg + field->offset, err) < 0)
			return err_prepend(err, "%s", field->name);
	}
	return rd_done(in) ? 0 : err_set(err, "something follows it");
}

static int decode(const struct msg_spec *spec, struct bytes raw, void *ret_msg, struct err *err)
{
	AUTO_MEM uint8_t *msg = calloc(1, spec->size);
	struct rd in = rd_init(raw.data, raw.len);

	if (!msg)
		return err_set(err, "out of memory");
	if (raw.len > EVIDENCE_MAX)
		return err_set(err, "message: larger than %u bytes", EVIDENCE_MAX);
	if (get_head(spec, &in, err) < 0 || get_fields(spec, &in, msg, err) < 0)
		return err_prepend(err, "message: %s", spec->name);
	memcpy(ret_msg, msg, spec->size);
	return 0;
}

#define MSG(id, number) \
	static const struct msg_spec id##_spec = { \
		.name = #id, \
		.type = (number), \
		.size = sizeof(struct msg_##id), \
		.fields = id##_fields, \
		.n = ARRAY_LEN(id##_fields), \
	}; \
	int msg_##id##_encode(const struct msg_##id *msg, struct buf *out, struct err *err) \
	{ \
		return encode(&id##_spec, msg, out, err); \
	} \
	int msg_##id##_decode(const void *data, size_t len, struct msg_##id *ret_msg, \
			      struct err *err) \
	{ \
		return decode(&id##_spec, (struct bytes){ .data = data, .len = len }, ret_msg, \
			      err); \
	}
MSG(enrol, MSG_ENROL)
MSG(challenge, MSG_CHALLENGE)
MSG(proof, MSG_PROOF)
MSG(begin, MSG_BEGIN)
MSG(nonce, MSG_NONCE)
MSG(evidence, MSG_EVIDENCE)
MSG(state, MSG_STATE)

static int put_be64(struct buf *out, uint64_t value, struct err *err)
{
	if (buf_put_be32(out, (uint32_t)(value >> 32), err) < 0)
		return -1;
	return buf_put_be32(out, (uint32_t)value, err);
}

static int put_hash(struct buf *out, struct bytes bytes, struct err *err)
{
	struct digest digest;

	if (hash_bytes(HASH_SHA256, bytes.data ? bytes.data : (const uint8_t *)"", bytes.len,
		       &digest, err) < 0)
		return -1;
	return buf_put(out, digest.data, digest.len, err);
}

int evidence_qualifying(const struct msg_evidence *msg,
			uint8_t ret_data[static EVIDENCE_QUALIFYING_SIZE], struct err *err)
{
	AUTO_BUF text = BUF_INIT(512);
	struct digest digest;

	if (buf_putf(&text, err, QUALIFYING_DOMAIN) < 0 || put_hash(&text, msg->nonce, err) < 0 ||
	    buf_put(&text, msg->host, EVIDENCE_HOST_SIZE, err) < 0 ||
	    put_be64(&text, msg->list_offset, err) < 0 || put_hash(&text, msg->boot_log, err) < 0 ||
	    put_hash(&text, msg->record, err) < 0 || put_hash(&text, msg->record_sig, err) < 0 ||
	    hash_bytes(HASH_SHA256, text.data, text.len, &digest, err) < 0)
		return -1;
	memcpy(ret_data, digest.data, EVIDENCE_QUALIFYING_SIZE);
	return 0;
}
