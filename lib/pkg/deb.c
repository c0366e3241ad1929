/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading Debian packages. */
#include "pkg/deb.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/io.h"
#include "pkg/source.h"
#include "pkg/spool.h"

#define AR_HEADER_SIZE 60 /* bytes of struct ar_hdr, <ar.h> */
#define FORMAT_MEMBER "debian-binary"
#define FORMAT_MAX 64 /* bytes of it */
#define CONTROL_PREFIX "control.tar"
#define DATA_PREFIX "data.tar"
#define CONTROL_FILE "/control"

/* One reading of one package. */
struct reader {
	struct source source;
	struct archive *outer;
	struct hash_ctx *hash; /* over the current member */
	uint64_t size;	       /* bytes of it so far */
	uint64_t end;	       /* of the last member, its pad included */
	struct spool spool;
	deb_entry_fn fn;
	void *ctx;
	struct deb *deb;
	struct err *err; /* of a callback, which can't return one */
	struct source_count count;
	bool has_control;
	bool has_data;
};

/* The next bytes of the current member: *ret_len 0 at its end. */
static int member_next(struct reader *r, const void **ret_data, size_t *ret_len, struct err *err)
{
	int64_t at;
	int rc;

	do {
		rc = archive_read_data_block(r->outer, ret_data, ret_len, &at);
	} while (rc == ARCHIVE_OK && *ret_len == 0);
	if (rc == ARCHIVE_EOF) {
		*ret_len = 0;
		return 0;
	}
	if (rc != ARCHIVE_OK)
		return err_set(err, "%s", source_trouble(r->outer));
	r->size += *ret_len;
	return hash_update(r->hash, *ret_data, *ret_len, err);
}

static la_ssize_t inner_read(struct archive *inner, void *ctx, const void **ret_data)
{
	struct reader *r = ctx;
	size_t len = 0;

	if (member_next(r, ret_data, &len, r->err) < 0) {
		archive_set_error(inner, EIO, "%s", r->err->text);
		return -1;
	}
	return (la_ssize_t)len;
}

/* The field's value, where the line begins with "NAME:"; trimmed, "" where there is none. */
static int control_field(const char *text, const char *name, char ret_value[static DEB_FIELD_MAX],
			 struct err *err)
{
	size_t n = strlen(name);
	const char *at = text;
	size_t len;

	while (at && (strncasecmp(at, name, n) != 0 || at[n] != ':')) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return err_set(err, "control: has no %s", name);
	at += n + 1;
	at += strspn(at, " \t");
	len = strcspn(at, "\n");
	while (len && strchr(" \t\r", at[len - 1]))
		len--;
	if (len == 0 || len >= DEB_FIELD_MAX)
		return err_set(err, "control: a %s of %zu bytes", name, len);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)at[i] <= 0x20 || (unsigned char)at[i] >= 0x7f)
			return err_set(err, "control: a %s with a byte that none has", name);
	memcpy(ret_value, at, len);
	ret_value[len] = '\0';
	return 0;
}

