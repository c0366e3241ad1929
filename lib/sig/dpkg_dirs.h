/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories as packages spell them and as they are: /bin is /usr/bin on a merged system. */
#ifndef ASSAY_SIG_DPKG_DIRS_H
#define ASSAY_SIG_DPKG_DIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sig/dpkg_parse.h"

#define DPKG_DIRS_MAX (1u << 24)
#define DPKG_DIR_DEPTH_MAX 512 /* components and links in one path, together */

struct dpkg_dir {
	char *path; /* as spelled; "" is the root */
	uint32_t len;
	uint32_t
		real; /* the number of the directory that it is; its own when no link leads there */
};

/* Zeroed but for root_fd, which stays the caller's. */
struct dpkg_dirs {
	int root_fd;
	unsigned int depth; /* of the resolving under way */
	struct dpkg_dir *dir;
	size_t n;
	size_t cap;
	uint32_t *slot;
	size_t slots;
};

/* Number of the real directory; looks at the disk once for each spelling. */
MUST_USE int dpkg_dirs_resolve(struct dpkg_dirs *dirs, struct dpkg_span path, uint32_t *ret_real,
			       struct err *err);

/* As above without looking at the disk: false when the spelling never came up. */
bool dpkg_dirs_find(const struct dpkg_dirs *dirs, struct dpkg_span path, uint32_t *ret_real);

const char *dpkg_dirs_path(const struct dpkg_dirs *dirs, uint32_t number);
void dpkg_dirs_done(struct dpkg_dirs *dirs);

/* FNV-1a over the bytes, begun with seed; spread enough for tables of a power of two. */
uint32_t dpkg_hash(const void *data, size_t len, uint32_t seed);

#endif
