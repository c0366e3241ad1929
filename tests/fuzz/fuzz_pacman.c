/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a package of pacman's, unpacked, and as a list of a repository. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pkg/pacman.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_entry(void *ctx, const struct deb_entry *entry, struct err *err)
{
	size_t *n = ctx;

	(void)err;
	if (entry->path[0] != '/' || (entry->mode & ~07777U) || entry->part != DEB_FILE ||
	    lseek(entry->fd, 0, SEEK_CUR) != 0)
		__builtin_trap();
	(*n)++;
	return 0;
}

static int on_listed(void *ctx, const char *name, const char *file, struct err *err)
{
	size_t *n = ctx;

	(void)err;
	if (!*name || !*file || strchr(file, '/') || strlen(name) >= DEB_FIELD_MAX)
		__builtin_trap();
	(*n)++;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FD fd = memfd_create("fuzz", MFD_CLOEXEC);
	CLEANUP(deb_done) struct deb deb = { .n_members = 0 };
	struct err err = ERR_INIT;
	size_t n = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	(void)pacman_is_one(fd);
	if (pacman_read(fd, on_entry, &n, &deb, &err) == 0 &&
	    (!*deb.package || !*deb.version || !*deb.architecture || !pacman_was_read(&deb) ||
	     deb.member[0].size != size))
		__builtin_trap();
	(void)!pacman_list_read(fd, on_listed, &n, &err);
	return 0;
}
