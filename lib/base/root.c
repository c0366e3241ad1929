/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of a system that lies below a directory. */
#include "base/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"

/* openat2(2); glibc 2.36 has no wrapper. */
int root_openat(int top, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };

	return (int)syscall(SYS_openat2, top, path, &how, sizeof(how));
}

int root_open(const char *root, const char *path, uint64_t flags)
{
	AUTO_FD top = open(*root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return top < 0 ? -1 : root_openat(top, path, flags);
}

int root_resolve(const char *root, const char *path, char **ret_real, struct err *err)
{
	AUTO_FD fd = root_open(root, path, O_PATH);
	char link[sizeof("/proc/self/fd/") + 12];
	AUTO_STR real = malloc(PATH_MAX);
	AUTO_STR top = NULL;
	size_t skip;
	ssize_t n;

	*ret_real = NULL;
	if (!real)
		return err_set(err, "out of memory");
	if (fd < 0)
		return 0;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, PATH_MAX - 1);
	if (n < 0)
		return io_require_proc(err) < 0 ? -1 : err_errno(err, "resolve: %s", path);
	real[n] = '\0';
	top = realpath(*root ? root : "/", NULL);
	skip = top && strcmp(top, "/") != 0 ? strlen(top) : 0;
	if (skip && strncmp(real, top, skip) != 0)
		skip = 0;
	*ret_real = strdup(real[skip] ? real + skip : "/");
	return *ret_real ? 0 : err_set(err, "out of memory");
}
