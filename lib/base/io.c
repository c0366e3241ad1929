/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and replacing files. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#define IO_CHUNK 65536 /* bytes asked for at a time */

int io_require_proc(struct err *err)
{
	const int before = errno;
	const bool there = access("/proc/self/fd", F_OK) == 0;

	errno = before;
	return there ? 0
		     : err_set(err, "/proc is not mounted here; 'mount -t proc proc /proc' first");
}

static int open_failed(const char *path, struct err *err)
{
	if (strncmp(path, "/proc/", strlen("/proc/")) == 0 && io_require_proc(err) < 0)
		return -1;
	return err_errno(err, "open: %s", path);
}

/* Looked at first, as to open a device is to run its driver, and may have the kernel look for one.
 */
int io_open_regular(const char *path, int *ret_fd, struct err *err)
{
	AUTO_FD fd = -1;
	struct stat st;

	if (stat(path, &st) < 0)
		return open_failed(path, err);
	if (S_ISREG(st.st_mode)) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (fd < 0)
			return open_failed(path, err);
		if (fstat(fd, &st) < 0)
			return err_errno(err, "stat: %s", path);
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, "open: %s: not a regular file", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int io_read_fd(int fd, const char *name, struct buf *out, struct err *err)
{
	size_t before = out->len;

	for (;;) {
		size_t want = out->max - out->len;
		uint8_t probe;
		uint8_t *at;
		ssize_t n;

		if (want == 0) {
			n = read(fd, &probe, 1);
			if (n > 0) {
				out->len = before;
				return err_set(err,
					       "read: %s: larger than the maximum of %zu bytes",
					       name, out->max);
			}
		} else {
			want = want < IO_CHUNK ? want : IO_CHUNK;
			if (buf_reserve(out, want, &at, err) < 0)
				return err_prepend(err, "read: %s", name);
			n = read(fd, at, want);
			out->len -= want - (n > 0 ? (size_t)n : 0);
			out->data[out->len] = '\0';
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "read: %s", name);
		if (n == 0)
			return 0;
	}
}

int io_read_file(const char *path, struct buf *out, struct err *err)
{
	AUTO_FD fd = -1;

	if (io_open_regular(path, &fd, err) < 0)
		return -1;
	return io_read_fd(fd, path, out, err);
}

int io_write_all(int fd, const void *data, size_t len, struct err *err)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_errno(err, "write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int io_make_dirs(const char *path, struct err *err)
{
	AUTO_STR copy = strdup(path);

	if (!copy)
		return err_set(err, "out of memory");
	for (char *p = copy + 1; *copy; p++) {
		char end = *p;

		if (end != '/' && end != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return err_errno(err, "mkdir: %s", copy);
		*p = end;
		if (end == '\0')
			break;
	}
	return 0;
}

/* EPERM has several causes; this is the one that can be mended on the spot. */
static const char *frozen_by(int fd)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return NULL;
	if (flags & FS_IMMUTABLE_FL)
		return "the file is immutable (chattr -i)";
	return flags & FS_APPEND_FL ? "the file is append-only (chattr -a)" : NULL;
}

int io_change_failed(struct err *err, int fd, const char *fmt, ...)
{
	int saved = errno;
	const char *why = saved == EPERM ? frozen_by(fd) : NULL;
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	errno = saved;
	return why ? err_set(err, "%s: %s", what, why) : err_errno(err, "%s", what);
}

bool io_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || errno != ENOENT;
}
