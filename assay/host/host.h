/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host that a command looks at: this one, or a tree that stands for one. */
#ifndef ASSAY_HOST_HOST_H
#define ASSAY_HOST_HOST_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"

#define HOST_TEXT_MAX 65536 /* bytes of a small file */
#define HOST_PATH_MAX 2048  /* bytes of a path, NUL included */

/* root is "" for the running host, else a directory without a slash at its end. */
struct host {
	const char *root;
};

/* Sets the root from an option: an absolute or relative directory that exists; "/" is "". */
MUST_USE int host_set_root(struct host *host, const char *dir, struct err *err);

/* The running host: fails where its /proc is not mounted, as in a chroot; says so. */
MUST_USE int host_require_proc(const struct host *host, struct err *err);

/* The path below the host's root; fails when it is too long. */
MUST_USE int host_path(const struct host *host, const char *path,
		       char ret_path[static HOST_PATH_MAX], struct err *err);

/*
 * Follows all links as the host itself would, never out of its root.  *ret_real is the path below
 * the root, without the root's prefix; the caller frees it.  NULL: it does not exist.
 */
MUST_USE int host_resolve(const struct host *host, const char *path, char **ret_real,
			  struct err *err);

/* Opens the regular file at the path, links followed as by host_resolve; -1 without err: none. */
int host_open(const struct host *host, const char *path);

/* stat(2) below the root; false: it failed. */
bool host_stat(const struct host *host, const char *path, struct stat *ret_stat);

/* Does the path exist there? */
bool host_has(const struct host *host, const char *path);

/*
 * Appends the file; *ret_there says whether there was one, and is false too when it can't be read
 * for want of permission.  Anything else that fails is an error.  ret_there may be NULL.
 */
MUST_USE int host_read(const struct host *host, const char *path, struct buf *out, bool *ret_there,
		       struct err *err);

/* io_replace_file() below the root. */
MUST_USE int host_replace(const struct host *host, const char *path, const struct buf *data,
			  mode_t mode, struct err *err);

/* The first line of a small file without its newline; false: there is none that can be read. */
bool host_line(const struct host *host, const char *path, char *ret_line, size_t max);

/* The file's first line as a number; fallback when there is none. */
long host_number(const struct host *host, const char *path, long fallback);

#endif
