/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the boot loader specification, type 1, as systemd-boot boots them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "lock/installed.h"
#include "proto/cmdline.h"

#define ENTRY_MAX 65536 /* bytes of a file */
#define ENTRIES_MAX 64
#define INITRDS_MAX 8
#define VERSION_MAX 128 /* bytes, NUL included */
#define PATH_BYTES 512

struct entry {
	char version[VERSION_MAX];
	char linux[PATH_BYTES];
	char initrd[INITRDS_MAX][PATH_BYTES];
	size_t n_initrds;
	struct buf options;
	struct buf line; /* as the kernel gets it */
};

struct entries {
	struct entry at[ENTRIES_MAX];
	size_t n;
};

static void entries_free(struct entries **all)
{
	for (size_t i = 0; *all && i < (*all)->n; i++) {
		buf_done(&(*all)->at[i].options);
		buf_done(&(*all)->at[i].line);
	}
	free(*all);
}

static int take_path(const char *esp, const char *value, char ret_path[static PATH_BYTES],
		     struct err *err)
{
	int n = snprintf(ret_path, PATH_BYTES, "%s%s%s", esp, *value == '/' ? "" : "/", value);

	return n >= 0 && n < PATH_BYTES ? 0 : err_set(err, "'%.80s': too long a path", value);
}

/* systemd 252, src/boot/efi/boot.c: "initrd=" with backslashes for each, before the options. */
static int take_initrd(struct entry *e, const char *esp, const char *value, struct err *err)
{
	if (e->n_initrds == INITRDS_MAX)
		return err_set(err, "more than %d initrds", INITRDS_MAX);
	if (take_path(esp, value, e->initrd[e->n_initrds++], err) < 0 ||
	    buf_putf(&e->line, err, "%sinitrd=", e->line.len ? " " : "") < 0)
		return -1;
	for (; *value; value++)
		if (buf_put_u8(&e->line, (uint8_t)(*value == '/' ? '\\' : *value), err) < 0)
			return -1;
	return 0;
}

static int take_line(struct entry *e, const char *esp, char *line, struct err *err)
{
	char *value = line + strcspn(line, " \t");

	if (*value)
		*value++ = '\0';
	value += strspn(value, " \t");
	if (strcmp(line, "version") == 0)
		(void)snprintf(e->version, sizeof(e->version), "%s", value);
	if (strcmp(line, "linux") == 0)
		return take_path(esp, value, e->linux, err);
	if (strcmp(line, "initrd") == 0)
		return take_initrd(e, esp, value, err);
	if (strcmp(line, "options") == 0)
		return buf_putf(&e->options, err, "%s%s", e->options.len ? " " : "", value);
	return 0;
}

static int read_entry(struct entries *all, const char *esp, const char *path, struct err *err)
{
	struct entry *e = &all->at[all->n];
	AUTO_BUF text = BUF_INIT(ENTRY_MAX);
	char *state = NULL;

	if (all->n == ENTRIES_MAX)
		return err_set(err, "more than %d entries of the boot loader", ENTRIES_MAX);
	all->n++;
	e->options = (struct buf)BUF_INIT(CMDLINE_MAX);
	e->line = (struct buf)BUF_INIT(CMDLINE_MAX);
	if (io_read_file(path, &text, err) < 0)
		return -1;
	for (char *l = buf_line(&text, &state); l; l = buf_line(&text, &state))
		if (take_line(e, esp, l + strspn(l, " \t"), err) < 0)
			return err_prepend(err, "%s", path);
	return buf_putf(&e->line, err, "%s%s", e->line.len && e->options.len ? " " : "",
			buf_text(&e->options));
}

static int read_entries(struct entries *all, struct err *err)
{
	for (size_t i = 0; installed_esps[i]; i++) {
		char where[PATH_BYTES], path[2 * PATH_BYTES];
		const struct dirent *e;
		AUTO_DIR dir = NULL;

		(void)snprintf(where, sizeof(where), "%s/loader/entries", installed_esps[i]);
		dir = opendir(where);
		while (dir && (e = readdir(dir)) != NULL) {
			size_t len = strlen(e->d_name);

			if (len < 5 || strcmp(e->d_name + len - 5, ".conf") != 0)
				continue;
			(void)snprintf(path, sizeof(path), "%s/%s", where, e->d_name);
			if (read_entry(all, installed_esps[i], path, err) < 0)
				return -1;
		}
	}
	return 0;
}

static const struct entry *find_booted(const struct entries *all, const char *cmdline,
				       struct err *err)
{
	for (size_t i = 0; i < all->n; i++)
		if (*all->at[i].linux && strcmp(buf_text(&all->at[i].line), cmdline) == 0)
			return &all->at[i];
	(void)err_set(err, "loader/entries: none of them has this boot's command line");
	return NULL;
}

static const struct entry *find_version(const struct entries *all, const char *version,
					struct err *err)
{
	const struct entry *found = NULL;

	for (size_t i = 0; i < all->n; i++) {
		if (!*all->at[i].linux || strcmp(all->at[i].version, version) != 0)
			continue;
		if (found) {
			(void)err_set(err, "loader/entries: two of them are of %s", version);
			return NULL;
		}
		found = &all->at[i];
	}
	if (!found)
		(void)err_set(err, "loader/entries: none of them is of %s", version);
	return found;
}

/* The stub measures all of them as one. */
static int add_initrds(struct next *next, const struct entry *was, const struct entry *now,
		       struct err *err)
{
	struct next_files files = { .now = BUF_INIT(NEXT_FILE_MAX) };
	int rc = 0;

	if (!was->n_initrds != !now->n_initrds)
		return err_set(err, "loader/entries: one of the two boots has no initrd");
	if (!now->n_initrds)
		return 0;
	for (size_t i = 0; rc == 0 && i < now->n_initrds; i++)
		rc = io_read_file(now->initrd[i], &files.now, err);
	if (rc == 0)
		rc = next_take_change(next, LOCK_CHANGE_INITRD, was->initrd[0], &files, err);
	buf_done(&files.now);
	return rc;
}

static int add_line(struct next *next, const struct entry *was, const struct entry *now,
		    struct err *err)
{
	struct next_files files = { .was = BUF_INIT(CMDLINE_MAX), .now = BUF_INIT(CMDLINE_MAX) };
	int rc;

	if (strcmp(buf_text(&was->line), buf_text(&now->line)) == 0)
		return 0;
	rc = buf_putf(&files.was, err, "%s", buf_text(&was->line));
	if (rc == 0)
		rc = buf_putf(&files.now, err, "%s", buf_text(&now->line));
	if (rc == 0)
		rc = next_take_change(next, LOCK_CHANGE_CMDLINE, "the command line", &files, err);
	buf_done(&files.was);
	buf_done(&files.now);
	return rc;
}

int installed_entry(struct next *next, const struct lock_template *view, const char *version,
		    struct err *err)
{
	CLEANUP(entries_free) struct entries *all = calloc(1, sizeof(*all));
	const struct entry *was, *now;

	if (!all)
		return err_set(err, "out of memory");
	if (read_entries(all, err) < 0)
		return -1;
	was = find_booted(all, view->cmdline, err);
	now = was && version ? find_version(all, version, err) : was;
	if (!was || !now)
		return -1;
	if (installed_add_image(next, was->linux, now->linux, err) < 0 ||
	    add_initrds(next, was, now, err) < 0)
		return -1;
	return add_line(next, was, now, err);
}
