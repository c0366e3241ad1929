/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading one entry of systemd-boot. */
#include "lock/loader_entry.h"

#include <stdio.h>
#include <string.h>

#include "proto/cmdline.h"

#define BLANKS " \t"

/* The slash in front is there or not; two of them are one. */
static int take_path(const char *value, char ret_path[static LOADER_PATH_SIZE], struct err *err)
{
	size_t n = 0;

	ret_path[n++] = '/';
	for (const char *c = value; *c; c++) {
		if (*c == '/' && ret_path[n - 1] == '/')
			continue;
		if (n == LOADER_PATH_SIZE - 1)
			return err_set(err, "'%.80s': too long a path", value);
		ret_path[n++] = *c;
	}
	ret_path[n] = '\0';
	return 0;
}

/* convert_efi_path(): as it stands, with backslashes, two of them being one. */
static int put_initrd(struct buf *line, const char *value, struct err *err)
{
	bool after = false;

	if (buf_putf(line, err, "%sinitrd=", line->len ? " " : "") < 0)
		return -1;
	for (; *value; value++) {
		bool slash = *value == '/' || *value == '\\';

		if (!(slash && after) &&
		    buf_put_u8(line, slash ? (uint8_t)'\\' : (uint8_t)*value, err) < 0)
			return -1;
		after = slash;
	}
	return 0;
}

static int take_initrd(struct loader_entry *e, const char *value, struct err *err)
{
	if (e->n_initrds == LOADER_INITRDS_MAX)
		return err_set(err, "more than %d initrds", LOADER_INITRDS_MAX);
	if (take_path(value, e->initrd[e->n_initrds], err) < 0 ||
	    put_initrd(&e->line, value, err) < 0)
		return -1;
	e->n_initrds++;
	return 0;
}

static int take_version(struct loader_entry *e, const char *value, struct err *err)
{
	if (strlen(value) >= sizeof(e->version))
		return err_set(err, "'%.80s': too long a version", value);
	strcpy(e->version, value);
	return 0;
}

static int take_value(struct loader_entry *e, struct buf *options, const char *key,
		      const char *value, struct err *err)
{
	if (strcmp(key, "version") == 0)
		return take_version(e, value, err);
	if (strcmp(key, "linux") == 0)
		return take_path(value, e->linux, err);
	if (strcmp(key, "initrd") == 0)
		return take_initrd(e, value, err);
	if (strcmp(key, "options") == 0)
		return buf_putf(options, err, "%s%s", options->len ? " " : "", value);
	return 0;
}

/* line_get_key_value(): the key and what follows its blanks, without quotes around the whole. */
static char *cut_value(char *line)
{
	size_t len = strlen(line);
	char *value = line + strcspn(line, BLANKS);

	if (!*value)
		return NULL;
	*value++ = '\0';
	value += strspn(value, BLANKS);
	if (*value == '"' && line[len - 1] == '"' && value < line + len - 1) {
		line[len - 1] = '\0';
		value++;
	}
	return value;
}

static int take_line(struct loader_entry *e, struct buf *options, char *line, struct err *err)
{
	size_t len = strlen(line);
	char *value;

	while (len > 0 && strchr(BLANKS, line[len - 1]))
		line[--len] = '\0';
	if (*line == '#')
		return 0;
	value = cut_value(line);
	return value ? take_value(e, options, line, value, err) : 0;
}

int loader_entry_parse(struct buf *text, struct loader_entry *ret, struct err *err)
{
	AUTO_BUF options = BUF_INIT(CMDLINE_MAX);
	char *state = NULL;

	*ret = (struct loader_entry){ .line = BUF_INIT(CMDLINE_MAX) };
	for (char *l = buf_line(text, &state); l; l = buf_line(text, &state)) {
		char *part_state = NULL;

		/* A line ends at a carriage return, too. */
		for (char *p = strtok_r(l, "\r", &part_state); p;
		     p = strtok_r(NULL, "\r", &part_state))
			if (take_line(ret, &options, p + strspn(p, BLANKS), err) < 0)
				return -1;
	}
	return buf_putf(&ret->line, err, "%s%s", ret->line.len && options.len ? " " : "",
			buf_text(&options));
}

void loader_entry_done(struct loader_entry *entry)
{
	buf_done(&entry->line);
}
