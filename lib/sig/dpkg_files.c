/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of one package: its list joined with its digests. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "sig/dpkg_db.h"

#define DIGESTS_FIRST 256

struct dpkg_files {
	const struct dpkg *db;
	const struct dpkg_entry *entry;
	struct rd list;
	size_t script; /* the next of dpkg_script_names */
	struct buf md5sums;
	struct dpkg_digest *digest; /* sorted by path */
	size_t n;
	size_t cap;
	struct buf path;
};

static int digest_compare(const void *a, const void *b)
{
	const struct dpkg_digest *x = a;
	const struct dpkg_digest *y = b;
	size_t len = x->path.len < y->path.len ? x->path.len : y->path.len;
	int c = memcmp(x->path.at, y->path.at, len);

	return c ? c : (x->path.len > y->path.len) - (x->path.len < y->path.len);
}

static int digest_add(struct dpkg_files *files, const struct dpkg_digest *digest, struct err *err)
{
	if (files->n == files->cap) {
		size_t cap = files->cap ? 2 * files->cap : DIGESTS_FIRST;
		struct dpkg_digest *grown = reallocarray(files->digest, cap, sizeof(*grown));

		if (!grown)
			return err_set(err, "out of memory");
		files->digest = grown;
		files->cap = cap;
	}
	files->digest[files->n++] = *digest;
	return 0;
}

typedef int (*parse_fn)(struct dpkg_span line, struct dpkg_digest *ret_digest, struct err *err);

static int digests_parse(struct dpkg_files *files, struct rd r, parse_fn parse, struct err *err)
{
	struct dpkg_digest digest;
	struct dpkg_span text;

	for (size_t line = 1; dpkg_line_next(&r, &text); line++) {
		if (!text.len)
			continue;
		if (parse(text, &digest, err) < 0)
			return err_prepend(err, "line %zu", line);
		if (digest_add(files, &digest, err) < 0)
			return -1;
	}
	return 0;
}

static int digests_load(struct dpkg_files *files, struct err *err)
{
	const struct dpkg_entry *e = files->entry;
	AUTO_STR name = NULL;
	AUTO_FD fd = -1;

	if (asprintf(&name, "%s.md5sums", e->file_name) < 0)
		return err_set(err, "out of memory");
	fd = openat(files->db->info_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno != ENOENT)
		return err_errno(err, "%s", name);
	if (fd >= 0 && io_read_fd(fd, name, &files->md5sums, err) < 0)
		return -1;
	if (digests_parse(files, rd_init(files->md5sums.data, files->md5sums.len),
			  dpkg_md5sums_parse, err) < 0)
		return err_prepend(err, "%s", name);
	if (e->conffiles && digests_parse(files, rd_init(e->conffiles, strlen(e->conffiles)),
					  dpkg_conffile_parse, err) < 0)
		return err_prepend(err, "status: conffiles of %s", e->package.name);
	if (files->n)
		qsort(files->digest, files->n, sizeof(*files->digest), digest_compare);
	return 0;
}

static void free_files(struct dpkg_files **files)
{
	dpkg_files_free(*files);
}

int dpkg_files_open(const struct dpkg *db, const struct dpkg_package *package,
		    struct dpkg_files **ret_files, struct err *err)
{
	CLEANUP(free_files) struct dpkg_files *files = calloc(1, sizeof(*files));

	if (!files)
		return err_set(err, "out of memory");
	files->db = db;
	files->entry = &db->entry[package->index];
	files->md5sums.max = DPKG_DIGESTS_MAX;
	files->path.max = PATH_MAX;
	if (package->listed) {
		files->list =
			rd_init(db->text.data + files->entry->list_at, files->entry->list_len);
		if (digests_load(files, err) < 0)
			return err_prepend(err, "%s%s/info", db->root, DPKG_ADMIN_DIR);
	} else if (package->state != DPKG_CONFIG_FILES) {
		files->script = DPKG_SCRIPTS;
	}
	*ret_files = take_ptr(&files);
	return 0;
}

