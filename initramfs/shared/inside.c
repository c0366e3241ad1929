/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link on the disk would lead into the initramfs. */
#include "initramfs/shared/inside.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "base/io.h"

/* Nor is a device read, or waited for. */
int inside_read(const char *root, const char *path, struct buf *out, struct err *err)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	AUTO_FD dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	AUTO_FD fd = -1;

	if (dir < 0)
		return err_errno(err, "%s", root);
	fd = (int)syscall(SYS_openat2, dir, path + 1, &how, sizeof(how));
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, "%s: no regular file", path);
	return io_read_fd(fd, path, out, err);
}
