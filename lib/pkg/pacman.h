/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packages of pacman, as makepkg writes them: one tar, compressed, with .PKGINFO in it; and the
 * lists of pacman's repositories, which say what their packages' files are called. */
#ifndef ASSAY_PKG_PACMAN_H
#define ASSAY_PKG_PACMAN_H

#include <stdbool.h>

#include "pkg/deb.h"

#define PACMAN_MEMBER "pacman"	   /* the one member that such a package has: all of it */
#define PACMAN_INFO_MAX (1U << 20) /* bytes of .PKGINFO, and of a package's entry in a list */
#define PACMAN_LIST_MAX (1U << 30) /* bytes of a list, unpacked */

/* Is the open file compressed, or a tar?  Then it is none of dpkg's. */
bool pacman_is_one(int fd);

/* Was this read from one? */
bool pacman_was_read(const struct deb *deb);

/*
 * As deb_read, with all files as DEB_FILE: what pacman keeps for itself (names that begin with a
 * dot, .INSTALL among them) is not told of.  Nothing of it is executed by its own name: a shell
 * reads it.  ret_deb has name, version and architecture from .PKGINFO, and PACMAN_MEMBER.
 */
MUST_USE int pacman_read(int fd, deb_entry_fn fn, void *ctx, struct deb *ret_deb, struct err *err);

/* One package of a list: its name, and its file's, which has no slash.  Nothing of it is verified.
 */
typedef int (*pacman_list_fn)(void *ctx, const char *name, const char *file, struct err *err);
MUST_USE int pacman_list_read(int fd, pacman_list_fn fn, void *ctx, struct err *err);

#endif
