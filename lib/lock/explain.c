/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two boots, side by side. */
#include "lock/explain.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 256  /* parameters of a command line that are compared */
#define SHOWN_MAX 3    /* parameters in one line */
#define SHOWN_BYTES 96 /* of one parameter */

void lock_explanation_add(struct lock_explanation *explanation, const char *fmt, ...)
{
	struct err escaped = ERR_INIT;
	char raw[LOCK_LINE_MAX];
	va_list ap;

	if (explanation->n == LOCK_LINES_MAX) {
		explanation->more++;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	err_set(&escaped, "%s", raw);
	(void)snprintf(explanation->lines[explanation->n++], LOCK_LINE_MAX, "%.*s",
		       LOCK_LINE_MAX - 1, escaped.text);
}

void lock_explanation_cut(struct lock_explanation *explanation, size_t max)
{
	size_t over;
	char *last;
	size_t len;

	if (explanation->n + explanation->more <= max || max == 0 || explanation->n < max)
		return;
	over = explanation->n + explanation->more - max;
	last = explanation->lines[max - 1];
	len = strlen(last);
	if (len > LOCK_LINE_MAX - 32)
		len = LOCK_LINE_MAX - 32;
	(void)snprintf(last + len, LOCK_LINE_MAX - len, " (and %zu more)", over);
	explanation->n = max;
	explanation->more = 0;
}

#define BOOT_IMAGE \
	"BOOT_IMAGE=" /* GRUB's word: a path, which tells nothing of the kernel there \
		       */

/* Parameters of a command line, as the kernel parts them: blanks, not within double quotes. */
struct word {
	const char *at;
	size_t len;
};

static size_t split(const char *text, struct word *words)
{
	bool quoted = false;
	size_t n = 0;

	while (n < WORDS_MAX) {
		const char *from;

		while (*text == ' ' || *text == '\t')
			text++;
		if (!*text)
			break;
		from = text;
		while (*text && (quoted || (*text != ' ' && *text != '\t')))
			quoted ^= *text++ == '"';
		if (strncmp(from, BOOT_IMAGE, strlen(BOOT_IMAGE)) != 0)
			words[n++] = (struct word){ from, (size_t)(text - from) };
	}
	return n;
}

static bool same_word(struct word a, struct word b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static bool same_words(const struct word *a, const struct word *b, size_t n)
{
	size_t i = 0;

	while (i < n && same_word(a[i], b[i]))
		i++;
	return i == n;
}

static size_t count(const struct word *words, size_t n, struct word word)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += same_word(words[i], word);
	return found;
}

/* Those of a that stand more often in it, so far, than in all of b. */
static size_t list_new(const struct word *a, size_t n_a, const struct word *b, size_t n_b,
		       struct buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < n_a; i++) {
		if (count(a, i + 1, a[i]) <= count(b, n_b, a[i]))
			continue;
		if (n++ >= SHOWN_MAX)
			continue;
		if (buf_putf(out, NULL, "%s\"%.*s%s\"", n > 1 ? ", " : "",
			     a[i].len > SHOWN_BYTES ? SHOWN_BYTES : (int)a[i].len, a[i].at,
			     a[i].len > SHOWN_BYTES ? "..." : "") < 0)
			return n;
	}
	return n;
}

static void put_parameters(struct lock_explanation *e, const struct buf *list, size_t n,
			   const char *what)
{
	if (n > SHOWN_MAX)
		lock_explanation_add(e, "kernel command line: %s and %zu more %s %s",
				     buf_text(list), n - SHOWN_MAX, "were", what);
	else if (n)
		lock_explanation_add(e, "kernel command line: %s %s %s", buf_text(list),
				     n > 1 ? "were" : "was", what);
}

static int explain_words(const char *approved, const char *now, struct lock_explanation *e,
			 struct err *err)
{
	AUTO_MEM struct word *old = calloc(WORDS_MAX, sizeof(*old));
	AUTO_MEM struct word *new = calloc(WORDS_MAX, sizeof(*new));
	AUTO_BUF added = BUF_INIT(LOCK_LINE_MAX);
	AUTO_BUF removed = BUF_INIT(LOCK_LINE_MAX);
	size_t n_old;
	size_t n_new;
	size_t n_added;
	size_t n_removed;

	if (!old || !new)
		return err_set(err, "out of memory");
	n_old = split(approved, old);
	n_new = split(now, new);
	n_added = list_new(new, n_new, old, n_old, &added);
	n_removed = list_new(old, n_old, new, n_new, &removed);
	put_parameters(e, &added, n_added, "added");
	put_parameters(e, &removed, n_removed, "removed");
	if (!n_added && !n_removed && !same_words(old, new, n_old))
		lock_explanation_add(e, "kernel command line: in another order");
	return 0;
}

static const char *tri_name(enum boot_tri tri)
{
	static const char *const names[] = { "not told", "off", "on" };

	return names[tri];
}

/* The nth mark of a subject; NULL: there are fewer. */
static const struct lock_mark *nth(const struct lock_boot *boot, enum lock_subject subject,
				   size_t n)
{
	for (size_t i = 0; i < boot->n_marks; i++)
		if (boot->marks[i].subject == subject && n-- == 0)
			return &boot->marks[i];
	return NULL;
}

