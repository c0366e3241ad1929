/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a package brought to the disk, and whether that is still what lies there. */
#ifndef ASSAY_SIG_INSTALLED_H
#define ASSAY_SIG_INSTALLED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sig/classify.h"
#include "sig/dpkg.h"

enum installed_role {
	INSTALLED_FILE,	     /* unpacked; dpkg recorded its digest, or the package brought none */
	INSTALLED_CONFFILE,  /* unpacked, the administrator may have changed it */
	INSTALLED_SCRIPT,    /* maintainer script: dpkg runs it, and records no digest of it */
	INSTALLED_GENERATED, /* made on this host by the package's own programs */
};

struct installed_file {
	const struct dpkg_package *package;
	enum installed_role role;
	bool has_md5;
	uint8_t md5[DPKG_MD5_SIZE];
};

/* Keeps the files that were told of; ended with the database still there. */
struct installed;
MUST_USE int installed_new(const struct dpkg *db, const char *root,
			   struct installed **ret_installed, struct err *err);
void installed_free(struct installed *installed);

/* path begins with the root's; it is valid during the call, file as long as the struct installed.
 */
typedef int (*installed_fn)(void *ctx, const char *path, const struct installed_file *file,
			    struct err *err);

/*
 * Calls fn for each regular file of the package that is there, its maintainer scripts, and what it
 * generates; of a package that was removed and not purged, for its scripts alone.  Links and
 * directories are left out; so are files that were removed.  -1: the database of this package can't
 * be read, or fn failed.
 */
MUST_USE int installed_each(struct installed *installed, const struct dpkg_package *package,
			    installed_fn fn, void *ctx, struct err *err);

/* Why nothing of the package can be signed ("half-installed: ..."); NULL when it can. */
const char *installed_objection(const struct dpkg_package *package);

/*
 * May a file of which dpkg records no digest be signed as the package's?  A maintainer script or a
 * generated file must begin with "#!" (a generated module need not) and have no second name: what
 * somebody left in its place could be any program.  fd and st are the open file's.  0: yes; 1: no,
 * and err says why and what to do; -1: it can't be read.
 */
MUST_USE int installed_check_form(const struct installed_file *file, enum sig_kind kind, int fd,
				  const struct stat *st, struct err *err);

/*
 * May the file be signed as the package's?  md5 is of its content.  0: yes; 1: no, and err says why
 * and what to do.  Scripts and generated files have no digest to differ from: they are believed,
 * as dpkg itself believes them when it runs them as root.
 */
MUST_USE int installed_check(const struct installed_file *file, const uint8_t *md5,
			     bool changed_conffiles, struct err *err);

#endif
