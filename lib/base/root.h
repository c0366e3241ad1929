/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of a system that lies below a directory, followed as that system would. */
#ifndef ASSAY_BASE_ROOT_H
#define ASSAY_BASE_ROOT_H

#include <stdint.h>

#include "base/err.h"

/* open(2) of the path below root ("": the running system), O_CLOEXEC; no link and no ".." leads out
 * of it.  -1 with errno. */
MUST_USE int root_open(const char *root, const char *path, uint64_t flags);

/* The same below a directory that is open, wherever it is mounted by now. */
MUST_USE int root_openat(int top, const char *path, uint64_t flags);

/*
 * Follows all links as root_open does.  *ret_real is the path below the root, without the root's
 * prefix; the caller frees it.  NULL: it can't be opened, errno says why.
 */
MUST_USE int root_resolve(const char *root, const char *path, char **ret_real, struct err *err);

#endif
