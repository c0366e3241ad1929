/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does the root file system itself lie on what the lock holds? */
#ifndef ASSAY_LOCK_ROOT_FS_H
#define ASSAY_LOCK_ROOT_FS_H

#include <stddef.h>

#include "lock/blob.h"

#define LOCK_ROOT_SOURCE_MAX 256 /* bytes, NUL included */

enum lock_root_kind {
	LOCK_ROOT_UNKNOWN, /* it can't be told */
	LOCK_ROOT_OPEN,	   /* whoever has the disk reads and changes it */
	LOCK_ROOT_VERITY,  /* on dm-verity: read, and not changed */
	LOCK_ROOT_LOCKED,  /* all of it on volumes that hang on the lock */
};

struct lock_root {
	enum lock_root_kind kind;
	char source[LOCK_ROOT_SOURCE_MAX]; /* what is mounted, for words; "" not known */
};

/* Where to look: "/proc/self/mountinfo" and "/sys". */
struct lock_root_from {
	const char *mountinfo;
	const char *sys;
};

/*
 * By the kernel's device mapper: a dm-crypt device of a LUKS2 volume that hangs on the lock
 * ("CRYPT-LUKS2-UUID-NAME" in dm/uuid, libcryptsetup's lib/libdevmapper.c), or dm-verity
 * ("CRYPT-VERITY-"), below every leaf that the root's device stands on.
 */
void lock_root_find(const struct lock_blob *blob, const struct lock_root_from *from,
		    struct lock_root *ret_root);

const char *lock_root_name(enum lock_root_kind kind);  /* "locked", "verity", "open", "unknown" */
const char *lock_root_words(enum lock_root_kind kind); /* what follows from it */

#endif
