/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the boot loader specification, type 1, as systemd-boot boots them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/io.h"
#include "lock/installed.h"
#include "lock/loader_entry.h"
#include "proto/cmdline.h"

#define ENTRIES_MAX 64
#define PATH_BYTES (LOADER_PATH_SIZE + 64) /* with where a partition is mounted */

struct entry {
	const char *esp; /* where its partition is mounted */
	struct loader_entry is;
};

struct entries {
	struct entry at[ENTRIES_MAX];
	size_t n;
};

static void entries_free(struct entries **all)
{
	for (size_t i = 0; *all && i < (*all)->n; i++)
		loader_entry_done(&(*all)->at[i].is);
	free(*all);
}

static int read_entry(struct entries *all, const char *esp, const char *path, struct err *err)
{
	struct entry *e = &all->at[all->n];
	AUTO_BUF text = BUF_INIT(LOADER_ENTRY_MAX);

	if (all->n == ENTRIES_MAX)
		return err_set(err, "more than %d entries of the boot loader", ENTRIES_MAX);
	if (io_read_file(path, &text, err) < 0)
		return -1;
	e->esp = esp;
	all->n++;
	return loader_entry_parse(&text, &e->is, err) < 0 ? err_prepend(err, "%s", path) : 0;
}

static int read_entries(struct entries *all, struct err *err)
{
	for (size_t i = 0; installed_esps[i]; i++) {
		char where[PATH_BYTES], path[PATH_BYTES + 256];
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

static const struct entry *find_version(const struct entries *all, const char *version,
					struct err *err)
{
	const struct entry *found = NULL;

	for (size_t i = 0; i < all->n; i++) {
		if (!*all->at[i].is.linux || strcmp(all->at[i].is.version, version) != 0)
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

/* By its command line; where the entry was written anew since, by the kernel that runs. */
static const struct entry *find_booted(const struct entries *all, const char *cmdline,
				       struct err *err)
{
	struct utsname running = { .release = "?" };

	for (size_t i = 0; i < all->n; i++)
		if (*all->at[i].is.linux && strcmp(buf_text(&all->at[i].is.line), cmdline) == 0)
			return &all->at[i];
	if (uname(&running) == 0 && find_version(all, running.release, NULL))
		return find_version(all, running.release, err);
	(void)err_set(err, "loader/entries: none of them has this boot's command line, or is of %s",
		      running.release);
	return NULL;
}

static const char *full_path(const struct entry *e, const char *path, char ret[static PATH_BYTES])
{
	(void)snprintf(ret, PATH_BYTES, "%s%s", e->esp, path);
	return ret;
}

/* The stub measures all of them as one. */
static int add_initrds(struct next *next, const struct entry *was, const struct entry *now,
		       struct err *err)
{
	struct next_files files = { .now = BUF_INIT(NEXT_FILE_MAX) };
	char path[PATH_BYTES];
	int rc = 0;

	if (!was->is.n_initrds != !now->is.n_initrds)
		return err_set(err, "loader/entries: one of the two boots has no initrd");
	if (!now->is.n_initrds)
		return 0;
	for (size_t i = 0; rc == 0 && i < now->is.n_initrds; i++)
		rc = io_read_file(full_path(now, now->is.initrd[i], path), &files.now, err);
	if (rc == 0)
		rc = next_take_change(next, LOCK_CHANGE_INITRD,
				      full_path(was, was->is.initrd[0], path), &files, err);
	buf_done(&files.now);
	return rc;
}

static int add_line(struct next *next, const char *was, const struct entry *now, struct err *err)
{
	struct next_files files = { .was = BUF_INIT(CMDLINE_MAX), .now = BUF_INIT(CMDLINE_MAX) };
	int rc;

	if (strcmp(was, buf_text(&now->is.line)) == 0)
		return 0;
	rc = buf_putf(&files.was, err, "%s", was);
	if (rc == 0)
		rc = buf_putf(&files.now, err, "%s", buf_text(&now->is.line));
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
	char before[PATH_BYTES], after[PATH_BYTES];
	const struct entry *was, *now;

	if (!all)
		return err_set(err, "out of memory");
	if (read_entries(all, err) < 0)
		return -1;
	was = find_booted(all, view->cmdline, err);
	now = was && version ? find_version(all, version, err) : was;
	if (!was || !now)
		return -1;
	if (installed_add_image(next, full_path(was, was->is.linux, before),
				full_path(now, now->is.linux, after), err) < 0 ||
	    add_initrds(next, was, now, err) < 0)
		return -1;
	return add_line(next, view->cmdline, now, err);
}
