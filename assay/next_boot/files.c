/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories as wholes. */
#include "assay/next_boot/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TREE_FDS 16

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int files_remove_tree(const char *path, struct err *err)
{
	if (nftw(path, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0 &&
	    errno != ENOENT)
		return err_errno(err, "remove: %s", path);
	return 0;
}

static int rename_synced(const char *from, const char *to, unsigned int flags, struct err *err)
{
	const char *slash = strrchr(to, '/');
	AUTO_STR dir = slash ? strndup(to, (size_t)(slash - to) + 1) : strdup(".");
	AUTO_FD fd = -1;

	if (!dir)
		return err_set(err, "out of memory");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "sync: %s", dir);
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, flags) < 0)
		return err_errno(err, "rename: %s to %s", from, to);
	if (fsync(fd) == 0)
		return 0;
	(void)err_errno(err, "sync: %s", dir);
	(void)renameat2(AT_FDCWD, to, AT_FDCWD, from, flags);
	return -1;
}

int files_exchange(const char *a, const char *b, struct err *err)
{
	return rename_synced(a, b, RENAME_EXCHANGE, err);
}

int files_move(const char *from, const char *to, struct err *err)
{
	return rename_synced(from, to, 0, err);
}
