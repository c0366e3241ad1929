/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a log to facts: one small machine for each PCR, and what they tell together. */
#include "attest/boot_facts.h"

#include <stdlib.h>
#include <string.h>

#include "attest/boot_event.h"
#include "attest/boot_grub.h"
#include "attest/boot_text.h"

#define BOOT_IMAGE "BOOT_IMAGE=" /* GRUB, loader/i386/linux.c: not in what is measured */
#define ENTRIES_MAX 64		 /* Boot#### variables that are looked at */
#define DEBUG_MODE "UEFI Debug Mode"

struct bytes_at {
	const uint8_t *data;
	size_t len;
};

struct walk {
	struct boot_facts *facts;
	const char *claim;

	bool pcr7_broken, pcr7_separated;
	size_t secure_boots;

	struct boot_grub grub;
	bool pcr8_broken;

	size_t tags, initrds; /* PCR 9: load options, initrds */
	struct digest options;
	bool pcr9_broken;

	struct bytes_at section; /* PCR 11: named, its content comes next */
	size_t sections;
	bool has_linux;

	size_t lines; /* PCR 12 */
	struct bytes_at line;

	struct bytes_at entries[ENTRIES_MAX]; /* load options of Boot#### */
	size_t n_entries;
};

const char *boot_way_name(enum boot_way way)
{
	static const char *const names[] = { "unknown", "efi-stub", "uki", "grub" };

	return names[way];
}

/* Firmware Profile, 3.3.4.8: SecureBoot, PK, KEK, db, dbx, the separator; then authorities. */
static void walk_pcr7(struct walk *w, const struct boot_reading *r)
{
	if (w->pcr7_separated) {
		/* The firmware tells it before. */
		w->pcr7_broken = w->pcr7_broken || (r->kind == BOOT_KIND_VARIABLE &&
						    boot_variable_is_global(&r->var, "SecureBoot"));
		return;
	}
	if (r->kind == BOOT_KIND_SEPARATOR)
		w->pcr7_separated = true;
	else if (!boot_kind_proven(r->kind))
		w->pcr7_broken = true;
	else if (r->kind == BOOT_KIND_DATA && r->len >= strlen(DEBUG_MODE) &&
		 memcmp(r->text, DEBUG_MODE, strlen(DEBUG_MODE)) == 0)
		w->pcr7_broken = true;
	if (r->kind != BOOT_KIND_VARIABLE || !boot_variable_is_global(&r->var, "SecureBoot"))
		return;
	w->secure_boots++;
	w->pcr7_broken = w->pcr7_broken || r->var.value_len > 1 ||
			 (r->var.value_len == 1 && r->var.value[0] > 1);
	w->facts->secure_boot = r->var.value_len == 1 && r->var.value[0] == 1 ? BOOT_YES : BOOT_NO;
}

static bool walk_pcr4(const struct boot_reading *r)
{
	return boot_kind_proven(r->kind) || r->kind == BOOT_KIND_IMAGE;
}

static bool walk_pcr8(struct walk *w, const struct boot_reading *r)
{
	if (r->kind == BOOT_KIND_SEPARATOR)
		return true;
	/* Whatever was hashed may have been a command, also where the prefix was taken away. */
	if (r->kind == BOOT_KIND_STRING || r->kind == BOOT_KIND_DATA)
		boot_grub_string(&w->grub, r->text, r->len);
	else
		w->pcr8_broken = true;
	return boot_kind_proven(r->kind);
}

/* The stub: its load options, then the initrd.  GRUB: the files that it reads. */
static bool walk_pcr9(struct walk *w, const struct boot_event *event, const struct boot_reading *r)
{
	if (r->kind == BOOT_KIND_TAG_OPTIONS && w->tags == 0 && w->initrds == 0) {
		w->tags++;
		w->options = event->digest;
		return true;
	}
	if (r->kind == BOOT_KIND_TAG_INITRD && w->initrds == 0) {
		w->initrds++;
		return true;
	}
	if (boot_kind_proven(r->kind) || (r->kind == BOOT_KIND_FILE && w->grub.strings))
		return true;
	w->pcr9_broken = true;
	return false;
}

