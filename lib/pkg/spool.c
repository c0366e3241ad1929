/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of archives, in memory or in a file without a name. */
#include "pkg/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SMALL_MAX (UINT64_C(4) << 20) /* bytes kept in memory */
#define TEMP_DIR "/var/tmp"

static int open_small(struct spool *spool, struct err *err)
{
	if (spool->small < 0)
		spool->small = memfd_create("package", MFD_CLOEXEC);
	return spool->small < 0 ? err_errno(err, "memfd") : 0;
}

static int open_large(struct spool *spool, struct err *err)
{
	const char *dir = secure_getenv("TMPDIR");

	if (!dir || !*dir)
		dir = TEMP_DIR;
	if (spool->large < 0)
		spool->large = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return spool->large < 0 ? err_errno(err, "write: a file in %s", dir) : 0;
}

static int write_at(int fd, const void *data, size_t len, off_t at, struct err *err)
{
	const char *p = data;

	while (len) {
		ssize_t n = pwrite(fd, p, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_errno(err, "write");
		p += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int fill(int fd, struct archive *archive, uint64_t size, struct err *err)
{
	const void *block;
	size_t len;
	int64_t at;

	for (;;) {
		int rc = archive_read_data_block(archive, &block, &len, &at);

		if (rc == ARCHIVE_EOF)
			return 0;
		if (rc != ARCHIVE_OK)
			return err_set(err, "%s", archive_error_string(archive));
		if (at < 0 || (uint64_t)at > size || len > size - (uint64_t)at)
			return err_set(err, "it is larger than it says");
		if (write_at(fd, block, len, at, err) < 0)
			return -1;
	}
}

int spool_entry(struct spool *spool, struct archive *archive, uint64_t size, int *ret_fd,
		struct err *err)
{
	bool small = size <= SMALL_MAX;
	int fd;

	if ((small ? open_small(spool, err) : open_large(spool, err)) < 0)
		return -1;
	fd = small ? spool->small : spool->large;
	if (ftruncate(fd, 0) < 0)
		return err_errno(err, "write");
	if (fill(fd, archive, size, err) < 0)
		return -1;
	/* A hole at its end is not among the blocks. */
	if (ftruncate(fd, (off_t)size) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, "write");
	*ret_fd = fd;
	return 0;
}

void spool_done(struct spool *spool)
{
	cleanup_fd(&spool->small);
	cleanup_fd(&spool->large);
}
