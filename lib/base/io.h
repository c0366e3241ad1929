/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and replacing files: every read has a maximum, every write is whole or not at all. */
#ifndef ASSAY_BASE_IO_H
#define ASSAY_BASE_IO_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Opens for reading, O_CLOEXEC, regular files only.  The error names the path. */
MUST_USE int io_open_regular(const char *path, int *ret_fd, struct err *err);

/* Appends the whole of the file; fails when it has more than the buffer's maximum. */
MUST_USE int io_read_fd(int fd, const char *name, struct buf *out, struct err *err);
MUST_USE int io_read_file(const char *path, struct buf *out, struct err *err);

/* Writes all bytes, through short writes and EINTR. */
MUST_USE int io_write_all(int fd, const void *data, size_t len, struct err *err);

/*
 * Replaces path by the bytes: a temporary file beside it, mode set, fsync, rename, fsync of the
 * directory.  After a crash at any point path is the old file or the new one.
 */
MUST_USE int io_replace_file(const char *path, const struct buf *data, mode_t mode,
			     struct err *err);

/*
 * Makes a file that must not be there yet: written without a name, fsync, then linked, so that a
 * crash leaves the whole file or nothing, and so does a failure.  Where the file system can't, it
 * has the name path.XXXXXX first, which a crash may leave.  "exists already" when something is at
 * path.
 */
MUST_USE int io_create_file(const char *path, const struct buf *data, mode_t mode, struct err *err);

/* Makes the directory and those above it (0755).  One that is there already is no error. */
MUST_USE int io_make_dirs(const char *path, struct err *err);

/*
 * As err_errno, after a change of an open file was refused; where that is because the file is
 * immutable or append-only (chattr), in those words.  err is NULL or filled; returns -1.
 */
int io_change_failed(struct err *err, int fd, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * Fails where /proc is not mounted, as in a chroot that was made in haste, and says what to do. For
 * whoever needs it, or has just failed for something in it: errno stays.
 */
MUST_USE int io_require_proc(struct err *err);

/* Is there something at path?  An error other than its absence counts as yes. */
bool io_exists(const char *path);

#endif
