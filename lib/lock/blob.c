/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's file: decoding and encoding, field by field. */
#include "lock/blob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "lock/wire.h"
#include "proto/settings.h"

#define BLOB_MAGIC "assay-lock blob 1\n"
#define FLAG_ENFORCEMENT 0x01
#define FLAG_SECURE_BOOT 0x02
#define FLAGS_KNOWN (FLAG_ENFORCEMENT | FLAG_SECURE_BOOT)

struct lock_blob *lock_blob_new(void)
{
	return calloc(1, sizeof(struct lock_blob));
}

void lock_blob_free(struct lock_blob *blob)
{
	free(blob);
}

void cleanup_lock_blob(struct lock_blob **blob)
{
	lock_blob_free(*blob);
	*blob = NULL;
}

static int check_hang(const struct lock_hang *hang, struct err *err)
{
	if (hang->kind != LOCK_HANG_LUKS && hang->kind != LOCK_HANG_CREDENTIAL)
		return err_set(err, "what hangs on it: of no known kind");
	if (!wire_is_word(hang->name) || strchr(hang->name, '/') || hang->name[0] == '.')
		return err_set(err, "what hangs on it: '%s' is no such name", hang->name);
	return 0;
}

/* What every blob that is written or read must be like. */
static int check(const struct lock_blob *b, struct err *err)
{
	if (b->mode > LOCK_AUTOMATIC || b->profile > LOCK_MINIMAL)
		return err_set(err, "no such mode or profile");
	if (b->record_pcr < SETTINGS_PCR_MIN || b->record_pcr > SETTINGS_PCR_MAX)
		return err_set(err, "PCR %u can't be the record's", b->record_pcr);
	if (b->counter.index >> 24 != 0x01)
		return err_set(err, "0x%08x is no NV index", b->counter.index);
	if (!wire_is_text(b->source) || !wire_is_text(b->recovery_id))
		return err_set(err, "unprintable text");
	for (size_t i = 0; i < b->n_approvals; i++)
		if (b->approvals[i].id >= b->next_id || b->approvals[i].sig_len == 0 ||
		    (i && b->approvals[i].id <= b->approvals[i - 1].id))
			return err_set(err, "approvals: unsigned, or their numbers do not grow");
	for (size_t i = 0; i < b->n_hangs; i++)
		if (check_hang(&b->hangs[i], err) < 0)
			return -1;
	return 0;
}

static int put_head(const struct lock_blob *b, struct buf *out, struct err *err)
{
	uint8_t flags = (uint8_t)((b->require_enforcement ? FLAG_ENFORCEMENT : 0) |
				  (b->require_secure_boot ? FLAG_SECURE_BOOT : 0));

	if (buf_put(out, BLOB_MAGIC, sizeof(BLOB_MAGIC) - 1, err) < 0 ||
	    buf_put(out, b->id, sizeof(b->id), err) < 0 ||
	    buf_put_u8(out, (uint8_t)b->mode, err) < 0 ||
	    buf_put_u8(out, (uint8_t)b->profile, err) < 0 || buf_put_u8(out, flags, err) < 0)
		return -1;
	return buf_put_u8(out, b->record_pcr, err);
}

static int put_sealed(const struct lock_blob *b, struct buf *out, struct err *err)
{
	const struct tpm_sealed *s = &b->sealed;

	if (buf_put(out, s->parent, sizeof(s->parent), err) < 0 ||
	    wire_put_bytes(out, s->public, s->public_len, err) < 0 ||
	    wire_put_bytes(out, s->private, s->private_len, err) < 0)
		return -1;
	if (wire_put_bytes(out, b->authority.data, b->authority.len, err) < 0 ||
	    wire_put_text(out, b->source, err) < 0 ||
	    buf_put_be32(out, b->counter.index, err) < 0 ||
	    buf_put(out, b->counter.name, sizeof(b->counter.name), err) < 0)
		return -1;
	return buf_put_be32(out, b->next_id, err);
}

static int put_tail(const struct lock_blob *b, struct buf *out, struct err *err)
{
	if (buf_put_u8(out, (uint8_t)b->n_approvals, err) < 0)
		return -1;
	for (size_t i = 0; i < b->n_approvals; i++)
		if (lock_approval_encode(&b->approvals[i], out, err) < 0)
			return -1;
	if (wire_put_text(out, b->recovery_id, err) < 0 ||
	    wire_put_bytes(out, b->recovery, b->recovery_len, err) < 0 ||
	    buf_put_u8(out, (uint8_t)b->n_hangs, err) < 0)
		return -1;
	for (size_t i = 0; i < b->n_hangs; i++)
		if (buf_put_u8(out, (uint8_t)b->hangs[i].kind, err) < 0 ||
		    wire_put_text(out, b->hangs[i].name, err) < 0)
			return -1;
	return 0;
}

