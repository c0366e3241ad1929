/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INI files by libinih. */
#include "proto/config_ini.h"

#include <ini.h>
#include <string.h>

#include "base/io.h"

struct reading {
	const char *text; /* what is still to be read */
	size_t left;
	int line;   /* lines read so far */
	int failed; /* the line of err; 0: none */
	const struct config_ini *to;
	struct buf seen; /* "[section]name\n" of every entry so far */
	struct err err;
};

/* The second of two lines would silently be the one that counts. */
static int check_once(struct reading *r, const char *section, const char *name, struct err *err)
{
	AUTO_STR entry = NULL;

	if (r->to->adds_up && strcmp(name, r->to->adds_up) == 0)
		return 0;
	if (asprintf(&entry, "\n[%s]%s\n", section, name) < 0) {
		entry = NULL;
		return err_set(err, "out of memory");
	}
	if (strstr(buf_text(&r->seen), entry))
		return err_set(err, "%s: '%s' is there twice", section, name);
	return buf_put(&r->seen, entry, strlen(entry), err);
}

/* libinih's handler: 1 is success. */
static int on_entry(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;

	if (r->failed)
		return 0;
	if (check_once(r, section, name, &r->err) == 0 &&
	    r->to->fn(r->to->ctx, section, name, value, &r->err) == 0)
		return 1;
	r->failed = r->line;
	return 0;
}

/* libinih's reader, as fgets, but it counts: libinih reads on after a line that is no INI, and
 * tells of the first line that failed alone. */
static char *next_line(char *ret_line, int max, void *stream)
{
	struct reading *r = stream;
	const char *end = memchr(r->text, '\n', r->left);
	size_t n = end ? (size_t)(end - r->text) + 1 : r->left;

	if (!n || max < 2)
		return NULL;
	if (n > (size_t)max - 1)
		n = (size_t)max - 1;
	memcpy(ret_line, r->text, n);
	ret_line[n] = '\0';
	r->text += n;
	r->left -= n;
	r->line++;
	return ret_line;
}

int config_ini_parse(const char *text, size_t len, const char *name, const struct config_ini *to,
		     struct err *err)
{
	struct reading r = {
		.text = text, .left = len, .to = to, .seen = BUF_INIT(4 * CONFIG_INI_MAX)
	};
	int line;

	if (memchr(text, '\0', len))
		return err_set(err, "%s: holds a NUL byte", name);
	line = ini_parse_stream(next_line, &r, on_entry, &r);
	buf_done(&r.seen);
	if (line < 0)
		return err_set(err, "%s: out of memory", name);
	if (line > 0)
		return err_set(err, "%s:%d: %s", name, line,
			       r.failed == line ? r.err.text
						: "neither [section], name = value nor a comment");
	return 0;
}

int config_ini_load(const char *path, const struct config_ini *to, struct err *err)
{
	AUTO_BUF text = BUF_INIT(CONFIG_INI_MAX);

	if (io_read_file(path, &text, err) < 0)
		return -1;
	return config_ini_parse(buf_text(&text), text.len, path, to, err);
}
