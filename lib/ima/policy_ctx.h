/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel looks at when a policy decides: the file, and the task that acts on it. */
#ifndef ASSAY_IMA_POLICY_CTX_H
#define ASSAY_IMA_POLICY_CTX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "ima/policy.h"
#include "ima/xattr.h"

#define POLICY_FS_NAME_MAX 64 /* bytes of a file system type's name, NUL included */

/* One of a file's attributes; len 0: it has none, or an empty one, which counts the same. */
struct policy_xattr {
	uint8_t data[XATTR_VALUE_MAX];
	size_t len;
	int error; /* errno of reading it, other than ENODATA and ENOTSUP; 0: none */
};

/* A file.  The attributes and the content are chosen by whoever may write them. */
struct policy_file {
	int fd; /* borrowed; read for hashing, from its start */
	struct stat st;
	uint64_t fsmagic; /* s_magic */
	uint8_t fsuuid[POLICY_UUID_SIZE];
	bool fsuuid_known;		     /* without it fsuuid= is taken for not matching */
	char fsname[POLICY_FS_NAME_MAX];     /* s_type->name, "" unknown */
	char fs_subtype[POLICY_FS_NAME_MAX]; /* s_subtype, "" none */
	bool xattrs;			     /* its file system has extended attributes */
	struct policy_xattr ima;
	struct policy_xattr evm;
	bool is_verity;
	struct digest verity; /* with is_verity */
	bool is_elf;	      /* execve maps it itself */
};

/* Fills all from an open file; fd must stay open as long as the context is used. */
MUST_USE int policy_file_load(int fd, const char *name, struct policy_file *ret_file,
			      struct err *err);

/* The task.  A capability makes euid= and egid= look at the saved and the real ID too. */
struct policy_task {
	uint32_t uid;
	uint32_t euid;
	uint32_t suid;
	uint32_t gid;
	uint32_t egid;
	uint32_t sgid;
	bool cap_setuid;
	bool cap_setgid;
};

/* All its user IDs are uid, its group IDs gid; root has the capabilities. */
struct policy_task policy_task_of(uint32_t uid, uint32_t gid);

#endif
