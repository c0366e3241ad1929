/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cleanup helpers. */
#include "base/attr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void cleanup_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

void cleanup_file(FILE **f)
{
	int saved = errno;

	if (*f)
		(void)fclose(*f);
	*f = NULL;
	errno = saved;
}

void cleanup_dir(DIR **d)
{
	int saved = errno;

	if (*d)
		(void)closedir(*d);
	*d = NULL;
	errno = saved;
}

void cleanup_str(char **s)
{
	cleanup_mem(s);
}

void cleanup_mem(void *p)
{
	int saved = errno;
	void *m;

	memcpy(&m, p, sizeof(m));
	free(m);
	m = NULL;
	memcpy(p, &m, sizeof(m));
	errno = saved;
}

int take_fd(int *fd)
{
	int val = *fd;

	*fd = -1;
	return val;
}
