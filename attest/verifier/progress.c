/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing and reading how far a host's judging is. */
#include "attest/verifier/progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/rd.h"

#define PROGRESS_VERSION 1

/* Bits of the flags. */
enum {
	FLAG_KNOWN = 1 << 0,
	FLAG_BOOT_OK = 1 << 1,
	FLAG_ENFORCING = 1 << 2,
	FLAG_CMDLINE = 1 << 3,
	FLAG_AGGREGATE = 1 << 4,
	FLAG_FAILED = 1 << 5,
	FLAG_KEXEC = 1 << 6,
	FLAG_MODULES = 1 << 7,
	FLAGS_ALL = (1 << 8) - 1
};

static int put_u64(struct buf *out, uint64_t v, struct err *err)
{
	if (buf_put_be32(out, (uint32_t)(v >> 32), err) < 0)
		return -1;
	return buf_put_be32(out, (uint32_t)v, err);
}

static int put_text(struct buf *out, const char *text, struct err *err)
{
	const size_t len = strlen(text);

	if (buf_put_be16(out, (uint16_t)len, err) < 0)
		return -1;
	return buf_put(out, text, len, err);
}

static uint16_t flags_of(const struct appraise_state *s)
{
	return (uint16_t)((s->known ? FLAG_KNOWN : 0) | (s->boot_ok ? FLAG_BOOT_OK : 0) |
			  (s->enforcing ? FLAG_ENFORCING : 0) |
			  (s->cmdline_known ? FLAG_CMDLINE : 0) |
			  (s->list.aggregate_seen ? FLAG_AGGREGATE : 0) |
			  (s->list.failed ? FLAG_FAILED : 0) | (s->list.kexec ? FLAG_KEXEC : 0) |
			  (s->modules_enforced ? FLAG_MODULES : 0));
}

static int put_boot(const struct appraise_state *s, struct buf *out, struct err *err)
{
	if (buf_put_be32(out, s->reset_count, err) < 0 ||
	    buf_put_be32(out, s->restart_count, err) < 0 || put_u64(out, s->clock, err) < 0 ||
	    buf_put(out, s->boot, sizeof(s->boot), err) < 0 ||
	    buf_put(out, s->record, sizeof(s->record), err) < 0 ||
	    buf_put(out, s->policy, sizeof(s->policy), err) < 0 ||
	    buf_put(out, s->quoted, sizeof(s->quoted), err) < 0 ||
	    buf_put_be32(out, s->epoch, err) < 0 || buf_put_be32(out, s->record_pcr, err) < 0 ||
	    buf_put_u8(out, (uint8_t)s->secure_boot, err) < 0)
		return -1;
	return put_text(out, s->level, err) < 0 ? -1 : put_text(out, s->cmdline, err);
}

static int put_list(const struct list_state *l, struct buf *out, struct err *err)
{
	if (put_u64(out, l->offset, err) < 0 || put_u64(out, l->entries, err) < 0 ||
	    put_u64(out, l->violations, err) < 0)
		return -1;
	return buf_put(out, l->sha1, sizeof(l->sha1), err) < 0
		       ? -1
		       : buf_put(out, l->sha256, sizeof(l->sha256), err);
}

int progress_encode(const struct progress *p, struct buf *out, struct err *err)
{
	if (buf_put_u8(out, PROGRESS_VERSION, err) < 0 ||
	    buf_put(out, p->trust, sizeof(p->trust), err) < 0 ||
	    buf_put_be16(out, flags_of(&p->state), err) < 0 || put_boot(&p->state, out, err) < 0 ||
	    put_text(out, p->keys, err) < 0)
		return -1;
	return put_list(&p->state.list, out, err);
}

static void take_bytes(struct rd *r, uint8_t *to, size_t len)
{
	const uint8_t *from = rd_bytes(r, len);

	if (from)
		memcpy(to, from, len);
}

static void take_text(struct rd *r, char *to, size_t max)
{
	const size_t len = rd_be16(r);
	const uint8_t *from = rd_bytes(r, len);

	if (len >= max || (from && memchr(from, '\0', len)))
		r->failed = true;
	else if (from)
		memcpy(to, from, len);
}

static void take_boot(struct rd *r, struct appraise_state *s)
{
	uint8_t secure;

	s->reset_count = rd_be32(r);
	s->restart_count = rd_be32(r);
	s->clock = rd_be64(r);
	take_bytes(r, s->boot, sizeof(s->boot));
	take_bytes(r, s->record, sizeof(s->record));
	take_bytes(r, s->policy, sizeof(s->policy));
	take_bytes(r, s->quoted, sizeof(s->quoted));
	s->epoch = rd_be32(r);
	s->record_pcr = rd_be32(r);
	secure = rd_u8(r);
	r->failed = r->failed || secure > BOOT_YES;
	s->secure_boot = (enum boot_tri)secure;
	take_text(r, s->level, sizeof(s->level));
	take_text(r, s->cmdline, sizeof(s->cmdline));
}

static void take_list(struct rd *r, struct list_state *l)
{
	l->offset = rd_be64(r);
	l->entries = rd_be64(r);
	l->violations = rd_be64(r);
	take_bytes(r, l->sha1, sizeof(l->sha1));
	take_bytes(r, l->sha256, sizeof(l->sha256));
}

int progress_decode(const void *data, size_t len, struct progress *ret_progress, struct err *err)
{
	struct rd r = rd_init(data, len);
	struct appraise_state *s = &ret_progress->state;
	uint16_t flags;

	memset(ret_progress, 0, sizeof(*ret_progress));
	if (len == 0)
		return 0;
	if (rd_u8(&r) != PROGRESS_VERSION)
		return err_set(err, "store: a host's progress is of another version");
	take_bytes(&r, ret_progress->trust, sizeof(ret_progress->trust));
	flags = rd_be16(&r);
	take_boot(&r, s);
	take_text(&r, ret_progress->keys, sizeof(ret_progress->keys));
	take_list(&r, &s->list);
	if (!rd_done(&r) || (flags & ~FLAGS_ALL)) {
		memset(ret_progress, 0, sizeof(*ret_progress));
		return err_set(err, "store: a host's progress is damaged");
	}
	s->known = flags & FLAG_KNOWN;
	s->boot_ok = flags & FLAG_BOOT_OK;
	s->enforcing = flags & FLAG_ENFORCING;
	s->modules_enforced = flags & FLAG_MODULES;
	s->cmdline_known = flags & FLAG_CMDLINE;
	s->list.aggregate_seen = flags & FLAG_AGGREGATE;
	s->list.failed = flags & FLAG_FAILED;
	s->list.kexec = flags & FLAG_KEXEC;
	return 0;
}

void progress_note_keys(struct progress *progress, const struct msg_evidence *evidence)
{
	const struct bytes *text = &evidence->record;
	AUTO_BUF keys = BUF_INIT(PROGRESS_KEYS_MAX - 1);
	AUTO_MEM struct record *record = calloc(1, sizeof(*record));
	struct digest d;

	if (!record || text->len == 0 ||
	    hash_bytes(HASH_SHA256, text->data, text->len, &d, NULL) < 0 ||
	    memcmp(d.data, progress->state.record, sizeof(progress->state.record)) != 0 ||
	    record_parse((const char *)text->data, text->len, record, NULL) < 0)
		return;
	for (size_t i = 0; i < record->n_certs; i++)
		if (buf_putf(&keys, NULL, "%s%s", i ? ", " : "", record->certs[i].name) < 0)
			break;
	strcpy(progress->keys, buf_text(&keys));
}
