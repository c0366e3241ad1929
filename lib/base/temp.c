/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing files whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/temp.h"

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

static int temp_failed(struct temp *temp, struct err *err)
{
	temp_drop(temp);
	return err_prepend(err, "write");
}

/* A device, a pipe or a link would be gone afterwards, not written to. */
static int check_replaced(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0 || S_ISREG(st.st_mode))
		return 0;
	return err_set(err, "%s: is not a regular file, which alone can be replaced", path);
}

int temp_open(struct temp *temp, const char *path, struct err *err)
{
	*temp = (struct temp)TEMP_INIT;
	if (check_replaced(path, err) < 0)
		return temp_failed(temp, err);
	temp->path = strdup(path);
	if (!temp->path || asprintf(&temp->name, "%s.XXXXXX", path) < 0) {
		temp->name = NULL;
		(void)err_set(err, "out of memory");
		return temp_failed(temp, err);
	}
	temp->fd = mkostemp(temp->name, O_CLOEXEC);
	if (temp->fd >= 0)
		return 0;
	(void)err_errno(err, "%s", path);
	free(take_ptr(&temp->name));
	return temp_failed(temp, err);
}

int temp_commit(struct temp *temp, mode_t mode, struct err *err)
{
	AUTO_STR path = NULL;

	if (set_mode(temp->fd, mode, err) < 0) {
		(void)err_prepend(err, "%s: chmod", temp->path);
		return temp_failed(temp, err);
	}
	if (fsync(temp->fd) < 0 || rename(temp->name, temp->path) < 0) {
		(void)err_errno(err, "%s", temp->path);
		return temp_failed(temp, err);
	}
	path = take_ptr(&temp->path);
	free(take_ptr(&temp->name));
	temp_drop(temp);
	return sync_parent(path, err);
}

void temp_drop(struct temp *temp)
{
	if (temp->name)
		(void)unlink(temp->name);
	cleanup_fd(&temp->fd);
	free(temp->name);
	free(temp->path);
	*temp = (struct temp)TEMP_INIT;
}

int io_replace_file(const char *path, const struct buf *data, mode_t mode, struct err *err)
{
	CLEANUP(temp_drop) struct temp temp = TEMP_INIT;

	if (temp_open(&temp, path, err) < 0)
		return -1;
	if (io_write_all(temp.fd, data->data, data->len, err) < 0)
		return err_prepend(err, "write: %s", path);
	return temp_commit(&temp, mode, err);
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
		return io_require_proc(err) < 0 ? -1 : name_trouble(path, err);
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
