/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Predicting PCRs from what changes. */
#include "lock/next.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "lock/host.h"
#include "lock/remember.h"
#include "lock/seal.h"
#include "proto/cmdline.h"
#include "tpm/pcr.h"

#define CMDLINE_PATH "/proc/cmdline"

static const struct {
	const char *name;
	enum lock_change_kind kind;
} kinds[] = {
	{ "image", LOCK_CHANGE_IMAGE },	      { "initrd", LOCK_CHANGE_INITRD },
	{ "cmdline", LOCK_CHANGE_CMDLINE },   { "uki", LOCK_CHANGE_UKI },
	{ "grub-cfg", LOCK_CHANGE_GRUB_CFG }, { "grub-file", LOCK_CHANGE_GRUB_FILE },
};

/* A log and a command line that are read for one prediction. */
struct next_template {
	struct buf log;
	struct buf cmdline;
	struct pcr_set held;
};

void next_template_free(struct next_template **t)
{
	if (!*t)
		return;
	buf_done(&(*t)->log);
	buf_done(&(*t)->cmdline);
	free(*t);
}

#define AUTO_TEMPLATE CLEANUP(next_template_free) struct next_template *

void next_done(struct next *next)
{
	for (size_t i = 0; i < next->n; i++) {
		buf_done(&next->was[i]);
		buf_done(&next->now[i]);
		free(next->names[i]);
	}
	free(next->names);
	free(next->changes);
	free(next->was);
	free(next->now);
}

static int parse_kind(const char *text, size_t len, enum lock_change_kind *ret_kind,
		      struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strlen(kinds[i].name) == len && strncmp(kinds[i].name, text, len) == 0) {
			*ret_kind = kinds[i].kind;
			return 0;
		}
	}
	return err_set(err,
		       "'%.*s' is none of image, initrd, cmdline, uki, grub-cfg, "
		       "grub-file",
		       (int)len, text);
}

/* A command line is text: what a file ends it with is not part of it. */
static void trim(struct buf *b)
{
	while (b->len && b->data[b->len - 1] == '\n')
		b->data[--b->len] = '\0';
}

/* was NULL: it was replaced in its place, and is found by its name. */
static int read_both(struct next *next, const char *was, const char *now, struct err *err)
{
	struct lock_change *c = &next->changes[next->n];
	struct buf *from = &next->was[next->n];
	struct buf *to = &next->now[next->n];

	*from = (struct buf)BUF_INIT(NEXT_FILE_MAX);
	*to = (struct buf)BUF_INIT(NEXT_FILE_MAX);
	next->n++;
	if ((was && io_read_file(was, from, err) < 0) || io_read_file(now, to, err) < 0)
		return -1;
	if (c->kind == LOCK_CHANGE_CMDLINE) {
		trim(from);
		trim(to);
	}
	c->was = was ? buf_text(from) : NULL;
	c->was_len = from->len;
	c->now = buf_text(to);
	c->now_len = to->len;
	return 0;
}

static int make_room(struct next *next, struct err *err)
{
	if (next->n == LOCK_CHANGES_MAX)
		return err_set(err, "more than %d", LOCK_CHANGES_MAX);
	if (next->changes)
		return 0;
	next->changes = calloc(LOCK_CHANGES_MAX, sizeof(*next->changes));
	next->was = calloc(LOCK_CHANGES_MAX, sizeof(*next->was));
	next->now = calloc(LOCK_CHANGES_MAX, sizeof(*next->now));
	next->names = calloc(LOCK_CHANGES_MAX, sizeof(*next->names));
	return next->changes && next->was && next->now && next->names
		       ? 0
		       : err_set(err, "out of memory");
}

