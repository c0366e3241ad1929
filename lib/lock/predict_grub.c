/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A grub.cfg in place of another: the strings that GRUB will measure into PCR 8. */
#include <stdlib.h>
#include <string.h>

#include "lock/grub_cfg.h"
#include "lock/predict_change.h"

#define NONE SIZE_MAX
#define STRING_MAX (1U << 18) /* bytes of one measured string */
#define VALUE_MAX 1024	      /* bytes of a variable, NUL included */

struct menu {
	struct lock_events *events;
	const char *name;
	struct grub_cfg *was;
	struct grub_cfg *now;
	size_t at[GRUB_ENTRIES_MAX]; /* the event of each entry of was; NONE: it was not run */
	size_t setparams;	     /* the event */
	struct grub_words words;
	char value[VALUE_MAX];
	struct grub_text old_commands[GRUB_COMMANDS_MAX];
	struct grub_text new_commands[GRUB_COMMANDS_MAX];
};

static void cleanup_menu(struct menu **menu)
{
	if (!*menu)
		return;
	grub_cfg_free(&(*menu)->was);
	grub_cfg_free(&(*menu)->now);
	grub_words_done(&(*menu)->words);
	free(*menu);
}

static bool is_string(const struct lock_event *e)
{
	return e->pcr == 8 && e->reading.kind == BOOT_KIND_STRING;
}

static bool begins(const struct lock_event *e, const char *text)
{
	size_t n = strlen(text);

	return is_string(e) && e->reading.len >= n && memcmp(e->reading.text, text, n) == 0;
}

static bool is(const struct lock_event *e, const struct buf *text)
{
	return is_string(e) && e->reading.len == text->len &&
	       memcmp(e->reading.text, text->data, text->len) == 0;
}

/* "set NAME=VALUE", or without the set, as the boot log has it. */
static const char *assigned(const struct lock_event *e, const char *name, char *value)
{
	const char *text = (const char *)e->reading.text;
	size_t len = e->reading.len;
	size_t n = strlen(name);

	if (begins(e, "set ")) {
		text += 4;
		len -= 4;
	}
	if (len <= n || memcmp(text, name, n) != 0 || text[n] != '=' || len - n > VALUE_MAX)
		return NULL;
	memcpy(value, text + n + 1, len - n - 1);
	value[len - n - 1] = '\0';
	return value;
}

/* The last that was given it.  A variable that is set anew later is refused where it is used
 * before, because the string then differs from the log's. */
static const char *variable(void *from, const char *name)
{
	struct menu *menu = from;
	const char *value = NULL;

	for (size_t i = 0; i < menu->events->n && !value; i++) {
		const struct lock_event *e = &menu->events->at[menu->events->n - 1 - i];

		if (is_string(e))
			value = assigned(e, name, menu->value);
	}
	return value;
}

static int read_words(struct menu *menu, struct grub_text command, struct err *err)
{
	return grub_words_read(command, variable, menu, &menu->words, err);
}

static int set_string(struct menu *menu, size_t at, const struct buf *text, struct err *err)
{
	struct lock_event *e = &menu->events->at[at];

	e->changed = true;
	return hash_bytes(menu->events->bank, text->data, text->len, &e->digest, err);
}

/* What is measured when the entry is put into the menu. */
static int entry_string(struct menu *menu, const struct grub_entry *entry, struct buf *out,
			struct err *err)
{
	buf_reset(out);
	if (read_words(menu, entry->words, err) < 0 || grub_words_join(&menu->words, out, err) < 0)
		return -1;
	return buf_putf(out, err, " %.*s", (int)entry->block.len, entry->block.at);
}

/* And when it is run: its title, and what else is no option. */
static int params_string(struct menu *menu, const struct grub_entry *entry, struct buf *out,
			 struct err *err)
{
	buf_reset(out);
	if (read_words(menu, entry->words, err) < 0 || buf_putf(out, err, "setparams") < 0)
		return -1;
	for (size_t i = 1; i < menu->words.n; i++) {
		const char *word = grub_word(&menu->words, i);

		if (strncmp(word, "--", 2) == 0) {
			i += !strchr(word, '=') && strcmp(word, "--unrestricted") != 0;
			continue;
		}
		if (buf_putf(out, err, " %s", word) < 0)
			return -1;
	}
	return 0;
}

