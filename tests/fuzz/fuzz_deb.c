/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a Debian package, unpacked: what is read stays within its maxima. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pkg/deb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_entry(void *ctx, const struct deb_entry *entry, struct err *err)
{
	size_t *n = ctx;

	(void)err;
	if (entry->path[0] != '/' || (entry->mode & ~07777U) || lseek(entry->fd, 0, SEEK_CUR) != 0)
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
	if (deb_read(fd, on_entry, &n, &deb, &err) == 0 &&
	    (!*deb.package || deb.n_members < 3 || deb.end > size))
		__builtin_trap();
	return 0;
}
