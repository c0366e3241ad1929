/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot in few bytes: made, encoded and decoded. */
#include "lock/boot.h"

#include <stdlib.h>
#include <string.h>

#include "attest/boot_text.h"
#include "base/rd.h"

#define MAGIC "ASSAYBT1"
#define MAGIC_SIZE 8
#define CMDLINE_UNKNOWN 0xffff
#define NO_IMAGE SIZE_MAX

struct maker {
	struct lock_boot *boot;
	const struct lock_events *events;
	size_t last_image; /* number of the event */
	bool pcr7_separated;
};

static void add_mark(struct lock_boot *boot, enum lock_subject subject, const uint8_t *digest)
{
	struct lock_mark *mark = &boot->marks[boot->n_marks++];

	mark->subject = subject;
	memcpy(mark->digest, digest, LOCK_MARK_SIZE);
}

/* The mark becomes that of itself and the digest. */
static int fold(struct lock_mark *mark, const struct digest *digest, struct err *err)
{
	uint8_t both[LOCK_MARK_SIZE + HASH_SIZE_MAX];
	struct digest d;

	memcpy(both, mark->digest, LOCK_MARK_SIZE);
	memcpy(both + LOCK_MARK_SIZE, digest->data, digest->len);
	if (hash_bytes(HASH_SHA256, both, LOCK_MARK_SIZE + digest->len, &d, err) < 0)
		return -1;
	memcpy(mark->digest, d.data, LOCK_MARK_SIZE);
	return 0;
}

static int note(struct lock_boot *boot, enum lock_subject subject, const struct digest *digest,
		struct err *err)
{
	if (boot->n_marks == LOCK_BOOT_MARKS_MAX)
		return fold(&boot->marks[LOCK_BOOT_MARKS_MAX - 1], digest, err);
	for (size_t i = 0; subject == LOCK_ABOUT_GRUB && i < boot->n_marks; i++)
		if (boot->marks[i].subject == LOCK_ABOUT_GRUB)
			return fold(&boot->marks[i], digest, err);
	add_mark(boot, subject, digest->data);
	return 0;
}

static enum lock_subject subject_of_pcr7(struct maker *m, const struct boot_reading *r)
{
	static const struct {
		const char *name;
		enum lock_subject subject;
	} globals[] = {
		{ "SecureBoot", LOCK_ABOUT_SECURE_BOOT },
		{ "PK", LOCK_ABOUT_PK },
		{ "KEK", LOCK_ABOUT_KEK },
	};

	m->pcr7_separated = m->pcr7_separated || r->kind == BOOT_KIND_SEPARATOR;
	if (r->kind != BOOT_KIND_VARIABLE)
		return LOCK_ABOUT_OTHER;
	if (m->pcr7_separated)
		return LOCK_ABOUT_AUTHORITY;
	for (size_t i = 0; i < ARRAY_LEN(globals); i++)
		if (boot_variable_is_global(&r->var, globals[i].name))
			return globals[i].subject;
	if (boot_variable_is_database(&r->var, "db"))
		return LOCK_ABOUT_DB;
	return boot_variable_is_database(&r->var, "dbx") ? LOCK_ABOUT_DBX : LOCK_ABOUT_OTHER;
}

/* GRUB hands the kernel to shim without a path; of a unified kernel image the section tells it;
 * elsewhere it is the last that is started. */
static enum lock_subject subject_of_image(const struct maker *m, size_t at)
{
	const struct lock_event *e = &m->events->at[at];

	if (e->reading.kind != BOOT_KIND_IMAGE)
		return LOCK_ABOUT_OTHER;
	if (m->boot->way == BOOT_UKI)
		return LOCK_ABOUT_LOADER;
	if (m->boot->way == BOOT_GRUB)
		return e->reading.len == 0 ? LOCK_ABOUT_KERNEL : LOCK_ABOUT_LOADER;
	return at == m->last_image ? LOCK_ABOUT_KERNEL : LOCK_ABOUT_LOADER;
}

