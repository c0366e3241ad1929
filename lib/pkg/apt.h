/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What apt's archives vouch for, checked by us: InRelease by gpgv, its digests of the Packages
 * files, theirs of the packages. */
#ifndef ASSAY_PKG_APT_H
#define ASSAY_PKG_APT_H

#include <stdbool.h>

#include "base/err.h"
#include "crypto/hash.h"

#define APT_LISTS "/var/lib/apt/lists"
#define APT_RELEASE_MAX (16U << 20) /* bytes of an InRelease */
#define APT_PACKAGES_MAX (1U << 30) /* bytes of a Packages file */
#define APT_DIGESTS_MAX 4000000	    /* packages in all of them */
#define APT_RELEASES_MAX 256	    /* InRelease files */

struct apt;

/*
 * Reads every InRelease in the directory of lists and, of those that a key of the keyrings
 * (separated by blanks, paths of files as gpgv takes them) has signed and that have not expired,
 * the Packages files that are what they say.  Files that are not are left out: nothing in them
 * counts. Fails where gpgv can't be run or memory is short.
 */
MUST_USE int apt_load(const char *lists, const char *keyrings, struct apt **ret_apt,
		      struct err *err);
void apt_free(struct apt *apt);

/* How many InRelease files were believed. */
size_t apt_archives(const struct apt *apt);

/* Does an archive vouch for the package with this SHA-256? */
bool apt_has(const struct apt *apt, const struct digest *digest);

#endif
