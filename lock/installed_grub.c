/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's menu: the entry that was booted, and the one that is in its place. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "lock/grub_cfg.h"
#include "lock/installed.h"

#define GRUB_CFG "/boot/grub/grub.cfg"
#define KEPT_DIR LOCK_DIR "/grub"
#define KEPT_MAX 16 /* menus since the last boot, and some */
#define PATH_BYTES 512

struct menus {
	struct buf was;
	struct buf now;
	struct grub_files was_files;
	struct grub_files now_files;
};

static void menus_free(struct menus **m)
{
	if (!*m)
		return;
	buf_done(&(*m)->was);
	buf_done(&(*m)->now);
	free(*m);
}

static bool was_booted(const struct lock_template *view, const struct buf *menu)
{
	struct digest d;

	return hash_bytes(view->bank, menu->data, menu->len, &d, NULL) == 0 &&
	       installed_was_measured(view, 9, &d);
}

/* The present one, or one that was kept. */
static int find_booted(const struct lock_template *view, struct menus *m, struct err *err)
{
	const struct dirent *e;
	AUTO_DIR dir = NULL;

	if (was_booted(view, &m->now))
		return buf_put(&m->was, m->now.data, m->now.len, err);
	dir = opendir(KEPT_DIR);
	while (dir && (e = readdir(dir)) != NULL) {
		char path[PATH_BYTES];

		(void)snprintf(path, sizeof(path), KEPT_DIR "/%s", e->d_name);
		buf_reset(&m->was);
		if (e->d_name[0] != '.' && io_read_file(path, &m->was, NULL) == 0 &&
		    was_booted(view, &m->was))
			return 0;
	}
	return err_set(err, GRUB_CFG ": the menu of this boot was not kept, so that nothing can be "
				     "told of another: approve after a boot with it");
}

/* GRUB's root is the file system with /boot, or that of /boot alone. */
static void path_of(const char *grub, char ret_path[static PATH_BYTES])
{
	bool whole = strncmp(grub, "/boot/", strlen("/boot/")) == 0;

	(void)snprintf(ret_path, PATH_BYTES, "%s%s", whole ? "" : "/boot", grub);
}

static int check_version(const char *linux, const char *version, struct err *err)
{
	const char *base = strrchr(linux, '/');
	const char *name = "/vmlinuz-";

	if (!version || (base && strncmp(base, name, strlen(name)) == 0 &&
			 strcmp(base + strlen(name), version) == 0))
		return 0;
	return err_set(err, GRUB_CFG ": boots %s by default, and not %s", linux, version);
}

static int add_initrd(struct next *next, const char *was, const char *now, struct err *err)
{
	struct next_files files = { .now = BUF_INIT(NEXT_FILE_MAX) };
	char from[PATH_BYTES], path[PATH_BYTES];
	int rc;

	path_of(was, from);
	path_of(now, path);
	rc = io_read_file(path, &files.now, err);
	if (rc == 0)
		rc = next_take_change(next, LOCK_CHANGE_INITRD, from, &files, err);
	buf_done(&files.now);
	return rc;
}

static int add_menu(struct next *next, struct menus *m, struct err *err)
{
	struct next_files files = { .was = m->was, .now = m->now };

	if (m->was.len == m->now.len && memcmp(m->was.data, m->now.data, m->now.len) == 0)
		return 0;
	if (next_take_change(next, LOCK_CHANGE_GRUB_CFG, GRUB_CFG, &files, err) < 0)
		return -1;
	m->was = files.was;
	m->now = files.now;
	return 0;
}

static int read_files(const struct lock_template *view, struct menus *m, struct err *err)
{
	struct lock_change change = { .kind = LOCK_CHANGE_GRUB_CFG,
				      .name = GRUB_CFG,
				      .was = buf_text(&m->was),
				      .was_len = m->was.len,
				      .now = buf_text(&m->now),
				      .now_len = m->now.len };
	struct grub_text was, now;

	if (lock_predict_grub_entries(view, &change, &was, &now, err) < 0 ||
	    grub_entry_files(was, &m->was_files, err) < 0 ||
	    grub_entry_files(now, &m->now_files, err) < 0)
		return -1;
	if (*m->was_files.linux && *m->now_files.linux && m->was_files.n == m->now_files.n)
		return 0;
	return err_set(err, GRUB_CFG ": the entry loads more or fewer files than the one that was "
				     "booted");
}

int installed_grub(struct next *next, const struct lock_template *view, const char *version,
		   struct err *err)
{
	CLEANUP(menus_free) struct menus *m = calloc(1, sizeof(*m));
	char was[PATH_BYTES], now[PATH_BYTES];

	if (!m)
		return err_set(err, "out of memory");
	m->was.max = GRUB_CFG_MAX;
	m->now.max = GRUB_CFG_MAX;
	if (io_read_file(GRUB_CFG, &m->now, err) < 0 || find_booted(view, m, err) < 0 ||
	    read_files(view, m, err) < 0 || check_version(m->now_files.linux, version, err) < 0)
		return -1;
	path_of(m->was_files.linux, was);
	path_of(m->now_files.linux, now);
	if (installed_add_image(next, was, now, err) < 0)
		return -1;
	for (size_t i = 0; i < m->now_files.n; i++)
		if (add_initrd(next, m->was_files.initrd[i], m->now_files.initrd[i], err) < 0)
			return -1;
	return add_menu(next, m, err);
}

/* The oldest goes, where there are too many. */
static void drop_oldest(void)
{
	char path[PATH_BYTES], oldest[PATH_BYTES] = "";
	const struct dirent *e;
	AUTO_DIR dir = opendir(KEPT_DIR);
	struct stat st;
	time_t since = 0;
	size_t n = 0;

	while (dir && (e = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), KEPT_DIR "/%s", e->d_name);
		if (e->d_name[0] == '.' || lstat(path, &st) < 0)
			continue;
		if (!n++ || st.st_mtime < since) {
			since = st.st_mtime;
			strcpy(oldest, path);
		}
	}
	if (n > KEPT_MAX)
		(void)unlink(oldest);
}

void installed_keep(const struct lock_blob *blob)
{
	AUTO_BUF menu = BUF_INIT(GRUB_CFG_MAX);
	char hex[2 * HASH_SIZE_MAX + 1], path[PATH_BYTES];
	struct digest d;

	if (blob->profile != LOCK_GRUB || !io_exists(GRUB_CFG) ||
	    io_read_file(GRUB_CFG, &menu, NULL) < 0 ||
	    hash_bytes(HASH_SHA256, menu.data, menu.len, &d, NULL) < 0)
		return;
	hex_format(d.data, d.len, hex);
	(void)snprintf(path, sizeof(path), KEPT_DIR "/%s", hex);
	if (io_exists(path) || io_make_dirs(KEPT_DIR, NULL) < 0 ||
	    io_replace_file(path, &menu, 0600, NULL) < 0)
		return;
	drop_oldest();
}