static bool has(const struct boot_reading *r, const char *text)
{
	return r->text && memmem(r->text, r->len, text, strlen(text));
}

static enum lock_subject subject_of_pcr9(const struct boot_reading *r)
{
	if (r->kind == BOOT_KIND_TAG_OPTIONS)
		return LOCK_ABOUT_CMDLINE;
	if (r->kind == BOOT_KIND_TAG_INITRD)
		return LOCK_ABOUT_INITRD;
	if (r->kind != BOOT_KIND_FILE)
		return LOCK_ABOUT_OTHER;
	if (has(r, "initrd") || has(r, "initramfs"))
		return LOCK_ABOUT_INITRD;
	return has(r, "vmlinuz") || has(r, "bzImage") ? LOCK_ABOUT_KERNEL : LOCK_ABOUT_GRUB_FILE;
}

static enum lock_subject subject_of_section(const struct boot_reading *r)
{
	if (r->kind != BOOT_KIND_SECTION && r->kind != BOOT_KIND_SECTION_DATA)
		return LOCK_ABOUT_OTHER;
	if (boot_text_is(r->text, r->len, ".linux"))
		return LOCK_ABOUT_KERNEL;
	if (boot_text_is(r->text, r->len, ".initrd"))
		return LOCK_ABOUT_INITRD;
	return boot_text_is(r->text, r->len, ".cmdline") ? LOCK_ABOUT_CMDLINE : LOCK_ABOUT_SECTION;
}

static enum lock_subject subject_of(struct maker *m, size_t at)
{
	const struct lock_event *e = &m->events->at[at];

	switch (e->pcr) {
	case 0:
	case 2:
		return LOCK_ABOUT_FIRMWARE;
	case 1:
	case 3:
		return LOCK_ABOUT_SETTINGS;
	case 4:
		return subject_of_image(m, at);
	case 7:
		return subject_of_pcr7(m, &e->reading);
	case 8:
		return LOCK_ABOUT_GRUB;
	case 9:
		return subject_of_pcr9(&e->reading);
	case 11:
		return subject_of_section(&e->reading);
	case 12:
		return e->reading.kind == BOOT_KIND_OPTIONS ? LOCK_ABOUT_CMDLINE
							    : LOCK_ABOUT_CREDENTIAL;
	case 13:
		return LOCK_ABOUT_CREDENTIAL;
	case 14:
		return LOCK_ABOUT_MOK;
	default:
		return LOCK_ABOUT_OTHER;
	}
}

static int note_all(struct maker *m, struct err *err)
{
	m->last_image = NO_IMAGE;
	for (size_t i = 0; i < m->events->n; i++)
		if (m->events->at[i].reading.kind == BOOT_KIND_IMAGE)
			m->last_image = i;
	for (size_t i = 0; i < m->events->n; i++)
		if (note(m->boot, subject_of(m, i), &m->events->at[i].digest, err) < 0)
			return -1;
	return 0;
}

static void note_cmdline(struct lock_boot *boot, const struct boot_facts *facts,
			 const struct lock_events *events)
{
	if (events->cmdline)
		boot->cmdline_known =
			boot_text_utf8((const uint8_t *)events->cmdline, strlen(events->cmdline),
				       boot->cmdline, sizeof(boot->cmdline));
	else if (facts->cmdline_known && strlen(facts->cmdline) < sizeof(boot->cmdline)) {
		strcpy(boot->cmdline, facts->cmdline);
		boot->cmdline_known = true;
	}
}

int lock_boot_of_events(const struct boot_claim *claim, const struct lock_events *events,
			struct lock_boot *ret_boot, struct err *err)
{
	AUTO_MEM struct boot_facts *facts = calloc(1, sizeof(*facts));
	AUTO_MEM struct lock_boot *boot = calloc(1, sizeof(*boot));
	struct maker m = { .boot = boot, .events = events };

