/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mounted file systems, as far as executing from them is concerned. */
#ifndef ASSAY_HOST_MOUNTS_H
#define ASSAY_HOST_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "assay/host/host.h"
#include "base/err.h"

#define MOUNTS_MAX 4096	   /* mounts looked at */
#define MOUNTS_TYPE_MAX 32 /* bytes of a file system's name */
#define MOUNTS_UUID_MAX 64 /* bytes */

enum mount_kind {
	MOUNT_SIGNABLE, /* local, keeps attributes: its files can be signed */
	MOUNT_MEMORY,	/* tmpfs and the kernel's own: nothing there can be executed afterwards */
	MOUNT_FOREIGN,	/* served by somebody, FUSE: may serve other bytes the second time */
	MOUNT_BARE, /* keeps no security attributes (FAT, NFS, CIFS): nothing there can be signed */
	MOUNT_OVERLAY, /* decided by the layers below */
};

struct mount {
	char *dir;
	char *source; /* as it was mounted: a device's path, or any word */
	dev_t device;
	char type[MOUNTS_TYPE_MAX];
	enum mount_kind kind;
	bool noexec;
	char uuid[MOUNTS_UUID_MAX]; /* of the block device, "" unknown */
};

struct mounts {
	struct mount *mount;
	size_t n;
};

/* Each file system once (the first place it is mounted at), in the order of mounting. */
MUST_USE int mounts_read(const struct host *host, struct mounts *ret_mounts, struct err *err);
void mounts_done(struct mounts *mounts);

#endif