/* Where several lines tell of one path, a conffile's is the one that counts. */
static const struct dpkg_digest *digest_find(const struct dpkg_files *files, struct dpkg_span path)
{
	const struct dpkg_digest key = { .path = { .at = path.at + 1, .len = path.len - 1 } };
	const struct dpkg_digest *found = NULL;
	size_t low = 0;
	size_t high = files->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (digest_compare(&files->digest[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < files->n && digest_compare(&files->digest[low], &key) == 0; low++)
		if (!found || files->digest[low].conffile)
			found = &files->digest[low];
	return found;
}

static int path_make(struct dpkg_files *files, struct dpkg_span dir, struct dpkg_span name,
		     struct err *err)
{
	const struct dpkg_dirs *dirs = &files->db->dirs;
	uint32_t real;

	buf_reset(&files->path);
	if (dpkg_dirs_find(dirs, dir, &real)) {
		if (buf_putf(&files->path, err, "%s/", dpkg_dirs_path(dirs, real)) < 0)
			return -1;
	} else if (buf_put(&files->path, dir.at, dir.len, err) < 0 ||
		   buf_put(&files->path, "/", 1, err) < 0) {
		return -1;
	}
	return buf_put(&files->path, name.at, name.len, err);
}

static int next_listed(struct dpkg_files *files, struct dpkg_file *ret, bool *ret_more,
		       struct err *err)
{
	const struct dpkg_digest *digest;
	struct dpkg_span line;
	struct dpkg_span dir;
	struct dpkg_span name;

	do {
		*ret_more = dpkg_line_next(&files->list, &line);
		if (!*ret_more)
			return 0;
	} while (!dpkg_path_split(dpkg_divert(files->db, &files->entry->package, line), &dir,
				  &name));
	if (path_make(files, dir, name, err) < 0)
		return err_prepend(err, "%s.list", files->entry->file_name);
	digest = digest_find(files, line);
	*ret = (struct dpkg_file){ .path = buf_text(&files->path), .role = DPKG_FILE_PLAIN };
	if (!digest)
		return 0;
	ret->role = digest->conffile ? DPKG_FILE_CONFFILE : DPKG_FILE_PLAIN;
	ret->has_md5 = digest->has_md5;
	memcpy(ret->md5, digest->md5, sizeof(ret->md5));
	return 0;
}

static int next_script(struct dpkg_files *files, struct dpkg_file *ret, bool *ret_more,
		       struct err *err)
{
	AUTO_STR name = NULL;

	*ret_more = false;
	while (files->script < DPKG_SCRIPTS) {
		cleanup_str(&name);
		name = NULL;
		if (asprintf(&name, "%s.%s", files->entry->file_name,
			     dpkg_script_names[files->script++]) < 0)
			return err_set(err, "out of memory");
		if (faccessat(files->db->info_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue;
			return err_errno(err, "%s", name);
		}
		if (path_make(files, dpkg_info_dir,
			      (struct dpkg_span){ .at = name, .len = strlen(name) }, err) < 0)
			return -1;
		*ret = (struct dpkg_file){ .path = buf_text(&files->path),
					   .role = DPKG_FILE_SCRIPT };
		*ret_more = true;
		break;
	}
	return 0;
}

int dpkg_files_next(struct dpkg_files *files, struct dpkg_file *ret_file, bool *ret_more,
		    struct err *err)
{
	if (next_listed(files, ret_file, ret_more, err) < 0)
		return -1;
	if (*ret_more)
		return 0;
	return next_script(files, ret_file, ret_more, err);
}

void dpkg_files_free(struct dpkg_files *files)
{
	int saved = errno;

	if (!files)
		return;
	buf_done(&files->md5sums);
	buf_done(&files->path);
	free(files->digest);
	free(files);
	errno = saved;
}