/* Each name, then its content. */
static bool walk_pcr11(struct walk *w, const struct boot_reading *r)
{
	struct bytes_at open = w->section;

	w->section = (struct bytes_at){ .data = NULL };
	if (r->kind == BOOT_KIND_SECTION && !open.data) {
		w->section = (struct bytes_at){ r->text, r->len };
		w->sections++;
		w->has_linux = w->has_linux || boot_text_is(r->text, r->len, ".linux");
		return true;
	}
	if (r->kind == BOOT_KIND_SECTION_DATA && open.data && open.len == r->len &&
	    memcmp(open.data, r->text, r->len) == 0)
		return true;
	return !open.data && (r->kind == BOOT_KIND_SEPARATOR || r->kind == BOOT_KIND_DATA);
}

static bool walk_pcr12(struct walk *w, const struct boot_reading *r)
{
	if (r->kind == BOOT_KIND_OPTIONS) {
		w->lines++;
		w->line = (struct bytes_at){ r->text, r->len };
	}
	return boot_kind_proven(r->kind);
}

/* The load options in them are believed only where another digest is theirs. */
static void note_entry(struct walk *w, const struct boot_event *event)
{
	static const char boot[] = "B\0o\0o\0t";
	struct bytes_at found = { .data = NULL };
	struct boot_variable var;

	if (!boot_variable_read(event->data, event->len, &var) || var.name_len != 16 ||
	    memcmp(var.name, boot, sizeof(boot)) != 0 || w->n_entries == ENTRIES_MAX)
		return;
	boot_load_option_data(var.value, var.value_len, &found.data, &found.len);
	if (found.len)
		w->entries[w->n_entries++] = found;
}

static int walk_event(struct walk *w, const struct boot_event *event, struct err *err)
{
	struct boot_reading r;
	bool explained = true;

	if (boot_event_read(event, &r, err) < 0)
		return -1;
	if (event->pcr == 1)
		note_entry(w, event);
	else if (event->pcr == 7)
		walk_pcr7(w, &r);
	else if (event->pcr == 4)
		explained = walk_pcr4(&r);
	else if (event->pcr == 8)
		explained = walk_pcr8(w, &r);
	else if (event->pcr == 9)
		explained = walk_pcr9(w, event, &r);
	else if (event->pcr == 11)
		explained = walk_pcr11(w, &r);
	else if (event->pcr == 12)
		explained = walk_pcr12(w, &r);
	w->facts->unexplained += !explained;
	return 0;
}

static int walk_log(struct walk *w, const struct boot_claim *claim, struct err *err)
{
	struct boot_event event;
	struct boot_log log;
	bool end = false;

	if (boot_log_open(claim->data, claim->len, claim->bank, &log, err) < 0)
		return -1;
	while (!end) {
		if (boot_log_next(&log, &event, &end, err) < 0)
			return -1;
		if (!end && walk_event(w, &event, err) < 0)
			return -1;
	}
	w->facts->unexplained += w->section.data != NULL;
	return 0;
}

static enum boot_way way_of(const struct walk *w)
{
	if (w->grub.strings && w->sections)
		return BOOT_UNKNOWN;
	if (w->grub.strings)
		return BOOT_GRUB;
	if (w->sections)
		return w->has_linux ? BOOT_UKI : BOOT_UNKNOWN;
	return w->tags ? BOOT_EFI_STUB : BOOT_UNKNOWN;
}

/* Is the digest in PCR 9 that of UTF-16 text, which has a NUL behind it or none? */
static int is_options(const struct walk *w, const struct buf *utf16, bool *ret_same,
		      struct err *err)
{
	AUTO_BUF with_nul = BUF_INIT(2 * BOOT_CMDLINE_MAX + 2);

	if (buf_put(&with_nul, utf16->data, utf16->len, err) < 0 ||
	    buf_put(&with_nul, "\0", 2, err) < 0)
		return -1;
	if (boot_digest_is(&w->options, with_nul.data, with_nul.len, ret_same, err) < 0)
		return -1;
	return *ret_same ? 0 : boot_digest_is(&w->options, utf16->data, utf16->len, ret_same, err);
}

/* Text that is too long or ill-formed is not what was hashed: unknown, no error. */
static int text_is_options(const struct walk *w, const char *text, bool *ret_same, struct err *err)
{
	AUTO_BUF utf16 = BUF_INIT(2 * BOOT_CMDLINE_MAX);
	uint8_t *room;

	/* With room for the longest, what fails then is the text. */
	*ret_same = false;
	if (buf_reserve(&utf16, utf16.max, &room, err) < 0)
		return -1;
	buf_reset(&utf16);
	if (boot_text_put_utf16(&utf16, text, NULL) < 0)
		return 0;
	return is_options(w, &utf16, ret_same, err);
}

