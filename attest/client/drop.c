/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up privileges. */
#include "attest/client/drop.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534 /* user and group: base-passwd of Debian, and the kernel's overflowuid */

/* Everything of the first version that changes something or executes. */
#define DENIED \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)

static int become_nobody(struct err *err)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return err_errno(err, "become nobody");
	return 0;
}

/* A service that is not root has them as ambient ones. */
static int drop_capabilities(struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    syscall(SYS_capset, &head, none) < 0)
		return err_errno(err, "give up capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, "give up privileges");
	return 0;
}

static int restrict_files(struct err *err)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs = DENIED };
	AUTO_FD rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (rules < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
		return 0;
	if (rules < 0 || syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return err_errno(err, "Landlock");
	return 0;
}

int drop_privileges(struct err *err)
{
	if (become_nobody(err) < 0 || drop_capabilities(err) < 0)
		return -1;
	return restrict_files(err);
}