int next_add_change(struct next *next, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	const char *colon = equals ? strchr(equals, ':') : NULL;
	const char *now = colon ? colon + 1 : equals ? equals + 1 : NULL;
	AUTO_STR was = colon ? strndup(equals + 1, (size_t)(colon - equals - 1)) : NULL;
	struct lock_change *c;

	if (make_room(next, err) < 0)
		return -1;
	if (!now || !*now || (colon && !was) || (was && !*was))
		return err_set(err, "'%s': not KIND=[WAS:]NOW", text);
	c = &next->changes[next->n];
	c->name = now;
	if (parse_kind(text, (size_t)(equals - text), &c->kind, err) < 0)
		return -1;
	if (!was && (c->kind == LOCK_CHANGE_CMDLINE || c->kind == LOCK_CHANGE_UKI ||
		     c->kind == LOCK_CHANGE_GRUB_CFG))
		return err_set(err, "'%s': what it was is needed, too: KIND=WAS:NOW", text);
	return read_both(next, was, now, err);
}

int next_take_change(struct next *next, enum lock_change_kind kind, const char *name,
		     struct next_files *files, struct err *err)
{
	struct lock_change *c;

	if (make_room(next, err) < 0)
		return -1;
	next->names[next->n] = strdup(name);
	if (!next->names[next->n])
		return err_set(err, "out of memory");
	c = &next->changes[next->n];
	next->was[next->n] = files->was;
	next->now[next->n] = files->now;
	*c = (struct lock_change){ .kind = kind,
				   .name = next->names[next->n],
				   .was = files->was.max ? buf_text(&files->was) : NULL,
				   .was_len = files->was.len,
				   .now = buf_text(&files->now),
				   .now_len = files->now.len };
	*files = (struct next_files){ .was = { .max = 0 } };
	next->n++;
	return 0;
}

static int read_template(const struct next *next, struct next_template *t, struct err *err)
{
	t->log = (struct buf)BUF_INIT(BOOT_LOG_MAX);
	t->cmdline = (struct buf)BUF_INIT(CMDLINE_MAX);
	if (io_read_file(next->log ? next->log : NEXT_LOG_PATH, &t->log, err) < 0 ||
	    io_read_file(CMDLINE_PATH, &t->cmdline, err) < 0)
		return err_prepend(err, "predict");
	trim(&t->cmdline);
	return 0;
}

static struct lock_template template_of(const struct next_template *t, uint32_t mask)
{
	return (struct lock_template){ .log = t->log.data,
				       .len = t->log.len,
				       .bank = HASH_SHA256,
				       .mask = mask,
				       .cmdline = buf_text(&t->cmdline),
				       .held = &t->held };
}

/* The log must lead to what the TPM holds, or nothing is predicted from it. */
static int predict(const struct next *next, struct tpm_pcrs *pcrs, struct err *err)
{
	AUTO_TEMPLATE t = calloc(1, sizeof(*t));
	AUTO_MEM struct pcr_set *then = calloc(1, sizeof(*then));
	struct lock_template template;

	if (!t || !then)
		return err_set(err, "out of memory");
	if (read_template(next, t, err) < 0)
		return -1;
	t->held.bank = HASH_SHA256;
	t->held.mask = pcrs->mask;
	for (unsigned int i = 0; i < TPM_PCRS; i++)
		memcpy(t->held.value[i], pcrs->value[i], TPM_DIGEST_SIZE);
	template = template_of(t, pcrs->mask);
	if (lock_predict(&template, next->changes, next->n, then, err) < 0)
		return -1;
	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if (pcrs->mask >> i & 1)
			memcpy(pcrs->value[i], then->value[i], TPM_DIGEST_SIZE);
	return 0;
}

static int load_values(const char *path, struct tpm_pcrs *ret_pcrs, struct err *err)
{
	AUTO_BUF text = BUF_INIT(LOCK_VALUES_MAX);

	if (io_read_file(path, &text, err) < 0)
		return -1;
	return lock_values_parse(buf_text(&text), text.len, ret_pcrs, err) < 0
		       ? err_prepend(err, "%s", path)
		       : 0;
}

/* The text that assay-boot measures, or has measured. */
static int read_record(const struct next *next, struct record *ret_record, struct buf *text,
		       struct err *err)
{
	bool there = false;

	if (!next->this_boot)
		return host_next_record(ret_record, text, err);
	if (record_in_force(ret_record, &there, err) < 0)
		return -1;
	if (!there)
		return err_set(err, "this boot began without a record: nothing of it was enforced");
	return io_read_file(RECORD_RUN_PATH, text, err);
}

