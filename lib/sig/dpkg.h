/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dpkg's database: which packages are installed, which files they own, with which digests. */
#ifndef ASSAY_SIG_DPKG_H
#define ASSAY_SIG_DPKG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DPKG_ADMIN_DIR "/var/lib/dpkg"
#define DPKG_STATUS_MAX (64u << 20)    /* bytes of status  */
#define DPKG_UPDATE_MAX (1u << 20)     /* bytes of one file in updates/ */
#define DPKG_UPDATES_MAX 1000	       /* files in updates/; dpkg merges them after 50 */
#define DPKG_LISTS_MAX (1u << 30)      /* bytes of all lists of files together */
#define DPKG_DIGESTS_MAX (64u << 20)   /* bytes of one md5sums file */
#define DPKG_DIVERSIONS_MAX (4u << 20) /* bytes of diversions */
#define DPKG_PACKAGES_MAX 100000
#define DPKG_MD5_SIZE 16

/* The third word of Status: lib/dpkg/dpkg-db.h, enum pkgstatus, in its order. */
enum dpkg_state {
	DPKG_NOT_INSTALLED,
	DPKG_CONFIG_FILES,
	DPKG_HALF_INSTALLED,
	DPKG_UNPACKED,
	DPKG_HALF_CONFIGURED,
	DPKG_TRIGGERS_AWAITED,
	DPKG_TRIGGERS_PENDING,
	DPKG_INSTALLED,
};

/* Owned by the database. */
struct dpkg_package {
	const char *name;
	const char *version; /* "" when dpkg knows none */
	const char *arch;
	enum dpkg_state state;
	bool broken;	 /* "reinstreq": its files can't be relied on */
	bool multi_arch; /* "Multi-Arch: same": more than one architecture may be installed */
	bool listed;	 /* its list of files is there */
	size_t index;	 /* 0 .. dpkg_count() - 1 */
};

struct dpkg; /* immutable once loaded: any number of threads may ask */

/*
 * Loads the database below root ("" or "/": the running system).  Reads every list of files; the
 * digests are read package by package, later.  Errors name the file and the line.
 */
MUST_USE int dpkg_load(const char *root, struct dpkg **ret_db, struct err *err);
void dpkg_free(struct dpkg *db);

size_t dpkg_count(const struct dpkg *db);
const struct dpkg_package *dpkg_at(const struct dpkg *db, size_t index);

/* "name" or "name:arch"; *pos is 0 first, and NULL means that there are no more of that name. */
const struct dpkg_package *dpkg_find(const struct dpkg *db, const char *name, size_t *pos);

/* Are the package's files on the disk, all of them, from one version? */
bool dpkg_is_unpacked(const struct dpkg_package *package);

/* The same, or removed and not purged: its maintainer scripts are there, and dpkg will run them. */
bool dpkg_has_scripts(const struct dpkg_package *package);
const char *dpkg_state_name(enum dpkg_state state); /* "half-installed" */

/*
 * The package that owns path (absolute, without the root's prefix), NULL: none.  Directories that
 * are links are seen through, /bin/sh is /usr/bin/sh; diversions are applied.
 */
const struct dpkg_package *dpkg_owner(const struct dpkg *db, const char *path);

enum dpkg_file_role {
	DPKG_FILE_PLAIN,    /* as unpacked; also directories and links: the database can't tell */
	DPKG_FILE_CONFFILE, /* the administrator may have changed it */
	DPKG_FILE_SCRIPT,   /* maintainer script: run by dpkg as root, without a recorded digest */
};

/* Valid until the next call of dpkg_files_next. */
struct dpkg_file {
	const char *path; /* where it lies: diverted, directories resolved; without the root */
	enum dpkg_file_role role;
	bool has_md5;
	uint8_t md5[DPKG_MD5_SIZE]; /* what the package delivered */
};

/* The files of one package, in its list's order, the maintainer scripts last.  Not thread-safe. */
struct dpkg_files;
MUST_USE int dpkg_files_open(const struct dpkg *db, const struct dpkg_package *package,
			     struct dpkg_files **ret_files, struct err *err);
MUST_USE int dpkg_files_next(struct dpkg_files *files, struct dpkg_file *ret_file, bool *ret_more,
			     struct err *err);
void dpkg_files_free(struct dpkg_files *files);

#endif
