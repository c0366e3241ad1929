/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INI files by libinih. */
#include "proto/config_ini.h"

#include <ini.h>
#include <string.h>

#include "base/io.h"

struct reading {
	config_ini_fn fn;
	void *ctx;
	struct buf seen; /* "[section]name\n" of every entry so far */
	struct err err;
};

/* The second of two lines would silently be the one that counts. */
static int check_once(struct reading *r, const char *section, const char *name, struct err *err)
{
	AUTO_STR entry = NULL;

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

	if (r->err.text[0])
		return 0;
	return check_once(r, section, name, &r->err) == 0 &&
	       r->fn(r->ctx, section, name, value, &r->err) == 0;
}

int config_ini_load(const char *path, config_ini_fn fn, void *ctx, struct err *err)
{
	AUTO_BUF text = BUF_INIT(CONFIG_INI_MAX);
	struct reading r = {
		.fn = fn, .ctx = ctx, .seen = BUF_INIT(4 * CONFIG_INI_MAX), .err = ERR_INIT
	};
	int line;

	if (io_read_file(path, &text, err) < 0)
		return -1;
	if (strlen(buf_text(&text)) != text.len)
		return err_set(err, "%s: holds a NUL byte", path);
	line = ini_parse_string(buf_text(&text), on_entry, &r);
	buf_done(&r.seen);
	if (line < 0)
		return err_set(err, "%s: out of memory", path);
	if (line > 0)
		return err_set(err, "%s:%d: %s", path, line,
			       r.err.text[0] ? r.err.text
					     : "neither [section], name = value nor a comment");
	return 0;
}
