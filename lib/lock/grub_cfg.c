/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a grub.cfg's menu entries. */
#include "lock/grub_cfg.h"

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

struct scan {
	const char *at;
	const char *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool ends_command(char c)
{
	return c == '\n' || c == ';';
}

/* Past one character as the lexer counts: a quoted string or ${NAME} whole, a backslash with what
 * follows. */
static int skip_one(struct scan *s, struct err *err)
{
	char quote = *s->at;

	if (quote == '$' && s->end - s->at > 1 && s->at[1] == '{') {
		while (s->at < s->end && *s->at != '}' && *s->at != '\n')
			s->at++;
		if (s->at == s->end || *s->at != '}')
			return err_set(err, "a ${ is not closed");
		s->at++;
		return 0;
	}
	if (quote == '\\') {
		s->at += s->end - s->at > 1 ? 2 : 1;
		return 0;
	}
	s->at++;
	if (quote != '\'' && quote != '"')
		return 0;
	while (s->at < s->end && *s->at != quote)
		s->at += quote == '"' && *s->at == '\\' && s->end - s->at > 1 ? 2 : 1;
	if (s->at == s->end)
		return err_set(err, "a quote is not closed");
	s->at++;
	return 0;
}

static void skip_comment(struct scan *s)
{
	while (s->at < s->end && *s->at != '\n')
		s->at++;
}

/* To the matching brace and past it; s->at is at the first. */
static int skip_block(struct scan *s, struct err *err)
{
	size_t depth = 0;
	bool word_begins = true;

	while (s->at < s->end) {
		char c = *s->at;

		if (c == '#' && word_begins) {
			skip_comment(s);
			continue;
		}
		word_begins = is_blank(c) || ends_command(c) || c == '{';
		depth += c == '{';
		depth -= c == '}';
		if (skip_one(s, err) < 0)
			return -1;
		if (depth == 0)
			return 0;
	}
	return err_set(err, "a brace is not closed");
}

static bool begins_with_word(const struct scan *s, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(s->end - s->at) > n && memcmp(s->at, word, n) == 0 && is_blank(s->at[n]);
}

/* From the command's word to the end of its block. */
static int read_entry(struct scan *s, struct grub_cfg *cfg, struct err *err)
{
	struct grub_entry *entry = &cfg->entries[cfg->n];
	const char *from = s->at;

	if (cfg->n == GRUB_ENTRIES_MAX)
		return err_set(err, "more than %d menu entries", GRUB_ENTRIES_MAX);
	while (s->at < s->end && *s->at != '{' && !ends_command(*s->at))
		if (skip_one(s, err) < 0)
			return -1;
	if (s->at == s->end || *s->at != '{')
		return err_set(err, "a menu entry without its block");
	entry->words = (struct grub_text){ from, (size_t)(s->at - from) };
	from = s->at;
	if (skip_block(s, err) < 0)
		return -1;
	entry->block = (struct grub_text){ from, (size_t)(s->at - from) };
	entry->place = cfg->plain.len;
	cfg->n++;
	return 0;
}

/* One character, quoted string or run of blanks into the plain text. */
static int read_plain(struct scan *s, struct grub_cfg *cfg, struct err *err)
{
	const char *from = s->at;
	bool newline = false;

	while (s->at < s->end && (is_blank(*s->at) || *s->at == '\n'))
		newline = *s->at++ == '\n' || newline;
	if (s->at > from) {
		char last = cfg->plain.len ? (char)cfg->plain.data[cfg->plain.len - 1] : '\n';

		if (last == '\n' || (last == ' ' && !newline))
			return 0;
		if (last == ' ')
			cfg->plain.len--;
		return buf_put(&cfg->plain, newline ? "\n" : " ", 1, err);
	}
	if (skip_one(s, err) < 0)
		return -1;
	return buf_put(&cfg->plain, from, (size_t)(s->at - from), err);
}

static int parse(struct scan *s, struct grub_cfg *cfg, struct err *err)
{
	bool word_begins = true;
	bool command_begins = true;

	while (s->at < s->end) {
		char c = *s->at;

		if (c == '#' && word_begins) {
			skip_comment(s);
			continue;
		}
		if (command_begins &&
		    (begins_with_word(s, "menuentry") || begins_with_word(s, "submenu"))) {
			if (read_entry(s, cfg, err) < 0)
				return -1;
			command_begins = false;
			word_begins = true;
			continue;
		}
		word_begins = is_blank(c) || ends_command(c);
		command_begins = ends_command(c) || (command_begins && is_blank(c));
		if (read_plain(s, cfg, err) < 0)
			return -1;
		/* A run of blanks may have had the newline in it. */
		if (s->at[-1] == '\n')
			command_begins = true;
	}
	return 0;
}

int grub_cfg_parse(const char *text, size_t len, struct grub_cfg **ret_cfg, struct err *err)
{
	AUTO_GRUB_CFG cfg = calloc(1, sizeof(*cfg));
	struct scan s = { .at = text, .end = text + len };

	if (!cfg)
		return err_set(err, "out of memory");
	cfg->plain.max = GRUB_CFG_MAX;
	if (len > GRUB_CFG_MAX || (len && memchr(text, '\0', len)))
		return err_set(err, "grub.cfg: larger than %u bytes, or binary", GRUB_CFG_MAX);
	if (parse(&s, cfg, err) < 0)
		return err_prepend(err, "grub.cfg");
	*ret_cfg = take_ptr(&cfg);
	return 0;
}

void grub_cfg_free(struct grub_cfg **cfg)
{
	if (!*cfg)
		return;
	buf_done(&(*cfg)->plain);
	free(*cfg);
	*cfg = NULL;
}

static struct grub_text trimmed(const char *from, const char *to)
{
	while (from < to && (is_blank(*from) || ends_command(*from)))
		from++;
	while (to > from && is_blank(to[-1]))
		to--;
	return (struct grub_text){ from, (size_t)(to - from) };
}

int grub_cfg_commands(struct grub_text block, struct grub_text *ret_commands, size_t *ret_n,
		      struct err *err)
{
	struct scan s = { .at = block.at + 1, .end = block.at + block.len - 1 };
	const char *from = s.at;
	bool word_begins = true;

	*ret_n = 0;
	for (;;) {
		bool comment = s.at < s.end && *s.at == '#' && word_begins;
		bool over = s.at >= s.end || ends_command(*s.at) || comment;
		struct grub_text command = trimmed(from, s.at);

		if (over && command.len) {
			if (*ret_n == GRUB_COMMANDS_MAX)
				return err_set(err, "more than %d commands in a menu entry",
					       GRUB_COMMANDS_MAX);
			ret_commands[(*ret_n)++] = command;
		}
		if (s.at >= s.end)
			return 0;
		if (comment)
			skip_comment(&s);
		if (over)
			from = s.at;
		if (comment)
			continue;
		word_begins = is_blank(*s.at) || ends_command(*s.at);
		if (skip_one(&s, err) < 0)
			return -1;
	}
}