static bool is_entry_event(const struct lock_event *e)
{
	return begins(e, "menuentry ") || begins(e, "submenu ");
}

/* Which event each entry of the old file has; every such event must be one's. */
static int locate_entries(struct menu *menu, struct err *err)
{
	AUTO_BUF text = BUF_INIT(STRING_MAX);
	size_t from = 0;
	size_t found = 0;
	size_t all = 0;

	for (size_t i = 0; i < menu->was->n; i++) {
		size_t at = from;

		if (entry_string(menu, &menu->was->entries[i], &text, err) < 0)
			return -1;
		while (at < menu->events->n && !is(&menu->events->at[at], &text))
			at++;
		menu->at[i] = at < menu->events->n ? at : NONE;
		if (at == menu->events->n)
			continue;
		from = at + 1;
		found++;
	}
	for (size_t i = 0; i < menu->events->n; i++)
		all += is_entry_event(&menu->events->at[i]);
	if (found && found == all)
		return 0;
	return err_set(err,
		       "%s: %zu menu entries were measured, of which this file has %zu: it is "
		       "not what was booted, or a submenu was opened",
		       menu->name, all, found);
}

/* One entry was run, once. */
static int locate_setparams(struct menu *menu, struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < menu->events->n; i++) {
		if (!begins(&menu->events->at[i], "setparams "))
			continue;
		menu->setparams = i;
		n++;
	}
	if (n == 1)
		return 0;
	return err_set(err, "%s: %zu menu entries were run in this boot, not one", menu->name, n);
}

static int find_booted(struct menu *menu, size_t *ret_index, struct err *err)
{
	AUTO_BUF text = BUF_INIT(STRING_MAX);
	size_t n = 0;

	for (size_t i = 0; i < menu->was->n; i++) {
		if (menu->at[i] == NONE)
			continue;
		if (params_string(menu, &menu->was->entries[i], &text, err) < 0)
			return -1;
		if (!is(&menu->events->at[menu->setparams], &text))
			continue;
		*ret_index = i;
		n++;
	}
	return n == 1 ? 0
		      : err_set(err, "%s: the menu entry that was booted is not in it, or twice",
				menu->name);
}

/* Entries that stand at one place of the file. */
struct group {
	size_t first;
	size_t n;
};

static struct group group_at(const struct grub_cfg *cfg, size_t place)
{
	struct group g = { .first = 0 };

	while (g.first < cfg->n && cfg->entries[g.first].place < place)
		g.first++;
	while (g.first + g.n < cfg->n && cfg->entries[g.first + g.n].place == place)
		g.n++;
	return g;
}

/* The entry at the old one's place and number, which must have its title. */
static int find_next(struct menu *menu, size_t booted, size_t *ret_next, struct err *err)
{
	AUTO_BUF text = BUF_INIT(STRING_MAX);
	size_t place = menu->was->entries[booted].place;
	struct group was = group_at(menu->was, place);
	struct group now = group_at(menu->now, place);
	size_t next = now.first + (booted - was.first);

	if (booted - was.first >= now.n)
		return err_set(err, "%s: the menu entry that was booted is gone", menu->name);
	if (params_string(menu, &menu->now->entries[next], &text, err) < 0)
		return -1;
	if (!is(&menu->events->at[menu->setparams], &text))
		return err_set(err, "%s: another menu entry stands where the booted one was",
			       menu->name);
	*ret_next = next;
	return 0;
}

static bool loads_linux(const struct grub_words *words)
{
	const char *word = grub_word(words, 0);

	return strcmp(word, "linux") == 0 || strcmp(word, "linuxefi") == 0;
}

static size_t next_string(const struct menu *menu, size_t at)
{
	return lock_events_find(menu->events, 8, BOOT_KIND_STRING, at);
}

struct strings {
	struct buf command;
	struct buf cmdline; /* empty: no kernel is loaded */
};

#define AUTO_STRINGS CLEANUP(cleanup_strings) struct strings
#define STRINGS_INIT \
	{ \
		.command = BUF_INIT(STRING_MAX), .cmdline = BUF_INIT(STRING_MAX) \
	}

