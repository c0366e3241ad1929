/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A link on the disk would lead into the initramfs. */
#include "initramfs/shared/inside.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "base/io.h"

static int open_regular(int dir, const char *path, uint64_t flags, int *ret_fd, struct err *err)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	AUTO_FD fd = (int)syscall(SYS_openat2, dir, path + 1, &how, sizeof(how));
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, "%s: no regular file", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* To open a device is to run its driver, and may have the kernel look for one: it is looked at
 * first. */
int inside_read(const char *root, const char *path, struct buf *out, struct err *err)
{
	AUTO_FD dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD fd = -1;

	if (dir < 0)
		return err_errno(err, "%s", root);
	if (open_regular(dir, path, O_PATH, &fd, err) < 0)
		return -1;
	cleanup_fd(&fd);
	if (open_regular(dir, path, O_RDONLY | O_NONBLOCK, &fd, err) < 0)
		return -1;
	return io_read_fd(fd, path, out, err);
}
