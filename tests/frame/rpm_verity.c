/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loaded before libc into rpm: every file system has fs-verity, and refuses it to whom writes. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/ioctl.h>

/* The header's own ioctl gets another name. */
#define ioctl played_ioctl
int played_ioctl(int fd, unsigned long request, ...);
#include "unit/verity_played.h"
#undef ioctl

int ioctl(int fd, unsigned long request, ...);

/* Has this process the file open for writing? */
static bool is_written(int fd)
{
	struct stat file;
	struct stat st;

	if (fstat(fd, &file) < 0)
		return true;
	for (int other = 0; other < 256; other++)
		if (fstat(other, &st) == 0 && st.st_ino == file.st_ino &&
		    st.st_dev == file.st_dev && (fcntl(other, F_GETFL) & O_ACCMODE) != O_RDONLY)
			return true;
	return false;
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request == FS_IOC_MEASURE_VERITY && verity_played.state == VERITY_NONE)
		verity_played.state = VERITY_OFF;
	verity_played.busy = request == FS_IOC_ENABLE_VERITY && is_written(fd);
	return played_ioctl(fd, request, arg);
}
