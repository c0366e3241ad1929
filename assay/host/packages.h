/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which package a file belongs to, and the words for it. */
#ifndef ASSAY_HOST_PACKAGES_H
#define ASSAY_HOST_PACKAGES_H

#include "assay/host/host.h"
#include "base/err.h"
#include "sig/dpkg.h"

/* Loads dpkg's database of the host; *ret_db is NULL where there is none. */
MUST_USE int packages_load(const struct host *host, struct dpkg **ret_db, struct err *err);

/* The name of the package that owns the path ("libc6:amd64" where several architectures may be
 * installed), written to ret_name; false: none does. */
#define PACKAGES_NAME_MAX 256 /* bytes */
bool packages_owner(const struct dpkg *db, const char *path,
		    char ret_name[static PACKAGES_NAME_MAX]);

#endif
