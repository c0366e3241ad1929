/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of loader/entries: an entry of the boot loader specification, type 1, as systemd-boot
 * (252, src/boot/efi/boot.c) reads it and boots it. */
#ifndef ASSAY_LOCK_LOADER_ENTRY_H
#define ASSAY_LOCK_LOADER_ENTRY_H

#include "base/buf.h"
#include "base/err.h"

#define LOADER_ENTRY_MAX 65536 /* bytes of a file */
#define LOADER_INITRDS_MAX 8
#define LOADER_PATH_SIZE 512	/* NUL included */
#define LOADER_VERSION_SIZE 128 /* NUL included */

/* Paths begin with a slash, which is the root of the entry's partition. */
struct loader_entry {
	char version[LOADER_VERSION_SIZE]; /* "": it has none */
	char linux[LOADER_PATH_SIZE];	   /* "": it boots no Linux kernel */
	char initrd[LOADER_INITRDS_MAX][LOADER_PATH_SIZE];
	size_t n_initrds;
	struct buf line; /* what the kernel gets: "initrd=\..." of each, then the options */
};

/* Of a file's text, which is cut up.  Fails on what is larger than there is room for; what it
 * returns is to be given back by loader_entry_done, also if it failed. */
MUST_USE int loader_entry_parse(struct buf *text, struct loader_entry *ret, struct err *err);
void loader_entry_done(struct loader_entry *entry);

#endif
