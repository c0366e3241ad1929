/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dpkg's names for what it makes. */
#include "transaction/making.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"

#define UNPACKED ".dpkg-new"
#define CONTROL "/tmp.ci/"

enum making making_of(int fd)
{
	AUTO_STR path = calloc(1, PATH_MAX);
	char self[32];
	size_t n;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (!path || readlink(self, path, PATH_MAX - 1) < 0)
		return MAKING_DONE;
	n = strlen(path);
	if (n > strlen(UNPACKED) && strcmp(path + n - strlen(UNPACKED), UNPACKED) == 0)
		return MAKING_UNPACKED;
	return strstr(path, CONTROL) ? MAKING_CONTROL : MAKING_DONE;
}
