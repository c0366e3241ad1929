/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading packages of pacman. */
#include "pkg/pacman.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "pkg/source.h"
#include "pkg/spool.h"

#define INFO_NAME ".PKGINFO"
#define HEAD_SIZE 512 /* bytes of a tar's first header */
#define USTAR_AT 257  /* where it says that it is one */

struct reader {
	struct source source;
	struct archive *archive;
	struct spool spool;
	struct source_count count;
	deb_entry_fn fn;
	void *ctx;
	struct deb *deb;
};

static bool begins(const uint8_t *head, size_t n, const char *with, size_t len)
{
	return n >= len && memcmp(head, with, len) == 0;
}

bool pacman_is_one(int fd)
{
	uint8_t head[HEAD_SIZE];
	ssize_t got = pread(fd, head, sizeof(head), 0);
	size_t n = got > 0 ? (size_t)got : 0;

	return begins(head, n, "\x28\xb5\x2f\xfd", 4) ||
	       begins(head, n,
		      "\xfd"
		      "7zXZ",
		      5) ||
	       begins(head, n, "\x1f\x8b", 2) || begins(head, n, "BZh", 3) ||
	       (n == HEAD_SIZE && memcmp(head + USTAR_AT, "ustar", 5) == 0);
}

bool pacman_was_read(const struct deb *deb)
{
	return deb->n_members == 1 && strcmp(deb->member[0].name, PACMAN_MEMBER) == 0;
}

/* "NAME = VALUE", in a line of its own, once; a value that is too long or can't be seen is none. */
static int info_field(const char *text, const char *name, char ret_value[static DEB_FIELD_MAX],
		      struct err *err)
{
	const size_t n = strlen(name);
	const char *found = NULL;
	size_t len;

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, n) != 0 || strncmp(at + n, " = ", 3) != 0)
			continue;
		if (found)
			return err_set(err, INFO_NAME ": has %s twice", name);
		found = at + n + 3;
	}
	if (!found)
		return err_set(err, INFO_NAME ": has no %s", name);
	len = strcspn(found, "\n");
	if (len == 0 || len >= DEB_FIELD_MAX)
		return err_set(err, INFO_NAME ": a %s of %zu bytes", name, len);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)found[i] <= 0x20 || (unsigned char)found[i] >= 0x7f)
			return err_set(err, INFO_NAME ": a %s with a byte that none has", name);
	memcpy(ret_value, found, len);
	ret_value[len] = '\0';
	return 0;
}

static int read_info(struct reader *r, int64_t size, struct err *err)
{
	AUTO_BUF text = BUF_INIT(PACMAN_INFO_MAX);
	struct deb *deb = r->deb;
	int fd = -1;

	if (*deb->package)
		return err_set(err, INFO_NAME ": is there twice");
	if (size < 0 || size > PACMAN_INFO_MAX)
		return err_set(err, INFO_NAME ": larger than the maximum of %u bytes",
			       PACMAN_INFO_MAX);
	if (spool_entry(&r->spool, r->archive, (uint64_t)size, &fd, err) < 0 ||
	    io_read_fd(fd, INFO_NAME, &text, err) < 0)
		return err_prepend(err, INFO_NAME);
	if (memchr(buf_text(&text), '\0', text.len))
		return err_set(err, INFO_NAME ": has a byte that none has");
	return info_field(buf_text(&text), "pkgname", deb->package, err) < 0 ||
			       info_field(buf_text(&text), "pkgver", deb->version, err) < 0 ||
			       info_field(buf_text(&text), "arch", deb->architecture, err) < 0
		       ? -1
		       : 0;
}

static int tell(struct reader *r, struct archive_entry *e, struct err *err)
{
	AUTO_STR path = NULL;
	struct deb_entry entry = { .part = DEB_FILE,
				   .uid = (uid_t)archive_entry_uid(e),
				   .gid = (gid_t)archive_entry_gid(e),
				   .mode = archive_entry_perm(e) & 07777 };
	int64_t size = archive_entry_size(e);

	if (source_entry_path(e, &path, err) < 0)
		return -1;
	entry.path = path;
	if (size < 0 || spool_entry(&r->spool, r->archive, (uint64_t)size, &entry.fd, err) < 0 ||
	    r->fn(r->ctx, &entry, err) < 0)
		return err_prepend(err, "%s", path);
	return 0;
}

/* pacman unpacks nothing whose name begins with a dot, "./usr" included. */
static int read_entry(struct reader *r, struct archive_entry *e, struct err *err)
{
	const char *name = archive_entry_pathname(e);
	int64_t size = archive_entry_size(e);

	if (source_count_entry(&r->count, size, DEB_CONTENT_MAX, err) < 0)
		return -1;
	if (!name)
		return err_set(err, "a file's name can't be read");
	if (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e))
		return 0;
	if (strcmp(name, INFO_NAME) == 0)
		return read_info(r, size, err);
	return *name == '.' || !r->fn ? 0 : tell(r, e, err);
}

static int read_entries(struct reader *r, struct err *err)
{
	struct archive_entry *e;
	int rc;

	while ((rc = archive_read_next_header(r->archive, &e)) == ARCHIVE_OK)
		if (read_entry(r, e, err) < 0)
			return -1;
	if (rc != ARCHIVE_EOF)
		return err_set(err, "%s", source_trouble(r->archive));
	return *r->deb->package ? 0 : err_set(err, "not a package of pacman: it has no " INFO_NAME);
}

static int read_all(struct reader *r, int fd, struct err *err)
{
	struct deb_member *m = &r->deb->member[0];

	r->archive = archive_read_new();
	if (!r->archive)
		return err_set(err, "out of memory");
	if (source_init(&r->source, fd, err) < 0 || source_support_tar(r->archive, err) < 0)
		return -1;
	if (archive_read_open(r->archive, &r->source, NULL, source_read, NULL) != ARCHIVE_OK)
		return err_set(err, "%s", source_trouble(r->archive));
	if (read_entries(r, err) < 0 || source_finish(&r->source, &r->deb->digest, err) < 0)
		return -1;
	(void)snprintf(m->name, sizeof(m->name), PACMAN_MEMBER);
	m->size = r->deb->end;
	m->digest = r->deb->digest;
	r->deb->n_members = 1;
	return 0;
}

int pacman_read(int fd, deb_entry_fn fn, void *ctx, struct deb *ret_deb, struct err *err)
{
	struct reader r = {
		.source = SOURCE_INIT, .spool = SPOOL_INIT, .fn = fn, .ctx = ctx, .deb = ret_deb
	};
	struct stat st;
	int rc;

	*ret_deb = (struct deb){ .signatures = BUF_INIT(DEB_SIGNATURES_MAX) };
	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat");
	ret_deb->end = (uint64_t)st.st_size;
	rc = read_all(&r, fd, err);
	source_free_archive(&r.archive);
	source_done(&r.source);
	spool_done(&r.spool);
	return rc;
}