static int put_record(const struct next *next, struct tpm_pcrs *pcrs, unsigned int pcr,
		      struct err *err)
{
	AUTO_MEM struct record *record = calloc(1, sizeof(*record));
	AUTO_BUF text = BUF_INIT(RECORD_MAX);
	struct digest value;

	if (!record)
		return err_set(err, "out of memory");
	if (read_record(next, record, &text, err) < 0 ||
	    record_pcr_unsealing_value(text.data, text.len, &value, err) < 0)
		return -1;
	if (record->settings.pcr != pcr)
		return err_set(err,
			       "the record is in PCR %u, the lock's in %u: remove the lock "
			       "and set it anew",
			       record->settings.pcr, pcr);
	memcpy(pcrs->value[pcr], value.data, TPM_DIGEST_SIZE);
	pcrs->mask |= 1U << pcr;
	return 0;
}

int next_pcrs(const struct next *next, const struct lock_blob *blob, struct tpm_pcrs *ret_pcrs,
	      struct err *err)
{
	AUTO_MEM struct tpm_pcrs *pcrs = calloc(1, sizeof(*pcrs));
	uint32_t mask = lock_profile_pcrs(blob->profile, blob->record_pcr);

	if (!pcrs)
		return err_set(err, "out of memory");
	if (next->values ? load_values(next->values, pcrs, err) < 0
			 : tpm_pcrs_read(mask & ~(1U << blob->record_pcr), pcrs, err) < 0)
		return -1;
	if ((next->n && predict(next, pcrs, err) < 0) ||
	    put_record(next, pcrs, blob->record_pcr, err) < 0)
		return -1;
	for (unsigned int i = 0; i < TPM_PCRS; i++)
		if ((mask & ~pcrs->mask) >> i & 1)
			return err_set(err, "%s: no value of PCR %u", next->values, i);
	pcrs->mask = mask;
	*ret_pcrs = *pcrs;
	return 0;
}

static int changed_boot(const struct next *next, struct lock_boot *ret_boot, struct err *err)
{
	AUTO_TEMPLATE t = calloc(1, sizeof(*t));
	struct lock_template template;

	if (!t)
		return err_set(err, "out of memory");
	if (read_template(next, t, err) < 0)
		return -1;
	template = template_of(t, 0xffff);
	template.held = NULL;
	return lock_predict_boot(&template, next->changes, next->n, ret_boot, err);
}

/* As lock/remember.h has it: docs/PROTOCOL.unlock, section 2. */
static int remember_changed(const struct next *next, const struct buf *record, struct buf *out,
			    struct err *err)
{
	AUTO_MEM struct lock_boot *boot = calloc(1, sizeof(*boot));
	AUTO_BUF few = BUF_INIT(REMEMBER_MAX - 2);

	if (!boot)
		return err_set(err, "out of memory");
	if (changed_boot(next, boot, err) < 0 || lock_boot_encode(boot, &few, err) < 0 ||
	    buf_put_be16(out, (uint16_t)few.len, err) < 0 ||
	    buf_put(out, few.data, few.len, err) < 0)
		return -1;
	return out->len + record->len > out->max ? 0 : buf_put(out, record->data, record->len, err);
}

int next_remember(const struct next *next, struct buf *out, struct err *err)
{
	AUTO_MEM struct record *record = calloc(1, sizeof(*record));
	AUTO_BUF text = BUF_INIT(RECORD_MAX);

	if (!record)
		return err_set(err, "out of memory");
	if (next->values)
		return 0;
	if (host_next_record(record, &text, err) < 0)
		return -1;
	return next->n ? remember_changed(next, &text, out, err) : remember_boot(&text, out, err);
}

int next_template_read(const struct next *next, struct next_template **ret_template,
		       struct lock_template *ret_view, struct err *err)
{
	AUTO_TEMPLATE t = calloc(1, sizeof(*t));

	if (!t)
		return err_set(err, "out of memory");
	if (read_template(next, t, err) < 0)
		return -1;
	*ret_view = template_of(t, 0xffff);
	ret_view->held = NULL;
	*ret_template = take_ptr(&t);
	return 0;
}