static int try_bytes(struct walk *w, struct bytes_at text, struct err *err)
{
	struct boot_facts *f = w->facts;
	AUTO_BUF utf16 = BUF_INIT(2 * BOOT_CMDLINE_MAX);
	bool same;

	while (text.len >= 2 && !text.data[text.len - 1] && !text.data[text.len - 2])
		text.len -= 2;
	if (text.len > utf16.max)
		return 0;
	if (buf_put(&utf16, text.data, text.len, err) < 0 || is_options(w, &utf16, &same, err) < 0)
		return -1;
	f->cmdline_known =
		same && boot_text_utf16(text.data, text.len, f->cmdline, sizeof(f->cmdline));
	return 0;
}

static int try_claim(struct walk *w, struct err *err)
{
	struct boot_facts *f = w->facts;
	bool same = false;

	if (!w->claim || f->cmdline_known)
		return 0;
	if (text_is_options(w, w->claim, &same, err) < 0)
		return -1;
	f->cmdline_known = same && boot_text_utf8((const uint8_t *)w->claim, strlen(w->claim),
						  f->cmdline, sizeof(f->cmdline));
	return 0;
}

/* PCR 9 has the digest of what the kernel took, and decides which of the texts it was. */
static int stub_cmdline(struct walk *w, struct err *err)
{
	struct boot_facts *f = w->facts;

	if (w->tags != 1 || w->pcr9_broken)
		return 0;
	if (w->line.data && try_bytes(w, w->line, err) < 0)
		return -1;
	for (size_t i = 0; i < w->n_entries && !f->cmdline_known; i++)
		if (try_bytes(w, w->entries[i], err) < 0)
			return -1;
	return try_claim(w, err);
}

/* A kernel that GRUB starts as an EFI image measures what it is given once more. */
static int grub_cmdline(struct walk *w, struct err *err)
{
	AUTO_BUF line = BUF_INIT(BOOT_CMDLINE_MAX);
	struct boot_facts *f = w->facts;
	bool same = true;

	if (!boot_grub_knows(&w->grub) || w->pcr8_broken || w->lines ||
	    w->grub.line_len + strlen(BOOT_IMAGE) >= BOOT_CMDLINE_MAX ||
	    memchr(w->grub.line, '\0', w->grub.line_len))
		return 0;
	if (buf_putf(&line, err, BOOT_IMAGE "%.*s", (int)w->grub.line_len,
		     (const char *)w->grub.line) < 0)
		return -1;
	if (w->tags && text_is_options(w, buf_text(&line), &same, err) < 0)
		return -1;
	f->cmdline_known =
		same && boot_text_utf8(line.data, line.len, f->cmdline, sizeof(f->cmdline));
	return 0;
}

static int conclude(struct walk *w, struct err *err)
{
	struct boot_facts *f = w->facts;
	int rc;

	if (w->secure_boots != 1 || w->pcr7_broken || !w->pcr7_separated)
		f->secure_boot = BOOT_NOT_TOLD;
	f->way = way_of(w);
	if (f->way == BOOT_UNKNOWN)
		return 0;
	rc = f->way == BOOT_GRUB ? grub_cmdline(w, err) : stub_cmdline(w, err);
	if (!f->cmdline_known)
		f->cmdline[0] = '\0';
	return rc;
}

int boot_facts_claimed(const struct boot_claim *claim, struct boot_facts *ret_facts,
		       struct err *err)
{
	AUTO_MEM struct boot_facts *facts = calloc(1, sizeof(*facts));
	struct walk w = { .facts = facts, .claim = claim->cmdline };

	if (!facts)
		return err_set(err, "out of memory");
	if (walk_log(&w, claim, err) < 0 || conclude(&w, err) < 0)
		return -1;
	*ret_facts = *facts;
	return 0;
}

int boot_facts_read(const void *data, size_t len, enum hash_algo bank, struct boot_facts *ret_facts,
		    struct err *err)
{
	const struct boot_claim claim = { .data = data, .len = len, .bank = bank };

	return boot_facts_claimed(&claim, ret_facts, err);
}
