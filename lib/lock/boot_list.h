/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which volumes assay-unlock opens in the initramfs, and under which names. */
#ifndef ASSAY_LOCK_BOOT_LIST_H
#define ASSAY_LOCK_BOOT_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The file "lock" of the bundle in the initramfs: ASCII lines, each ended by one LF,
 *
 *	assay-lock-list 1
 *	volume UUID NAME [discard] [readonly] [nofail]		0 to 16 lines
 *
 * A reader refuses whatever it would not have written itself byte for byte.  UUID is that of the
 * LUKS2 header in lower case, NAME what is below /dev/mapper.
 */
#define BOOT_LIST_LINE "assay-lock-list 1"
#define BOOT_LIST_NAME "lock" /* in the bundle */
#define BOOT_LIST_MAX 4096    /* bytes */
#define BOOT_LIST_VOLUMES 16
#define BOOT_LIST_UUID_LEN 36
#define BOOT_LIST_NAME_MAX 128 /* bytes, NUL included: DM_NAME_LEN */

struct boot_volume {
	char uuid[BOOT_LIST_UUID_LEN + 1];
	char name[BOOT_LIST_NAME_MAX];
	bool discard;
	bool readonly;
	bool nofail; /* the boot goes on without it */
};

struct boot_list {
	struct boot_volume volume[BOOT_LIST_VOLUMES];
	size_t n;
};

/* 36 characters: hex digits in lower case and dashes where they belong. */
bool boot_list_is_uuid(const char *text);

MUST_USE int boot_list_format(const struct boot_list *list, struct buf *out, struct err *err);
MUST_USE int boot_list_parse(const char *text, size_t len, struct boot_list *ret_list,
			     struct err *err);

/*
 * Takes name and options of each volume (by its UUID) out of the text of crypttab(5), which is cut
 * up; one that is not in it keeps "luks-UUID" and no option.  Sources are UUID=, /dev/disk/by-uuid/
 * or what resolve makes a UUID of (false: it is none).
 */
typedef bool (*boot_list_resolve_fn)(const char *source,
				     char ret_uuid[static BOOT_LIST_UUID_LEN + 1]);
MUST_USE int boot_list_apply_crypttab(struct boot_list *list, struct buf *crypttab,
				      boot_list_resolve_fn resolve, struct err *err);

/* Adds a volume as it is without a crypttab. */
MUST_USE int boot_list_add(struct boot_list *list, const char *uuid, struct err *err);

#endif
