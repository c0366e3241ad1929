/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The binary measurement list. */
#include "ima/mlist.h"

#include <string.h>

#include "crypto/bank.h"

#define MLIST_OLD_DIGEST 20 /* bytes of a digest in the template "ima", which has no lengths */

/* builtin_templates of security/integrity/ima/ima_template.c, Linux 6.12. */
static const struct {
	const char *name;
	const char *format;
} templates[] = {
	{ "ima-ng", "d-ng|n-ng" },
	{ "ima-sig", "d-ng|n-ng|sig" },
	{ "ima-ngv2", "d-ngv2|n-ng" },
	{ "ima-sigv2", "d-ngv2|n-ng|sig" },
	{ "ima-buf", "d-ng|n-ng|buf" },
	{ "ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig" },
	{ "evm-sig", "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|imode" },
};

static bool bytes_are_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

/* "sha256:", or in version 2 "verity:sha256:" and "ima:sha256:", NUL, digest. */
static int decode_digest(struct rd field, struct mlist_entry *e)
{
	size_t n;
	const char *text = (const char *)rd_until(&field, '\0', &n);
	const char *colon;

	if (!text || n < 2 || text[n - 1] != ':')
		return -1;
	n--;
	colon = memchr(text, ':', n);
	if (colon) {
		size_t kind = (size_t)(colon - text);

		e->verity = kind == 6 && memcmp(text, "verity", 6) == 0;
		if (!e->verity && !(kind == 3 && memcmp(text, "ima", 3) == 0))
			return -1;
		text += kind + 1;
		n -= kind + 1;
	}
	if (n == 0 || n >= sizeof(e->algo) || memchr(text, ':', n))
		return -1;
	memcpy(e->algo, text, n);
	e->digest_len = field.left;
	e->digest = rd_bytes(&field, field.left);
	return e->digest_len && e->digest_len <= HASH_SIZE_MAX ? 0 : -1;
}

static int decode_name(struct rd field, struct mlist_entry *e)
{
	size_t n;
	const uint8_t *text = rd_until(&field, '\0', &n);

	if (!text || !rd_done(&field) || n >= MLIST_NAME_MAX)
		return -1;
	e->name = (const char *)text;
	return 0;
}

static int decode_field(struct rd *data, const char *id, size_t id_len, struct mlist_entry *e)
{
	struct rd field = rd_sub(data, rd_le32(data));

	if (!rd_ok(data))
		return -1;
	if (memchr(id, '\0', id_len))
		return -1;
	if ((id_len == 4 && memcmp(id, "d-ng", 4) == 0) ||
	    (id_len == 6 && memcmp(id, "d-ngv2", 6) == 0))
		return decode_digest(field, e);
	if (id_len == 4 && memcmp(id, "n-ng", 4) == 0)
		return decode_name(field, e);
	if (id_len == 3 && memcmp(id, "sig", 3) == 0 && field.left) {
		e->sig_len = field.left;
		e->sig = rd_bytes(&field, field.left);
	}
	if (id_len == 3 && memcmp(id, "buf", 3) == 0 && field.left) {
		e->buffer_len = field.left;
		e->buffer = rd_bytes(&field, field.left);
	}
	return 0;
}

static int decode_fields(const char *format, struct mlist_entry *e)
{
	struct rd data = rd_init(e->data, e->data_len);

	for (const char *id = format; *id;) {
		size_t n = strcspn(id, "|");

		if (decode_field(&data, id, n, e) < 0)
			return -1;
		id += n + (id[n] ? 1 : 0);
	}
	return rd_done(&data) ? 0 : -1;
}

static const char *format_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(templates); i++)
		if (strcmp(templates[i].name, name) == 0)
			return templates[i].format;
	return strncmp(name, "d-ng", 4) == 0 ? name : NULL; /* ima_template_fmt= */
}

static bool is_old(const struct mlist_frame *f)
{
	return f->name_len == 3 && memcmp(f->name, "ima", 3) == 0;
}

/* The template "ima": a digest without a name of its algorithm, then the file name with a length.
 */
static void frame_old(struct rd *rd, struct mlist_frame *f)
{
	size_t n;

	f->data = rd_bytes(rd, MLIST_OLD_DIGEST);
	n = rd_le32(rd);
	if (n > MLIST_OLD_NAME_MAX)
		rd->failed = true;
	(void)rd_bytes(rd, n);
	f->data_len = MLIST_OLD_DIGEST + sizeof(uint32_t) + n;
}