static void cleanup_strings(struct strings *s)
{
	buf_done(&s->command);
	buf_done(&s->cmdline);
}

static int command_strings(struct menu *menu, struct grub_text command, struct strings *out,
			   struct err *err)
{
	if (read_words(menu, command, err) < 0 ||
	    grub_words_join(&menu->words, &out->command, err) < 0)
		return -1;
	return loads_linux(&menu->words) ? grub_words_cmdline(&menu->words, &out->cmdline, err) : 0;
}

/* The one event of the old command; and of the kernel's line behind it. */
static int find_command(struct menu *menu, const struct strings *was, size_t *ret_at,
			struct err *err)
{
	size_t found = menu->events->n;
	size_t n = 0;
	size_t line;

	for (size_t i = menu->setparams + 1; i < menu->events->n; i++) {
		if (!is(&menu->events->at[i], &was->command))
			continue;
		found = i;
		n++;
	}
	line = n ? next_string(menu, found + 1) : 0;
	if (n != 1 || (was->cmdline.len &&
		       (line == menu->events->n || !is(&menu->events->at[line], &was->cmdline))))
		return err_set(err, "%s: PCR 8 does not have '%.80s' once, as it was booted",
			       menu->name, buf_text(&was->command));
	*ret_at = found;
	return 0;
}

static int set_cmdline(struct menu *menu, const struct buf *line, struct err *err)
{
	AUTO_BUF whole = BUF_INIT(STRING_MAX);

	if (buf_putf(&whole, err, "BOOT_IMAGE=%s", buf_text(line)) < 0)
		return -1;
	return lock_events_set_cmdline(menu->events, buf_text(&whole), whole.len, err);
}

static int change_command(struct menu *menu, struct grub_text old, struct grub_text new,
			  struct err *err)
{
	AUTO_STRINGS was = STRINGS_INIT;
	AUTO_STRINGS now = STRINGS_INIT;
	size_t at = NONE;

	if (command_strings(menu, old, &was, err) < 0 || find_command(menu, &was, &at, err) < 0 ||
	    command_strings(menu, new, &now, err) < 0)
		return -1;
	if (!was.cmdline.len != !now.cmdline.len)
		return err_set(err, "%s: another command in place of '%.80s'", menu->name,
			       buf_text(&was.command));
	if (set_string(menu, at, &now.command, err) < 0)
		return -1;
	if (!was.cmdline.len)
		return 0;
	return set_string(menu, next_string(menu, at + 1), &now.cmdline, err) < 0
		       ? -1
		       : set_cmdline(menu, &now.cmdline, err);
}

/* The booted entry's commands, one beside the other. */
static int change_commands(struct menu *menu, const struct grub_entry *old,
			   const struct grub_entry *new, struct err *err)
{
	size_t n_old;
	size_t n_new;

	if (grub_cfg_commands(old->block, menu->old_commands, &n_old, err) < 0 ||
	    grub_cfg_commands(new->block, menu->new_commands, &n_new, err) < 0)
		return -1;
	if (n_old != n_new)
		return err_set(err, "%s: the booted menu entry has %zu commands, not %zu",
			       menu->name, n_new, n_old);
	for (size_t i = 0; i < n_old; i++) {
		struct grub_text a = menu->old_commands[i];
		struct grub_text b = menu->new_commands[i];

		if (a.len == b.len && memcmp(a.at, b.at, a.len) == 0)
			continue;
		if (change_command(menu, a, b, err) < 0)
			return -1;
	}
	return 0;
}

static int insert_entry(struct menu *menu, size_t at, const struct buf *text, struct err *err)
{
	struct digest d;

	if (hash_bytes(menu->events->bank, text->data, text->len, &d, err) < 0)
		return -1;
	return lock_events_insert(menu->events, at, 8, &d, err);
}

/* More or fewer entries can only be told where all that stood there were run. */
static int check_group(const struct menu *menu, struct group was, struct group now, struct err *err)
{
	if (was.n == now.n)
		return 0;
	for (size_t i = 0; i < was.n; i++)
		if (menu->at[was.first + i] == NONE)
			return err_set(err,
				       "%s: %zu menu entries where %zu were, not all of them run",
				       menu->name, now.n, was.n);
	return was.n ? 0 : err_set(err, "%s: a menu entry where none was", menu->name);
}

