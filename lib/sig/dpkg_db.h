/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the loaded database: shared by the files that load it and the files that ask it. */
#ifndef ASSAY_SIG_DPKG_DB_H
#define ASSAY_SIG_DPKG_DB_H

#include "base/buf.h"
#include "sig/dpkg.h"
#include "sig/dpkg_dirs.h"
#include "sig/dpkg_parse.h"

struct dpkg_entry {
	struct dpkg_package package;
	char *strings;	 /* name, version, arch: what package points into */
	char *conffiles; /* the lines of the field, NULL: none */
	char *file_name; /* "name" or "name:arch", what its files in info/ begin with */
	size_t list_at;	 /* its list in db->text */
	size_t list_len;
};

/* One path that somebody owns: a directory, the name in it as bytes of db->text, the owner. */
struct dpkg_owned {
	uint32_t dir;
	uint32_t name_at;
	uint32_t name_len;
	uint32_t package;
};

struct dpkg {
	char *root; /* "" or "/somewhere", no slash at the end */
	int info_fd;
	struct dpkg_entry *entry;
	size_t n;
	size_t cap;
	struct buf text; /* diversions, then all lists */
	struct dpkg_diversion *diversion;
	size_t diversions; /* sorted by from */
	struct dpkg_dirs dirs;
	struct dpkg_owned *owned;
	size_t owned_n;
	size_t owned_cap;
	uint32_t *slot; /* open addressing: index into owned + 1; 0: free */
	size_t slots;	/* a power of two */
};

/* Maintainer scripts by their endings in info/, and that directory. */
#define DPKG_SCRIPTS 5
extern const char *const dpkg_script_names[DPKG_SCRIPTS];
extern const struct dpkg_span dpkg_info_dir;

/* Where dpkg put a path of this package's list. */
struct dpkg_span dpkg_divert(const struct dpkg *db, const struct dpkg_package *package,
			     struct dpkg_span path);

/* Splits "/usr/bin/x" into "/usr/bin" and "x"; false for "/." and what has no name. */
bool dpkg_path_split(struct dpkg_span path, struct dpkg_span *ret_dir, struct dpkg_span *ret_name);

/* Fills the table of owners from the lists. */
MUST_USE int dpkg_index_build(struct dpkg *db, struct err *err);

/* Loads the packages of status and updates/. */
MUST_USE int dpkg_status_load(struct dpkg *db, int admin_fd, struct err *err);

#endif
