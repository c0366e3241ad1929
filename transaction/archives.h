/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packages a dpkg was told to unpack. */
#ifndef ASSAY_TRANSACTION_ARCHIVES_H
#define ASSAY_TRANSACTION_ARCHIVES_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define ARCHIVES_LINE_MAX (8U << 20) /* bytes of its command line */
#define ARCHIVES_ANCESTORS_MAX 16    /* processes between it and its hook */

/* The nearest process above ours that is a dpkg; fails where there is none. */
MUST_USE int archives_find_dpkg(pid_t *ret_pid, struct err *err);

/* Called for each package, by the path of the file itself; a failure ends it. */
typedef int (*archives_fn)(void *ctx, const char *path, struct err *err);

/* Where path, from the directory, is a regular file: fn is called. */
MUST_USE int archives_file(int dir, const char *path, archives_fn fn, void *ctx, struct err *err);

/* The command line of a process, its words ended by a NUL each, and its working directory. */
MUST_USE int archives_words(pid_t pid, struct buf *line, int *ret_cwd, struct err *err);

/*
 * Reads dpkg's command line: operands that are regular files, and packages (*.deb) in those that
 * are directories, whether dpkg will look into them or not.
 */
MUST_USE int archives_each(pid_t dpkg, archives_fn fn, void *ctx, struct err *err);

#endif