static bool read_frame(struct rd *rd, struct mlist_frame *f)
{
	f->pcr = rd_le32(rd);
	f->template_digest = rd_bytes(rd, MLIST_TEMPLATE_DIGEST);
	f->name_len = rd_le32(rd);
	if (!rd_ok(rd) || f->name_len > MLIST_TEMPLATE_MAX)
		return false;
	f->name = (const char *)rd_bytes(rd, f->name_len);
	if (!f->name || memchr(f->name, '\0', f->name_len))
		return false;
	if (is_old(f)) {
		frame_old(rd, f);
		return rd_ok(rd);
	}
	f->data_len = rd_le32(rd);
	if (!rd_ok(rd) || f->data_len > MLIST_DATA_MAX)
		return false;
	f->data = rd_bytes(rd, f->data_len);
	return rd_ok(rd);
}

int mlist_frame_next(struct rd *rd, struct mlist_frame *ret_frame, bool *ret_end, struct err *err)
{
	struct mlist_frame f = { .pcr = 0 };

	*ret_end = rd_done(rd);
	if (*ret_end)
		return 0;
	if (!read_frame(rd, &f)) {
		rd->failed = true;
		return err_set(err, "measurement list: damaged entry");
	}
	*ret_frame = f;
	return 0;
}

bool mlist_frame_is_violation(const struct mlist_frame *frame)
{
	return bytes_are_zero(frame->template_digest, MLIST_TEMPLATE_DIGEST);
}

/* The name's field is hashed without its length, as the fixed array that it once was. */
static void old_digest(const struct mlist_frame *frame, enum hash_algo bank, uint8_t *ret_digest)
{
	struct rd rd = rd_init(frame->data, frame->data_len);
	uint8_t input[MLIST_OLD_INPUT] = { 0 };
	const uint8_t *digest = rd_bytes(&rd, MLIST_OLD_DIGEST);
	size_t n = rd_le32(&rd);
	const uint8_t *name = rd_bytes(&rd, n);

	if (digest && name && n <= MLIST_OLD_NAME_MAX) {
		memcpy(input, digest, MLIST_OLD_DIGEST);
		memcpy(input + MLIST_OLD_DIGEST, name, n);
	}
	bank_hash(bank, input, sizeof(input), ret_digest);
}

void mlist_frame_digest(const struct mlist_frame *frame, enum hash_algo bank, uint8_t *ret_digest)
{
	if (mlist_frame_is_violation(frame))
		memset(ret_digest, 0xff, hash_algo_size(bank));
	else if (is_old(frame))
		old_digest(frame, bank, ret_digest);
	else
		bank_hash(bank, frame->data, frame->data_len, ret_digest);
}

/* The bytes of an old name carry no NUL: the entry gives the digest, and the name stays unread. */
static int decode_old(struct mlist_entry *e)
{
	memcpy(e->algo, "sha1", 5);
	e->digest = e->data;
	e->digest_len = MLIST_OLD_DIGEST;
	return 0;
}

static int decode_data(const struct mlist_frame *frame, struct mlist_entry *e)
{
	const char *format;

	if (is_old(frame))
		return decode_old(e);
	format = format_of(e->template);
	return format ? decode_fields(format, e) : -1;
}

int mlist_frame_decode(const struct mlist_frame *frame, struct mlist_entry *ret_entry,
		       struct err *err)
{
	struct mlist_entry e = {
		.pcr = frame->pcr,
		.template_digest = frame->template_digest,
		.violation = mlist_frame_is_violation(frame),
		.data = frame->data,
		.data_len = frame->data_len,
		.name = "",
	};

	memcpy(e.template, frame->name, frame->name_len);
	if (decode_data(frame, &e) < 0)
		return err_set(err, "measurement list: damaged entry");
	*ret_entry = e;
	return 0;
}

int mlist_next(struct rd *rd, struct mlist_entry *ret_entry, bool *ret_end, struct err *err)
{
	struct mlist_frame frame;

	if (mlist_frame_next(rd, &frame, ret_end, err) < 0)
		return -1;
	if (*ret_end)
		return 0;
	if (mlist_frame_decode(&frame, ret_entry, err) < 0) {
		rd->failed = true;
		return -1;
	}
	return 0;
}

int mlist_entry_digest(const struct mlist_entry *entry, struct digest *ret_digest, struct err *err)
{
	struct digest d = { .len = entry->digest_len };

	if (!entry->digest)
		return err_set(err, "measurement list: %s: no digest", entry->template);
	if (hash_algo_parse(entry->algo, &d.algo, err) < 0)
		return -1;
	if (hash_algo_size(d.algo) != entry->digest_len)
		return err_set(err, "measurement list: digest of %zu bytes is no %s",
			       entry->digest_len, entry->algo);
	memcpy(d.data, entry->digest, d.len);
	*ret_digest = d;
	return 0;
}
