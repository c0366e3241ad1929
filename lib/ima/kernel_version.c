/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel versions: reading and comparing. */
#include "ima/kernel_version.h"

#include <stdlib.h>
#include <sys/utsname.h>

#define PART_MAX 999 /* no part of a version is larger */

/* A decimal number at *at, moved past it; -1: there is none, or it is out of range. */
static long version_part(const char **at)
{
	long v = 0;

	if (**at < '0' || **at > '9')
		return -1;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		v = v * 10 + (**at - '0');
		if (v > PART_MAX)
			return -1;
	}
	return v;
}

int kernel_version_parse(const char *text, struct kernel_version *ret_version, struct err *err)
{
	const char *at = text;
	long major = version_part(&at);
	long minor = -1;
	struct kernel_version v;

	if (major >= 0 && *at == '.') {
		at++;
		minor = version_part(&at);
	}
	if (minor < 0 || (*at && *at != '.' && *at != '-' && *at != '+'))
		return err_set(err, "'%s' is no kernel version such as 6.12 or 6.1.0-48-amd64",
			       text);
	v = (struct kernel_version){ (unsigned int)major, (unsigned int)minor };
	if (!kernel_version_from(v, KERNEL_OLDEST.major, KERNEL_OLDEST.minor))
		return err_set(err, "kernel %s: older than %u.%u, the oldest that is known", text,
			       KERNEL_OLDEST.major, KERNEL_OLDEST.minor);
	*ret_version = v;
	return 0;
}

int kernel_version_running(struct kernel_version *ret_version, struct err *err)
{
	struct utsname name;

	if (uname(&name) < 0)
		return err_errno(err, "kernel version");
	return kernel_version_parse(name.release, ret_version, err);
}

bool kernel_version_from(struct kernel_version v, unsigned int major, unsigned int minor)
{
	return v.major > major || (v.major == major && v.minor >= minor);
}