	if (!facts || !boot)
		return err_set(err, "out of memory");
	if (boot_facts_claimed(claim, facts, err) < 0)
		return -1;
	boot->has_log = true;
	boot->way = facts->way;
	boot->secure_boot = facts->secure_boot;
	note_cmdline(boot, facts, events);
	if (note_all(&m, err) < 0)
		return -1;
	*ret_boot = *boot;
	return 0;
}

int lock_boot_read(const struct boot_claim *claim, struct lock_boot *ret_boot, struct err *err)
{
	AUTO_EVENTS events = LOCK_EVENTS_INIT;

	if (lock_events_load(&events, claim->data, claim->len, claim->bank, err) < 0)
		return -1;
	return lock_boot_of_events(claim, &events, ret_boot, err);
}

int lock_boot_encode(const struct lock_boot *boot, struct buf *out, struct err *err)
{
	size_t len = boot->cmdline_known ? strlen(boot->cmdline) : CMDLINE_UNKNOWN;

	if (buf_put(out, MAGIC, MAGIC_SIZE, err) < 0 || buf_put_u8(out, boot->has_log, err) < 0 ||
	    buf_put_u8(out, (uint8_t)boot->way, err) < 0 ||
	    buf_put_u8(out, (uint8_t)boot->secure_boot, err) < 0 ||
	    buf_put_be16(out, (uint16_t)len, err) < 0 ||
	    buf_put(out, boot->cmdline, boot->cmdline_known ? len : 0, err) < 0 ||
	    buf_put_be16(out, (uint16_t)boot->n_marks, err) < 0)
		return -1;
	for (size_t i = 0; i < boot->n_marks; i++)
		if (buf_put_u8(out, (uint8_t)boot->marks[i].subject, err) < 0 ||
		    buf_put(out, boot->marks[i].digest, LOCK_MARK_SIZE, err) < 0)
			return -1;
	return 0;
}

/* Text that would be shown as it stands. */
static bool read_cmdline(struct rd *r, struct lock_boot *boot)
{
	uint16_t len = rd_be16(r);
	const uint8_t *text;

	if (len == CMDLINE_UNKNOWN)
		return rd_ok(r);
	text = rd_bytes(r, len);
	boot->cmdline_known = true;
	if (!text || !boot_text_utf8(text, len, boot->cmdline, sizeof(boot->cmdline)))
		return false;
	return strlen(boot->cmdline) == len && memcmp(boot->cmdline, text, len) == 0;
}

static bool read_marks(struct rd *r, struct lock_boot *boot)
{
	uint16_t n = rd_be16(r);

	if (n > LOCK_BOOT_MARKS_MAX)
		return false;
	for (uint16_t i = 0; i < n; i++) {
		uint8_t subject = rd_u8(r);
		const uint8_t *digest = rd_bytes(r, LOCK_MARK_SIZE);

		if (!digest || subject >= LOCK_ABOUT_N)
			return false;
		add_mark(boot, (enum lock_subject)subject, digest);
	}
	return rd_done(r);
}

int lock_boot_decode(const void *data, size_t len, struct lock_boot *ret_boot, struct err *err)
{
	AUTO_MEM struct lock_boot *boot = calloc(1, sizeof(*boot));
	struct rd r = rd_init(data, len);
	const uint8_t *magic = rd_bytes(&r, MAGIC_SIZE);
	uint8_t has_log = rd_u8(&r);
	uint8_t way = rd_u8(&r);
	uint8_t secure_boot = rd_u8(&r);

	if (!boot)
		return err_set(err, "out of memory");
	if (len > LOCK_BOOT_MAX || !rd_ok(&r) || memcmp(magic, MAGIC, MAGIC_SIZE) != 0)
		return err_set(err, "approved boot: not one of version 1");
	if (has_log > 1 || way > BOOT_GRUB || secure_boot > BOOT_YES)
		return err_set(err, "approved boot: damaged");
	boot->has_log = has_log;
	boot->way = (enum boot_way)way;
	boot->secure_boot = (enum boot_tri)secure_boot;
	if (!read_cmdline(&r, boot) || !read_marks(&r, boot))
		return err_set(err, "approved boot: damaged");
	*ret_boot = *boot;
	return 0;
}
