/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file and the task as the kernel sees them, from user space. */
#include "ima/policy_ctx.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ima/policy_fs.h"
#include "ima/verity.h"

static int xattr_load(int fd, const char *name, struct policy_xattr *ret_x, bool *ret_has,
		      struct err *err)
{
	ssize_t n = fgetxattr(fd, name, ret_x->data, sizeof(ret_x->data));

	if (n >= 0) {
		ret_x->len = (size_t)n;
		return 0;
	}
	if (errno == ENODATA)
		return 0;
	if (errno == ENOTSUP) {
		*ret_has = false;
		return 0;
	}
	if (errno == ERANGE)
		return err_set(err, "%s is longer than %d bytes", name, XATTR_VALUE_MAX);
	ret_x->error = errno;
	return 0;
}

static bool has_elf_magic(int fd)
{
	char head[SELFMAG];

	return pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	       memcmp(head, ELFMAG, SELFMAG) == 0;
}

int policy_file_load(int fd, const char *name, struct policy_file *ret_file, struct err *err)
{
	AUTO_MEM struct policy_file *f = calloc(1, sizeof(*f));
	enum verity_state verity;
	struct statfs fs;

	if (!f)
		return err_set(err, "%s: out of memory", name);
	f->fd = fd;
	f->xattrs = true;
	if (fstat(fd, &f->st) < 0 || fstatfs(fd, &fs) < 0)
		return err_errno(err, "%s", name);
	f->fsmagic = (uint64_t)fs.f_type;
	policy_fs_names(fd, f);
	policy_fs_uuid(fd, f);
	if (xattr_load(fd, XATTR_IMA, &f->ima, &f->xattrs, err) < 0 ||
	    xattr_load(fd, XATTR_EVM, &f->evm, &f->xattrs, err) < 0)
		return err_prepend(err, "%s", name);
	if (S_ISREG(f->st.st_mode)) {
		if (verity_measure(fd, &verity, &f->verity, err) < 0)
			return err_prepend(err, "%s", name);
		f->is_verity = verity == VERITY_ON;
		f->is_elf = has_elf_magic(fd);
	}
	*ret_file = *f;
	return 0;
}

struct policy_task policy_task_of(uint32_t uid, uint32_t gid)
{
	return (struct policy_task){ .uid = uid,
				     .euid = uid,
				     .suid = uid,
				     .gid = gid,
				     .egid = gid,
				     .sgid = gid,
				     .cap_setuid = uid == 0,
				     .cap_setgid = uid == 0 };
}
