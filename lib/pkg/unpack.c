/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading compressed files. */
#include "pkg/unpack.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/io.h"

#define READ_SIZE 65536 /* bytes of the file read at a time */

/* ARCHIVE_WARN would be another program's work. */
static int open_raw(struct archive *a, int fd, struct err *err)
{
	struct archive_entry *e;
	int rc;

	if (archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(a) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(a) != ARCHIVE_OK ||
	    archive_read_support_filter_bzip2(a) != ARCHIVE_OK ||
	    archive_read_support_filter_lz4(a) != ARCHIVE_OK ||
	    archive_read_support_format_raw(a) != ARCHIVE_OK ||
	    archive_read_support_format_empty(a) != ARCHIVE_OK)
		return err_set(err, "this libarchive lacks a compression that lists have");
	if (archive_read_open_fd(a, fd, READ_SIZE) != ARCHIVE_OK)
		return err_set(err, "%s", archive_error_string(a));
	rc = archive_read_next_header(a, &e);
	return rc == ARCHIVE_OK || rc == ARCHIVE_EOF ? 0
						     : err_set(err, "%s", archive_error_string(a));
}

static int read_all(struct archive *a, struct buf *out, struct err *err)
{
	const void *block;
	size_t len;
	int64_t at;
	int rc;

	while ((rc = archive_read_data_block(a, &block, &len, &at)) == ARCHIVE_OK)
		if (len && buf_put(out, block, len, err) < 0)
			return -1;
	return rc == ARCHIVE_EOF ? 0 : err_set(err, "%s", archive_error_string(a));
}

int unpack_file(const char *path, struct buf *out, struct err *err)
{
	struct archive *a = archive_read_new();
	AUTO_FD fd = -1;
	int rc;

	if (!a)
		return err_set(err, "out of memory");
	rc = io_open_regular(path, &fd, err);
	if (rc == 0)
		rc = open_raw(a, fd, err);
	if (rc == 0)
		rc = read_all(a, out, err);
	(void)archive_read_free(a);
	return rc < 0 ? err_prepend(err, "%s", path) : 0;
}
