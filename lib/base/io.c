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

int io_open_regular(const char *path, int *ret_fd, struct err *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_errno(err, "open: %s", path);
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat: %s", path);
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

/* The directory that path is in; NULL without memory. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static int sync_parent(const char *path, struct err *err)
{
	AUTO_STR dir = parent_of(path);
	AUTO_FD fd = -1;

	if (!dir)
		return err_set(err, "out of memory");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return err_errno(err, "sync: %s", dir);
	return 0;
}

/* FAT keeps no modes: one that lets in nobody more than was asked for will do. */
static int set_mode(int fd, mode_t mode, struct err *err)
{
	struct stat st;

	if (fchmod(fd, mode) == 0)
		return 0;
	if (errno != EPERM || fstat(fd, &st) < 0)
		return err_errno(err, "mode %04o", (unsigned int)mode);
	if (st.st_mode & 0077 & ~mode)
		return err_set(err, "the file system keeps no modes, and lets others at the file "
				    "(FAT: mount it with umask=0077)");
	return 0;
}

static int write_temp(int fd, const char *temp, const struct buf *data, mode_t mode,
		      struct err *err)
{
	if (io_write_all(fd, data->data, data->len, err) < 0)
		return err_prepend(err, "%s", temp);
	if (set_mode(fd, mode, err) < 0)
		return err_prepend(err, "chmod: %s", temp);
	if (fsync(fd) < 0)
		return err_errno(err, "sync: %s", temp);
	return 0;
}

int io_replace_file(const char *path, const struct buf *data, mode_t mode, struct err *err)
{
	AUTO_STR temp = NULL;
	AUTO_FD fd = -1;

	if (asprintf(&temp, "%s.XXXXXX", path) < 0)
		return err_set(err, "out of memory");
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "write: %s", path);
	if (write_temp(fd, temp, data, mode, err) < 0) {
		(void)unlink(temp);
		return err_prepend(err, "write: %s", path);
	}
	if (rename(temp, path) < 0) {
		(void)err_errno(err, "write: %s", path);
		(void)unlink(temp);
		return -1;
	}
	return sync_parent(path, err);
}

static int name_trouble(const char *path, struct err *err)
{
	if (errno == EEXIST)
		return err_set(err, "write: %s: exists already", path);
	if (errno == EINVAL || errno == ENOSYS)
		return err_set(err,
			       "write: %s: the file system has neither hard links nor a rename "
			       "that overwrites nothing",
			       path);
	return err_errno(err, "write: %s", path);
}

/* FAT has no links; there, a rename that replaces nothing. */
static int move_in_place(const char *temp, const char *path, struct err *err)
{
	if (link(temp, path) == 0) {
		(void)unlink(temp);
		return 0;
	}
	if ((errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS) &&
	    renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	(void)name_trouble(path, err);
	(void)unlink(temp);
	return -1;
}

/* Where a file can't be without a name. */
static int create_by_temp(const char *path, const struct buf *data, mode_t mode, struct err *err)
{
	AUTO_STR temp = NULL;
	AUTO_FD fd = -1;

	if (asprintf(&temp, "%s.XXXXXX", path) < 0)
		return err_set(err, "out of memory");
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, "write: %s", path);
	if (write_temp(fd, path, data, mode, err) < 0) {
		(void)unlink(temp);
		return err_prepend(err, "write");
	}
	return move_in_place(temp, path, err);
}

static int create_by_link(int fd, const char *path, const struct buf *data, mode_t mode,
			  struct err *err)
{
	char self[32];

	if (write_temp(fd, path, data, mode, err) < 0)
		return err_prepend(err, "write");
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0)
		return name_trouble(path, err);
	return 0;
}

int io_create_file(const char *path, const struct buf *data, mode_t mode, struct err *err)
{
	AUTO_STR dir = parent_of(path);
	AUTO_FD fd = -1;
	int rc;

	if (!dir)
		return err_set(err, "out of memory");
	fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EOPNOTSUPP && errno != EISDIR)
		return err_errno(err, "write: %s", path);
	rc = fd < 0 ? create_by_temp(path, data, mode, err)
		    : create_by_link(fd, path, data, mode, err);
	if (rc < 0)
		return -1;
	if (sync_parent(path, err) < 0) {
		(void)unlink(path);
		return -1;
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