int lock_blob_encode(const struct lock_blob *blob, struct buf *out, struct err *err)
{
	AUTO_BUF b = BUF_INIT(2 * LOCK_BLOB_MAX);

	if (blob->n_approvals > LOCK_APPROVALS_MAX || blob->n_hangs > LOCK_HANGS_MAX ||
	    check(blob, err) < 0)
		return err_prepend(err, "lock");
	if (put_head(blob, &b, err) < 0 || put_sealed(blob, &b, err) < 0 ||
	    put_tail(blob, &b, err) < 0)
		return err_prepend(err, "lock");
	if (b.len > LOCK_BLOB_MAX)
		return err_set(err,
			       "lock: with %zu approvals it has more than %d bytes: revoke some",
			       blob->n_approvals, LOCK_BLOB_MAX);
	return buf_put(out, b.data, b.len, err);
}

static void get(struct rd *in, void *ret_data, size_t len)
{
	const uint8_t *at = rd_bytes(in, len);

	if (at)
		memcpy(ret_data, at, len);
}

static int get_head(struct rd *in, struct lock_blob *b, struct err *err)
{
	const uint8_t *magic = rd_bytes(in, sizeof(BLOB_MAGIC) - 1);
	uint8_t flags;

	if (!magic || memcmp(magic, BLOB_MAGIC, sizeof(BLOB_MAGIC) - 1) != 0)
		return err_set(err, "not a lock of version 1");
	get(in, b->id, sizeof(b->id));
	b->mode = rd_u8(in);
	b->profile = rd_u8(in);
	flags = rd_u8(in);
	if (flags & ~FLAGS_KNOWN)
		return err_set(err, "a requirement that is not known here");
	b->require_enforcement = flags & FLAG_ENFORCEMENT;
	b->require_secure_boot = flags & FLAG_SECURE_BOOT;
	b->record_pcr = rd_u8(in);
	return 0;
}

static int get_sealed(struct rd *in, struct lock_blob *b, struct err *err)
{
	uint8_t authority[TPM_PUBLIC_MAX];
	size_t len;

	get(in, b->sealed.parent, sizeof(b->sealed.parent));
	b->sealed.public_len = wire_bytes(in, b->sealed.public, sizeof(b->sealed.public));
	b->sealed.private_len = wire_bytes(in, b->sealed.private, sizeof(b->sealed.private));
	len = wire_bytes(in, authority, sizeof(authority));
	wire_text(in, b->source, sizeof(b->source));
	b->counter.index = rd_be32(in);
	get(in, b->counter.name, sizeof(b->counter.name));
	b->next_id = rd_be32(in);
	if (!rd_ok(in))
		return err_set(err, "cut short, or a part of it is too long");
	return tpm_authority_decode(authority, len, &b->authority, err);
}

static int get_tail(struct rd *in, struct lock_blob *b, struct err *err)
{
	b->n_approvals = rd_u8(in);
	if (b->n_approvals > LOCK_APPROVALS_MAX)
		return err_set(err, "more than %d approvals", LOCK_APPROVALS_MAX);
	for (size_t i = 0; i < b->n_approvals; i++)
		if (lock_approval_decode(in, &b->approvals[i], err) < 0)
			return -1;
	wire_text(in, b->recovery_id, sizeof(b->recovery_id));
	b->recovery_len = wire_bytes(in, b->recovery, sizeof(b->recovery));
	b->n_hangs = rd_u8(in);
	if (b->n_hangs > LOCK_HANGS_MAX)
		return err_set(err, "more than %d things hang on it", LOCK_HANGS_MAX);
	for (size_t i = 0; i < b->n_hangs; i++) {
		b->hangs[i].kind = rd_u8(in);
		wire_text(in, b->hangs[i].name, sizeof(b->hangs[i].name));
	}
	if (!rd_done(in))
		return err_set(err, "cut short, or there is more after its end");
	return 0;
}

int lock_blob_decode(const void *data, size_t len, struct lock_blob *ret_blob, struct err *err)
{
	AUTO_LOCK_BLOB b = lock_blob_new();
	struct rd in = rd_init(data, len);

	if (!b)
		return err_set(err, "out of memory");
	if (len > LOCK_BLOB_MAX)
		return err_set(err, "lock: has more than %d bytes", LOCK_BLOB_MAX);
	if (get_head(&in, b, err) < 0 || get_sealed(&in, b, err) < 0 || get_tail(&in, b, err) < 0 ||
	    check(b, err) < 0)
		return err_prepend(err, "lock");
	*ret_blob = *b;
	return 0;
}

int lock_blob_load(const char *path, struct lock_blob *ret_blob, bool *ret_there, struct err *err)
{
	AUTO_BUF data = BUF_INIT(LOCK_BLOB_MAX + 1);

	*ret_there = io_exists(path);
	if (!*ret_there)
		return 0;
	if (io_read_file(path, &data, err) < 0)
		return -1;
	return lock_blob_decode(data.data, data.len, ret_blob, err) < 0
		       ? err_prepend(err, "%s", path)
		       : 0;
}

int lock_blob_save(const char *path, const struct lock_blob *blob, struct err *err)
{
	AUTO_BUF data = BUF_INIT(LOCK_BLOB_MAX);

	if (lock_blob_encode(blob, &data, err) < 0)
		return -1;
	return io_replace_file(path, &data, 0600, err);
}