static int read_control(struct reader *r, int fd, struct err *err)
{
	AUTO_BUF text = BUF_INIT(DEB_CONTROL_MAX);
	struct deb *deb = r->deb;

	if (*deb->package)
		return err_set(err, "control: is there twice");
	if (io_read_fd(fd, "control", &text, err) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -1;
	if (control_field(buf_text(&text), "Package", deb->package, err) < 0 ||
	    control_field(buf_text(&text), "Version", deb->version, err) < 0 ||
	    control_field(buf_text(&text), "Architecture", deb->architecture, err) < 0)
		return -1;
	return 0;
}

static int read_entry(struct reader *r, enum deb_part part, struct archive *inner,
		      struct archive_entry *e, struct err *err)
{
	AUTO_STR path = NULL;
	struct deb_entry entry = { .part = part,
				   .uid = (uid_t)archive_entry_uid(e),
				   .gid = (gid_t)archive_entry_gid(e),
				   .mode = archive_entry_perm(e) & 07777 };
	int64_t size = archive_entry_size(e);
	bool is_control;

	if (source_count_entry(&r->count, size,
			       part == DEB_SCRIPT ? DEB_SCRIPTS_MAX : DEB_CONTENT_MAX, err) < 0)
		return -1;
	if (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e))
		return 0;
	if (source_entry_path(e, &path, err) < 0)
		return -1;
	entry.path = path;
	is_control = part == DEB_SCRIPT && strcmp(path, CONTROL_FILE) == 0;
	if (!is_control && !r->fn)
		return 0;
	if (is_control && size > DEB_CONTROL_MAX)
		return err_set(err, "%s: larger than the maximum of %u bytes", path,
			       DEB_CONTROL_MAX);
	if (size < 0 || spool_entry(&r->spool, inner, (uint64_t)size, &entry.fd, err) < 0)
		return err_prepend(err, "%s", path);
	if (is_control && read_control(r, entry.fd, err) < 0)
		return -1;
	if (r->fn && r->fn(r->ctx, &entry, err) < 0)
		return err_prepend(err, "%s", path);
	return 0;
}

static int read_tar(struct reader *r, enum deb_part part, struct err *err)
{
	CLEANUP(source_free_archive) struct archive *inner = archive_read_new();
	struct archive_entry *e;
	int rc;

	if (!inner)
		return err_set(err, "out of memory");
	if (source_support_tar(inner, err) < 0)
		return -1;
	if (archive_read_open(inner, r, NULL, inner_read, NULL) != ARCHIVE_OK)
		return err_set(err, "%s", source_trouble(inner));
	while ((rc = archive_read_next_header(inner, &e)) == ARCHIVE_OK)
		if (read_entry(r, part, inner, e, err) < 0)
			return -1;
	return rc == ARCHIVE_EOF ? 0 : err_set(err, "%s", source_trouble(inner));
}

/* What is left of the member: its digest is over all of it. */
static int drain(struct reader *r, struct buf *out, struct err *err)
{
	const void *data;
	size_t len;

	do {
		if (member_next(r, &data, &len, err) < 0)
			return -1;
		if (out && len && buf_put(out, data, len, err) < 0)
			return -1;
	} while (len);
	return 0;
}

static int read_format(struct reader *r, struct err *err)
{
	AUTO_BUF text = BUF_INIT(FORMAT_MAX);

	if (drain(r, &text, err) < 0)
		return -1;
	if (strncmp(buf_text(&text), "2.", 2) != 0)
		return err_set(err, "not of format 2");
	return 0;
}

static int read_once(struct reader *r, bool *seen, enum deb_part part, struct err *err)
{
	if (*seen)
		return err_set(err, "is there twice");
	*seen = true;
	if ((part == DEB_SCRIPT || r->fn) && read_tar(r, part, err) < 0)
		return -1;
	return drain(r, NULL, err);
}

static int read_content(struct reader *r, const char *name, struct err *err)
{
	if (r->deb->n_members == 0)
		return strcmp(name, FORMAT_MEMBER) == 0 ? read_format(r, err)
							: err_set(err, "is not " FORMAT_MEMBER);
	if (strncmp(name, CONTROL_PREFIX, strlen(CONTROL_PREFIX)) == 0)
		return read_once(r, &r->has_control, DEB_SCRIPT, err);
	if (strncmp(name, DATA_PREFIX, strlen(DATA_PREFIX)) == 0)
		return read_once(r, &r->has_data, DEB_FILE, err);
	return *name == '_' || r->has_data ? drain(r, NULL, err)
					   : err_set(err, "is no part of a package");
}

