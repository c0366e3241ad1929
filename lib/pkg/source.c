/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading packages block by block. */
#include "pkg/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pkg/deb.h"

#define BLOCK_SIZE 65536 /* bytes read at a time */

int source_init(struct source *source, int fd, struct err *err)
{
	source->fd = fd;
	source->block = malloc(BLOCK_SIZE);
	if (!source->block)
		return err_set(err, "out of memory");
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno(err, "seek");
	return hash_new(&source->hash, err) < 0 ? -1 : hash_begin(source->hash, HASH_SHA256, err);
}

void source_done(struct source *source)
{
	free(source->block);
	hash_free(source->hash);
	*source = (struct source)SOURCE_INIT;
}

ssize_t source_next(struct source *source, struct err *err)
{
	ssize_t n;

	do {
		n = read(source->fd, source->block, BLOCK_SIZE);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, "read");
	return hash_update(source->hash, source->block, (size_t)n, err) < 0 ? -1 : n;
}

la_ssize_t source_read(struct archive *archive, void *ctx, const void **ret_data)
{
	struct source *source = ctx;
	struct err err = ERR_INIT;
	la_ssize_t n = source_next(source, &err);

	*ret_data = source->block;
	if (n < 0)
		archive_set_error(archive, EIO, "%s", err.text);
	return n;
}

int source_finish(struct source *source, struct digest *ret_digest, struct err *err)
{
	ssize_t n;

	do {
		n = source_next(source, err);
	} while (n > 0);
	return n < 0 ? -1 : hash_final(source->hash, ret_digest, err);
}

/* Of what dpkg-deb and makepkg know; ARCHIVE_WARN would be another program's work. */
int source_support_tar(struct archive *archive, struct err *err)
{
	if (archive_read_support_filter_gzip(archive) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(archive) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(archive) != ARCHIVE_OK ||
	    archive_read_support_filter_bzip2(archive) != ARCHIVE_OK ||
	    archive_read_support_filter_lzma(archive) != ARCHIVE_OK ||
	    archive_read_support_format_tar(archive) != ARCHIVE_OK)
		return err_set(err, "this libarchive lacks a compression that packages have");
	return 0;
}

int source_entry_path(struct archive_entry *entry, char **ret_path, struct err *err)
{
	const char *name = archive_entry_pathname(entry);

	if (!name)
		return err_set(err, "a file's name can't be read");
	if (*name == '.')
		name++;
	while (*name == '/')
		name++;
	if (asprintf(ret_path, "/%s", name) < 0) {
		*ret_path = NULL;
		return err_set(err, "out of memory");
	}
	return 0;
}

int source_count_entry(struct source_count *count, int64_t size, uint64_t max, struct err *err)
{
	const uint64_t more = size > 0 ? (uint64_t)size : 0;

	if (++count->entries > DEB_ENTRIES_MAX)
		return err_set(err, "more than %d files", DEB_ENTRIES_MAX);
	if (count->content > max || more > max - count->content)
		return err_set(err, "more than %llu bytes when unpacked", (unsigned long long)max);
	count->content += more;
	return 0;
}

const char *source_trouble(struct archive *archive)
{
	const char *text = archive_error_string(archive);

	return text ? text : "damaged";
}

void source_free_archive(struct archive **archive)
{
	if (*archive)
		(void)archive_read_free(*archive);
	*archive = NULL;
}
