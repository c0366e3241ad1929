/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unified kernel images in EFI/Linux. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "lock/installed.h"
#include "lock/pe.h"

#define PATH_BYTES 512

struct images {
	const struct lock_template *view;
	const char *version;
	struct next_files files;
	char was[PATH_BYTES];
	char now[PATH_BYTES];
	struct pe pe;
};

static void images_free(struct images **all)
{
	if (!*all)
		return;
	buf_done(&(*all)->files.was);
	buf_done(&(*all)->files.now);
	free(*all);
}

static bool is_version(const struct pe *pe, const char *version)
{
	const struct pe_section *s = pe_find(pe, ".uname");
	const uint8_t *at;
	size_t len;

	if (!s)
		return false;
	at = pe_section_data(pe, s, &len);
	while (len && (at[len - 1] == '\0' || at[len - 1] == '\n'))
		len--;
	return len == strlen(version) && memcmp(at, version, len) == 0;
}

static int take(char *path_kept, struct buf *kept, const char *path, struct buf *data,
		struct err *err)
{
	if (*path_kept)
		return err_set(err, "%s, %s: which of them it is can't be told", path_kept, path);
	(void)snprintf(path_kept, PATH_BYTES, "%s", path);
	return buf_put(kept, data->data, data->len, err);
}

/* What is no image of this kind is let be. */
static int look(struct images *all, const char *path, struct err *err)
{
	AUTO_BUF data = BUF_INIT(PE_MAX);
	struct digest d;

	if (io_read_file(path, &data, err) < 0)
		return -1;
	if (pe_open(data.data, data.len, &all->pe, NULL) < 0 ||
	    pe_digest(&all->pe, all->view->bank, &d, NULL) < 0)
		return 0;
	if (installed_was_measured(all->view, 4, &d) &&
	    take(all->was, &all->files.was, path, &data, err) < 0)
		return -1;
	return is_version(&all->pe, all->version)
		       ? take(all->now, &all->files.now, path, &data, err)
		       : 0;
}

static int look_in(struct images *all, const char *esp, struct err *err)
{
	char where[PATH_BYTES], path[2 * PATH_BYTES];
	const struct dirent *e;
	AUTO_DIR dir = NULL;

	(void)snprintf(where, sizeof(where), "%s/EFI/Linux", esp);
	dir = opendir(where);
	while (dir && (e = readdir(dir)) != NULL) {
		size_t len = strlen(e->d_name);

		if (len < 4 || strcasecmp(e->d_name + len - 4, ".efi") != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", where, e->d_name);
		if (look(all, path, err) < 0)
			return -1;
	}
	return 0;
}

int installed_uki(struct next *next, const struct lock_template *view, const char *version,
		  struct err *err)
{
	CLEANUP(images_free) struct images *all = calloc(1, sizeof(*all));

	if (!all)
		return err_set(err, "out of memory");
	if (!version)
		return 0;
	all->view = view;
	all->version = version;
	all->files.was.max = PE_MAX;
	all->files.now.max = PE_MAX;
	for (size_t i = 0; installed_esps[i]; i++)
		if (look_in(all, installed_esps[i], err) < 0)
			return -1;
	if (!*all->was)
		return err_set(err, "EFI/Linux: the image of this boot is none of those there");
	if (!*all->now)
		return err_set(err, "EFI/Linux: none of them is of %s", version);
	if (strcmp(all->was, all->now) == 0)
		return 0;
	return next_take_change(next, LOCK_CHANGE_UKI, all->now, &all->files, err);
}
