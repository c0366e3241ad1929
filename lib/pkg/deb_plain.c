/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debian packages, as far as it takes no libarchive: who only reads signatures need not link it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/temp.h"
#include "pkg/deb.h"

#define HEADER_SIZE 60 /* bytes of struct ar_hdr, <ar.h> */

static int copy_range(int from, int to, uint64_t len, struct err *err)
{
	off_t at = 0;

	while (len) {
		size_t want = len < ((uint64_t)1 << 30) ? (size_t)len : (size_t)1 << 30;
		ssize_t n = copy_file_range(from, &at, to, NULL, want, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "copy");
		if (n == 0)
			return err_set(err, "it became shorter while it was copied");
		len -= (uint64_t)n;
	}
	return 0;
}

/* Members begin at even offsets. */
static int put_pad(int fd, uint64_t len, struct err *err)
{
	return len % 2 ? io_write_all(fd, "\n", 1, err) : 0;
}

static int put_member(int fd, const struct buf *data, struct err *err)
{
	char header[HEADER_SIZE + 1];

	(void)snprintf(header, sizeof(header), "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", DEB_SIGNATURES, 0,
		       0, 0, "100644", data->len);
	if (io_write_all(fd, header, HEADER_SIZE, err) < 0 ||
	    io_write_all(fd, data->data, data->len, err) < 0)
		return -1;
	return put_pad(fd, data->len, err);
}

int deb_put_signatures(int fd, const struct deb *deb, const struct buf *signatures,
		       const char *target, struct err *err)
{
	CLEANUP(temp_drop) struct temp temp = TEMP_INIT;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	if (temp_open(&temp, target, err) < 0)
		return -1;
	if (copy_range(fd, temp.fd, deb->end, err) < 0 || put_pad(temp.fd, deb->end, err) < 0 ||
	    put_member(temp.fd, signatures, err) < 0)
		return err_prepend(err, "write: %s", target);
	if (geteuid() == 0 && fchown(temp.fd, st.st_uid, st.st_gid) < 0)
		return err_errno(err, "chown: %s", target);
	return temp_commit(&temp, st.st_mode & 07777, err);
}

void deb_done(struct deb *deb)
{
	buf_done(&deb->signatures);
}
