/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The binary measurement list. */
#include "ima/mlist.h"

#include <string.h>

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

/* The template "ima": a digest without a name of its algorithm, then the file name with a length.
 */
static int decode_old(struct rd *rd, struct mlist_entry *e)
{
	const uint8_t *start = rd->at;
	size_t n;

	e->digest = rd_bytes(rd, MLIST_OLD_DIGEST);
	n = rd_le32(rd);
	if (!rd_ok(rd) || n >= MLIST_NAME_MAX)
		return -1;
	/* The name's bytes carry no NUL; the entry gives the digest, and the name stays unread. */
	(void)rd_bytes(rd, n);
	if (!rd_ok(rd))
		return -1;
	memcpy(e->algo, "sha1", 5);
	e->digest_len = MLIST_OLD_DIGEST;
	e->data = start;
	e->data_len = (size_t)(rd->at - start);
	return 0;
}

static const char *format_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(templates); i++)
		if (strcmp(templates[i].name, name) == 0)
			return templates[i].format;
	return strncmp(name, "d-ng", 4) == 0 ? name : NULL; /* ima_template_fmt= */
}

static int decode_entry(struct rd *rd, struct mlist_entry *e)
{
	const uint8_t *name;
	const char *format;
	size_t n;

	e->pcr = rd_le32(rd);
	e->template_digest = rd_bytes(rd, MLIST_TEMPLATE_DIGEST);
	n = rd_le32(rd);
	if (!rd_ok(rd) || n > MLIST_TEMPLATE_MAX)
		return -1;
	name = rd_bytes(rd, n);
	if (!name || memchr(name, '\0', n))
		return -1;
	memcpy(e->template, name, n);
	e->violation = bytes_are_zero(e->template_digest, MLIST_TEMPLATE_DIGEST);
	if (strcmp(e->template, "ima") == 0)
		return decode_old(rd, e);
	format = format_of(e->template);
	e->data_len = rd_le32(rd);
	if (!format || !rd_ok(rd) || e->data_len > MLIST_DATA_MAX)
		return -1;
	e->data = rd_bytes(rd, e->data_len);
	if (!rd_ok(rd))
		return -1;
	return decode_fields(format, e);
}

int mlist_next(struct rd *rd, struct mlist_entry *ret_entry, bool *ret_end, struct err *err)
{
	struct mlist_entry e = { .name = "" };

	*ret_end = rd_done(rd);
	if (*ret_end)
		return 0;
	if (decode_entry(rd, &e) < 0) {
		rd->failed = true;
		return err_set(err, "measurement list: damaged entry");
	}
	*ret_entry = e;
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