static int read_member(struct reader *r, const char *name, struct err *err)
{
	struct deb *deb = r->deb;
	struct deb_member *m = &deb->member[deb->n_members];

	if (deb->n_members == DEB_MEMBERS_MAX)
		return err_set(err, "more than %d members", DEB_MEMBERS_MAX);
	r->size = 0;
	if (hash_begin(r->hash, HASH_SHA256, err) < 0 || read_content(r, name, err) < 0)
		return err_prepend(err, "%s", name);
	(void)snprintf(m->name, sizeof(m->name), "%s", name);
	m->size = r->size;
	deb->n_members++;
	return hash_final(r->hash, &m->digest, err);
}

static int read_signatures(struct reader *r, struct err *err)
{
	struct deb *deb = r->deb;

	deb->end = (uint64_t)archive_read_header_position(r->outer);
	r->size = 0;
	if (hash_begin(r->hash, HASH_SHA256, err) < 0 || drain(r, &deb->signatures, err) < 0)
		return err_prepend(err, DEB_SIGNATURES);
	if (!deb->signatures.len)
		return err_set(err, DEB_SIGNATURES ": is empty");
	return 0;
}

static int read_members(struct reader *r, struct err *err)
{
	struct archive_entry *e;
	int rc;

	while ((rc = archive_read_next_header(r->outer, &e)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(e);

		if (!name || strlen(name) >= DEB_NAME_MAX)
			return err_set(err, "a member's name is too long");
		if (r->deb->signatures.len)
			return err_set(err, "%s: follows " DEB_SIGNATURES, name);
		if (strcmp(name, DEB_SIGNATURES) == 0 ? read_signatures(r, err) < 0
						      : read_member(r, name, err) < 0)
			return -1;
		r->end = (uint64_t)archive_read_header_position(r->outer) + AR_HEADER_SIZE +
			 r->size + r->size % 2;
	}
	if (rc != ARCHIVE_EOF)
		return err_set(err, "%s%s", r->deb->n_members ? "" : "not a Debian package: ",
			       source_trouble(r->outer));
	if (!r->has_control || !r->has_data || !*r->deb->package)
		return err_set(err, "not a Debian package: it has no %s",
			       r->has_control ? r->has_data ? "control file" : DATA_PREFIX
					      : CONTROL_PREFIX);
	return 0;
}

static int open_outer(struct reader *r, int fd, struct err *err)
{
	r->outer = archive_read_new();
	if (!r->outer)
		return err_set(err, "out of memory");
	if (source_init(&r->source, fd, err) < 0 || hash_new(&r->hash, err) < 0)
		return -1;
	if (archive_read_support_format_ar(r->outer) != ARCHIVE_OK ||
	    archive_read_open(r->outer, &r->source, NULL, source_read, NULL) != ARCHIVE_OK)
		return err_set(err, "%s",
			       archive_errno(r->outer) == EILSEQ /* of a format it does not know */
				       ? "not a Debian package"
				       : source_trouble(r->outer));
	return 0;
}

int deb_read(int fd, deb_entry_fn fn, void *ctx, struct deb *ret_deb, struct err *err)
{
	struct err inner = ERR_INIT;
	struct reader r = { .source = SOURCE_INIT,
			    .spool = SPOOL_INIT,
			    .fn = fn,
			    .ctx = ctx,
			    .deb = ret_deb,
			    .err = &inner };
	struct stat st;
	int rc;

	*ret_deb = (struct deb){ .signatures = BUF_INIT(DEB_SIGNATURES_MAX) };
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	ret_deb->end = (uint64_t)st.st_size;
	rc = open_outer(&r, fd, err);
	if (rc == 0)
		rc = read_members(&r, err);
	if (rc == 0)
		rc = source_finish(&r.source, &ret_deb->digest, err);
	/* What libarchive takes for its end, dpkg passes over, and a member behind it nobody finds.
	 */
	if (rc == 0 && (uint64_t)st.st_size != r.end && (uint64_t)st.st_size + 1 != r.end)
		rc = err_set(err, "something follows its last member");
	source_free_archive(&r.outer);
	source_done(&r.source);
	hash_free(r.hash);
	spool_done(&r.spool);
	return rc;
}
