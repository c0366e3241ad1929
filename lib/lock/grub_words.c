/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of one command of GRUB's. */
#include <stdlib.h>
#include <string.h>

#include "lock/grub_cfg.h"

#define NAME_MAX_BYTES 64 /* of a variable, NUL included */
#define WORDS_BYTES 65536

struct reader {
	const char *at;
	const char *end;
	grub_variable_fn *variable;
	void *from;
	struct grub_words *words;
};

static int put(struct reader *r, const char *bytes, size_t len, struct err *err)
{
	return buf_put(&r->words->text, bytes, len, err);
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* $NAME or ${NAME}; positional and special ones are not known.  Unquoted, blanks would part words,
 * and nothing would be no word. */
static int read_variable(struct reader *r, bool quoted, struct err *err)
{
	bool braces = r->end - r->at > 1 && r->at[1] == '{';
	const char *from = r->at + (braces ? 2 : 1);
	const char *to = from;
	char name[NAME_MAX_BYTES];
	const char *value;

	while (to < r->end && is_name(*to))
		to++;
	if (to == from || (size_t)(to - from) >= sizeof(name) ||
	    (braces && (to == r->end || *to != '}')))
		return err_set(err, "a '$' that is not understood");
	memcpy(name, from, (size_t)(to - from));
	name[to - from] = '\0';
	value = r->variable(r->from, name);
	if (!value)
		return err_set(err, "variable %s is not known from the boot log", name);
	if (!quoted && (!*value || strpbrk(value, " \t")))
		return err_set(err, "variable %s is empty or has blanks, and is not quoted", name);
	r->at = to + braces;
	return put(r, value, strlen(value), err);
}

static int read_single(struct reader *r, struct err *err)
{
	const char *from = ++r->at;

	while (r->at < r->end && *r->at != '\'')
		r->at++;
	if (r->at == r->end)
		return err_set(err, "a quote is not closed");
	return put(r, from, (size_t)(r->at++ - from), err);
}

static int read_double(struct reader *r, struct err *err)
{
	r->at++;
	while (r->at < r->end && *r->at != '"') {
		int rc;

		if (*r->at == '$')
			rc = read_variable(r, true, err);
		else if (*r->at == '\\' && r->end - r->at > 1 && strchr("\\\"$", r->at[1]))
			rc = put(r, (r->at += 2) - 1, 1, err);
		else
			rc = put(r, r->at++, 1, err);
		if (rc < 0)
			return -1;
	}
	if (r->at == r->end)
		return err_set(err, "a quote is not closed");
	r->at++;
	return 0;
}

static int read_part(struct reader *r, struct err *err)
{
	switch (*r->at) {
	case '\'':
		return read_single(r, err);
	case '"':
		return read_double(r, err);
	case '$':
		return read_variable(r, false, err);
	case '\\':
		if (r->end - r->at < 2 || r->at[1] == '\n')
			return err_set(err, "a backslash that is not understood");
		r->at += 2;
		return put(r, r->at - 1, 1, err);
	case '{':
	case '}':
	case '|':
	case '&':
	case '<':
	case '>':
	case '*':
	case '?':
		return err_set(err, "'%c' that is not understood", *r->at);
	default:
		return put(r, r->at++, 1, err);
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int read_word(struct reader *r, struct err *err)
{
	if (r->words->n == GRUB_WORDS_MAX)
		return err_set(err, "more than %d words", GRUB_WORDS_MAX);
	r->words->start[r->words->n++] = r->words->text.len;
	while (r->at < r->end && !is_blank(*r->at))
		if (read_part(r, err) < 0)
			return -1;
	return buf_put_u8(&r->words->text, 0, err);
}

int grub_words_read(struct grub_text command, grub_variable_fn *variable, void *from,
		    struct grub_words *words, struct err *err)
{
	struct reader r = {
		.at = command.at,
		.end = command.at + command.len,
		.variable = variable,
		.from = from,
		.words = words,
	};

	buf_reset(&words->text);
	words->text.max = WORDS_BYTES;
	words->n = 0;
	for (;;) {
		while (r.at < r.end && is_blank(*r.at))
			r.at++;
		if (r.at == r.end)
			break;
		if (read_word(&r, err) < 0)
			return err_prepend(err, "'%.*s'", command.len > 80 ? 80 : (int)command.len,
					   command.at);
	}
	return words->n ? 0 : err_set(err, "an empty command");
}

void grub_words_done(struct grub_words *words)
{
	buf_done(&words->text);
	words->n = 0;
}

const char *grub_word(const struct grub_words *words, size_t i)
{
	return (const char *)words->text.data + words->start[i];
}

int grub_words_join(const struct grub_words *words, struct buf *out, struct err *err)
{
	for (size_t i = 0; i < words->n; i++)
		if (buf_putf(out, err, "%s%s", i ? " " : "", grub_word(words, i)) < 0)
			return -1;
	return 0;
}

static int put_quoted(const char *word, struct buf *out, struct err *err)
{
	const char *quote = strchr(word, ' ') ? "\"" : "";

	if (buf_putf(out, err, "%s", quote) < 0)
		return -1;
	for (; *word; word++)
		if (buf_putf(out, err, "%s%c", strchr("\\'\"", *word) ? "\\" : "", *word) < 0)
			return -1;
	return buf_putf(out, err, "%s", quote);
}

int grub_words_cmdline(const struct grub_words *words, struct buf *out, struct err *err)
{
	for (size_t i = 1; i < words->n; i++) {
		if (i > 1 && buf_put_u8(out, ' ', err) < 0)
			return -1;
		if (put_quoted(grub_word(words, i), out, err) < 0)
			return -1;
	}
	return 0;
}
