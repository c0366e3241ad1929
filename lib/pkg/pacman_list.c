/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the lists of pacman's repositories: a tar with NAME-VERSION/desc for each package. */
#include <stdlib.h>
#include <string.h>

#include "pkg/pacman.h"
#include "pkg/source.h"

#define DESC "/desc"

/* The line after "%FIELD%"; "" where there is none. */
static const char *desc_field(char *text, const char *field)
{
	const size_t n = strlen(field);

	for (char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, field, n) == 0 && at[n] == '\n') {
			at += n + 1;
			return at;
		}
	}
	return "";
}

/* Its own copy: the text is not cut up, for fields have no order. */
static char *desc_value(char *text, const char *field)
{
	const char *at = desc_field(text, field);

	return strndup(at, strcspn(at, "\n"));
}

static int tell(struct buf *text, pacman_list_fn fn, void *ctx, struct err *err)
{
	AUTO_STR copy = strndup(buf_text(text), text->len);
	AUTO_STR name = copy ? desc_value(copy, "%NAME%") : NULL;
	AUTO_STR file = copy ? desc_value(copy, "%FILENAME%") : NULL;

	if (!name || !file)
		return err_set(err, "out of memory");
	if (!*name || !*file || strchr(file, '/') || strlen(name) >= DEB_FIELD_MAX ||
	    strlen(file) >= DEB_FIELD_MAX)
		return 0;
	return fn(ctx, name, file, err);
}

static int read_text(struct archive *a, struct buf *text, struct err *err)
{
	const void *block;
	size_t len;
	int64_t at;
	int rc;

	while ((rc = archive_read_data_block(a, &block, &len, &at)) == ARCHIVE_OK)
		if (len && buf_put(text, block, len, err) < 0)
			return -1;
	return rc == ARCHIVE_EOF ? 0 : err_set(err, "%s", source_trouble(a));
}

static bool is_desc(struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	const size_t n = name ? strlen(name) : 0;

	return archive_entry_filetype(e) == AE_IFREG && !archive_entry_hardlink(e) &&
	       n > strlen(DESC) && strcmp(name + n - strlen(DESC), DESC) == 0;
}

static int read_entries(struct archive *a, pacman_list_fn fn, void *ctx, struct err *err)
{
	AUTO_BUF text = BUF_INIT(PACMAN_INFO_MAX);
	struct source_count count = { .entries = 0 };
	struct archive_entry *e;
	int rc;

	while ((rc = archive_read_next_header(a, &e)) == ARCHIVE_OK) {
		if (source_count_entry(&count, archive_entry_size(e), PACMAN_LIST_MAX, err) < 0)
			return -1;
		if (!is_desc(e))
			continue;
		buf_reset(&text);
		if (read_text(a, &text, err) < 0 || tell(&text, fn, ctx, err) < 0)
			return -1;
	}
	return rc == ARCHIVE_EOF ? 0 : err_set(err, "%s", source_trouble(a));
}

int pacman_list_read(int fd, pacman_list_fn fn, void *ctx, struct err *err)
{
	CLEANUP(source_free_archive) struct archive *a = archive_read_new();
	CLEANUP(source_done) struct source source = SOURCE_INIT;

	if (!a)
		return err_set(err, "out of memory");
	if (source_init(&source, fd, err) < 0 || source_support_tar(a, err) < 0)
		return -1;
	if (archive_read_open(a, &source, NULL, source_read, NULL) != ARCHIVE_OK)
		return err_set(err, "%s", source_trouble(a));
	return read_entries(a, fn, ctx, err);
}
