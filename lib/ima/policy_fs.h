/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file system's name, subtype and UUID as the kernel holds them; inside of lib/ima only. */
#ifndef ASSAY_IMA_POLICY_FS_H
#define ASSAY_IMA_POLICY_FS_H

#include "ima/policy_ctx.h"

/* Both leave the fields as they are where the answer can't be had. */
void policy_fs_names(int fd, struct policy_file *file);
void policy_fs_uuid(int fd, struct policy_file *file);

/* The UUID in an ext4 superblock (without the 1024 bytes before it); false: it is none. */
bool policy_fs_ext4_uuid(const void *super, size_t len, uint8_t ret_uuid[static POLICY_UUID_SIZE]);

/* Fills the names from one line of /proc/self/mountinfo, if it is of the mount. */
bool policy_fs_mountinfo(char *line, uint64_t mount, struct policy_file *file);

#endif
