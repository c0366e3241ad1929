/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fs-verity's ioctls, played for a test program: few machines have the feature. */
#ifndef ASSAY_TESTS_UNIT_VERITY_PLAYED_H
#define ASSAY_TESTS_UNIT_VERITY_PLAYED_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/fs.h>
#include <linux/fsverity.h>

#include "ima/verity.h"

/*
 * What the file system says of every file.  A file that fs-verity is enabled on has it from then
 * on; its digest is the one of what it holds.
 */
static struct {
	enum verity_state state;
	size_t enabled; /* calls that would have made a file an fs-verity file */
	int flags;	/* FS_*_FL */
	bool busy;	/* somebody writes */
} verity_played;

static int verity_played_measure(int fd, struct fsverity_digest *out)
{
	struct digest d;
	struct stat st;

	if (verity_played.state != VERITY_ON) {
		errno = verity_played.state == VERITY_OFF ? ENODATA : EOPNOTSUPP;
		return -1;
	}
	if (fstat(fd, &st) < 0 || verity_compute(fd, st.st_size, &d, NULL) < 0)
		return -1;
	out->digest_algorithm = FS_VERITY_HASH_ALG_SHA256;
	out->digest_size = (uint16_t)d.len;
	memcpy((uint8_t *)out + sizeof(*out), d.data, d.len);
	return 0;
}

static int verity_played_enable(void)
{
	errno = verity_played.flags ? EPERM : ETXTBSY;
	if (verity_played.flags || verity_played.busy)
		return -1;
	verity_played.enabled++;
	verity_played.state = VERITY_ON;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	switch (request) {
	case FS_IOC_MEASURE_VERITY:
		return verity_played_measure(fd, arg);
	case FS_IOC_ENABLE_VERITY:
		return verity_played_enable();
	case FS_IOC_GETFLAGS:
		memcpy(arg, &verity_played.flags, sizeof(verity_played.flags));
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

#endif