/* From the last to the first, so that the numbers of those before stay. */
static int change_group(struct menu *menu, struct group was, struct group now, struct err *err)
{
	AUTO_BUF text = BUF_INIT(STRING_MAX);

	if (check_group(menu, was, now, err) < 0)
		return -1;
	for (size_t i = was.n > now.n ? was.n : now.n; i-- > 0;) {
		size_t at = menu->at[was.first + (i < was.n ? i : was.n - 1)];

		if (i >= now.n) {
			lock_events_remove(menu->events, at);
			continue;
		}
		if (entry_string(menu, &menu->now->entries[now.first + i], &text, err) < 0)
			return -1;
		if (i >= was.n && insert_entry(menu, at + 1, &text, err) < 0)
			return -1;
		if (i < was.n && at != NONE && set_string(menu, at, &text, err) < 0)
			return -1;
	}
	return 0;
}

static int change_menu(struct menu *menu, struct err *err)
{
	size_t old = menu->was->n;
	size_t new = menu->now->n;

	while (old || new) {
		size_t place = old ? menu->was->entries[old - 1].place : 0;
		struct group was;
		struct group now;

		if (new && menu->now->entries[new - 1].place > place)
			place = menu->now->entries[new - 1].place;
		was = group_at(menu->was, place);
		now = group_at(menu->now, place);
		if (change_group(menu, was, now, err) < 0)
			return -1;
		old -= was.n;
		new -= now.n;
	}
	return 0;
}

static int menu_open(struct menu *menu, const struct lock_change *change, struct err *err)
{
	if (grub_cfg_parse(change->was, change->was_len, &menu->was, err) < 0 ||
	    grub_cfg_parse(change->now, change->now_len, &menu->now, err) < 0)
		return err_prepend(err, "%s", change->name);
	if (menu->was->plain.len != menu->now->plain.len ||
	    (menu->was->plain.len &&
	     memcmp(menu->was->plain.data, menu->now->plain.data, menu->was->plain.len) != 0))
		return err_set(err,
			       "%s: differs from what was booted outside its menu entries: "
			       "approve it after it was booted",
			       change->name);
	return 0;
}

static int predict_pcr8(struct menu *menu, const struct lock_change *change, struct err *err)
{
	size_t booted = NONE;
	size_t next = NONE;

	if (menu_open(menu, change, err) < 0 || locate_entries(menu, err) < 0 ||
	    locate_setparams(menu, err) < 0 || find_booted(menu, &booted, err) < 0 ||
	    find_next(menu, booted, &next, err) < 0 ||
	    change_commands(menu, &menu->was->entries[booted], &menu->now->entries[next], err) < 0)
		return -1;
	return change_menu(menu, err);
}

int lock_predict_grub_entries(const struct lock_template *template,
			      const struct lock_change *change, struct grub_text *ret_was,
			      struct grub_text *ret_now, struct err *err)
{
	CLEANUP(cleanup_menu) struct menu *menu = calloc(1, sizeof(*menu));
	AUTO_EVENTS events = LOCK_EVENTS_INIT;
	size_t booted = NONE;
	size_t next = NONE;

	if (!menu)
		return err_set(err, "out of memory");
	menu->events = &events;
	menu->name = change->name;
	if (lock_events_load(&events, template->log, template->len, template->bank, err) < 0 ||
	    menu_open(menu, change, err) < 0 || locate_entries(menu, err) < 0 ||
	    locate_setparams(menu, err) < 0 || find_booted(menu, &booted, err) < 0 ||
	    find_next(menu, booted, &next, err) < 0)
		return -1;
	*ret_was = menu->was->entries[booted].block;
	*ret_now = menu->now->entries[next].block;
	return 0;
}

int lock_predict_grub_cfg(struct lock_events *events, const struct lock_change *change,
			  uint32_t mask, struct err *err)
{
	CLEANUP(cleanup_menu) struct menu *menu = calloc(1, sizeof(*menu));

	if (!menu)
		return err_set(err, "out of memory");
	menu->events = events;
	menu->name = change->name;
	if (lock_predict_file(events, change, mask, err) < 0)
		return -1;
	return predict_pcr8(menu, change, err) < 0 && lock_wants(mask, 8) ? -1 : 0;
}