static bool differs(const struct lock_boot *a, const struct lock_boot *b, enum lock_subject subject)
{
	for (size_t i = 0;; i++) {
		const struct lock_mark *x = nth(a, subject, i);
		const struct lock_mark *y = nth(b, subject, i);

		if (!x || !y)
			return x != y;
		if (memcmp(x->digest, y->digest, LOCK_MARK_SIZE) != 0)
			return true;
	}
}

static int explain_cmdline(const struct lock_boot *a, const struct lock_boot *b, bool *ret_differs,
			   struct lock_explanation *e, struct err *err)
{
	bool both = a->cmdline_known && b->cmdline_known;

	*ret_differs =
		both ? strcmp(a->cmdline, b->cmdline) != 0 : differs(a, b, LOCK_ABOUT_CMDLINE);
	if (!*ret_differs)
		return 0;
	if (both)
		return explain_words(a->cmdline, b->cmdline, e, err);
	lock_explanation_add(e, "kernel command line: not the approved one");
	return 0;
}

/* What each subject is called when it differs; NULL: told otherwise, or a consequence. */
static const char *const texts[LOCK_ABOUT_N] = {
	[LOCK_ABOUT_KERNEL] = "kernel: not the approved one",
	[LOCK_ABOUT_INITRD] = "initramfs: not the approved one",
	[LOCK_ABOUT_PK] = "Secure Boot's PK: changed",
	[LOCK_ABOUT_KEK] = "Secure Boot's KEK: changed",
	[LOCK_ABOUT_DB] = "Secure Boot's db: changed",
	[LOCK_ABOUT_DBX] = "Secure Boot's dbx: changed",
	[LOCK_ABOUT_AUTHORITY] = "Secure Boot: another key verified the boot loader or the kernel",
	[LOCK_ABOUT_LOADER] = "boot loader: not the approved one",
	[LOCK_ABOUT_SECTION] = "unified kernel image: another section differs",
	[LOCK_ABOUT_GRUB] = "GRUB: its menu or its commands differ",
	[LOCK_ABOUT_GRUB_FILE] = "GRUB: a file that it reads differs (grub.cfg, grubenv, a font)",
	[LOCK_ABOUT_MOK] = "shim: its list of keys (MOK) changed",
	[LOCK_ABOUT_CREDENTIAL] = "boot loader: credentials or extensions were added or changed",
	[LOCK_ABOUT_FIRMWARE] = "firmware: not the approved one, or other hardware",
	[LOCK_ABOUT_SETTINGS] = "firmware: its settings or boot entries changed",
	[LOCK_ABOUT_OTHER] = "boot log: other events than approved",
};

/* Consequences of what was said already are not said again. */
static bool follows(enum lock_subject subject, const struct lock_boot *a, const struct lock_boot *b,
		    bool cmdline)
{
	bool files =
		cmdline || differs(a, b, LOCK_ABOUT_KERNEL) || differs(a, b, LOCK_ABOUT_INITRD);

	if (subject == LOCK_ABOUT_GRUB || subject == LOCK_ABOUT_GRUB_FILE)
		return files;
	/* The kernel within is measured where Secure Boot is off only. */
	if (subject == LOCK_ABOUT_LOADER && b->way == BOOT_UKI)
		return files || differs(a, b, LOCK_ABOUT_SECTION) ||
		       a->secure_boot != b->secure_boot;
	return subject == LOCK_ABOUT_AUTHORITY && a->secure_boot != b->secure_boot;
}

static int explain_boots(const struct lock_boot *a, const struct lock_boot *b,
			 struct lock_explanation *e, struct err *err)
{
	bool cmdline = false;

	if (a->secure_boot != b->secure_boot)
		lock_explanation_add(e, "Secure Boot: %s, was %s", tri_name(b->secure_boot),
				     tri_name(a->secure_boot));
	if (a->way != b->way)
		lock_explanation_add(e, "boot loader: %s, was %s", boot_way_name(b->way),
				     boot_way_name(a->way));
	if (explain_cmdline(a, b, &cmdline, e, err) < 0)
		return -1;
	for (unsigned int i = 0; i < LOCK_ABOUT_N; i++) {
		enum lock_subject subject = (enum lock_subject)i;

		if (texts[i] && differs(a, b, subject) && !follows(subject, a, b, cmdline))
			lock_explanation_add(e, "%s", texts[i]);
	}
	if (cmdline && !e->n)
		lock_explanation_add(e, "kernel command line: another path of the kernel");
	return 0;
}

int lock_explain(const struct lock_side *approved, const struct lock_side *now,
		 struct lock_explanation *ret, struct err *err)
{
	AUTO_MEM struct lock_explanation *e = calloc(1, sizeof(*e));

	if (!e)
		return err_set(err, "out of memory");
	if (lock_explain_records(approved, now, e, err) < 0)
		return -1;
	if (approved->boot->has_log && !now->boot->has_log)
		lock_explanation_add(e,
				     "boot log: none, was there (GRUB hands none on where Secure "
				     "Boot is off)");
	else if (now->boot->has_log && !approved->boot->has_log)
		lock_explanation_add(e, "boot log: there was none when this was approved");
	else if (explain_boots(approved->boot, now->boot, e, err) < 0)
		return -1;
	*ret = *e;
	return 0;
}
