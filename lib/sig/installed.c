/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a package brought to the disk. */
#include "sig/installed.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

#define BLOCK_FILES 1024

/* Files that are executed and that no package lists, each made by a package's own programs. */
static const struct {
	const char *package;
	const char *pattern;
} generated[] = {
	/* setupcon --save; run by udev and console-setup.service */
	{ "console-setup", "/etc/console-setup/cached_setup_*.sh" },
	/* modules built from the sources of other packages */
	{ "dkms", "/lib/modules/*/updates/dkms/*.ko*" },
};

/* Files are handed out by address, so they live in blocks that never move. */
struct block {
	struct block *next;
	size_t n;
	struct installed_file file[BLOCK_FILES];
};

struct installed {
	const struct dpkg *db;
	char *root;
	struct block *blocks;
	struct buf path;
};

/* One call of installed_each. */
struct visit {
	struct installed *installed;
	const struct dpkg_package *package;
	installed_fn fn;
	void *ctx;
};

int installed_new(const struct dpkg *db, const char *root, struct installed **ret_installed,
		  struct err *err)
{
	struct installed *i = calloc(1, sizeof(*i));

	if (!i || !(i->root = strdup(strcmp(root, "/") == 0 ? "" : root))) {
		free(i);
		return err_set(err, "out of memory");
	}
	i->db = db;
	i->path.max = 2 * PATH_MAX;
	*ret_installed = i;
	return 0;
}

void installed_free(struct installed *installed)
{
	int saved = errno;

	if (!installed)
		return;
	while (installed->blocks) {
		struct block *next = installed->blocks->next;

		free(installed->blocks);
		installed->blocks = next;
	}
	buf_done(&installed->path);
	free(installed->root);
	free(installed);
	errno = saved;
}

static struct installed_file *file_new(struct installed *i)
{
	struct block *b = i->blocks;

	if (!b || b->n == BLOCK_FILES) {
		b = malloc(sizeof(*b));
		if (!b)
			return NULL;
		b->next = i->blocks;
		b->n = 0;
		i->blocks = b;
	}
	return &b->file[b->n++];
}

static int visit_path(const struct visit *v, const char *path, const struct installed_file *file,
		      struct err *err)
{
	struct installed_file *kept;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return 0;
	kept = file_new(v->installed);
	if (!kept)
		return err_set(err, "out of memory");
	*kept = *file;
	return v->fn(v->ctx, path, kept, err);
}

static enum installed_role role_of(const struct dpkg_file *f)
{
	switch (f->role) {
	case DPKG_FILE_PLAIN:
		return INSTALLED_FILE;
	case DPKG_FILE_CONFFILE:
		return INSTALLED_CONFFILE;
	case DPKG_FILE_SCRIPT:
		return INSTALLED_SCRIPT;
	}
	return INSTALLED_FILE;
}

static int visit_file(const struct visit *v, const struct dpkg_file *f, struct err *err)
{
	struct installed_file file = { .package = v->package,
				       .role = role_of(f),
				       .has_md5 = f->has_md5 };
	struct buf *path = &v->installed->path;

	memcpy(file.md5, f->md5, sizeof(file.md5));
	buf_reset(path);
	if (buf_putf(path, err, "%s%s", v->installed->root, f->path) < 0)
		return -1;
	return visit_path(v, buf_text(path), &file, err);
}

static void free_files(struct dpkg_files **files)
{
	dpkg_files_free(*files);
}

static int visit_listed(const struct visit *v, struct err *err)
{
	CLEANUP(free_files) struct dpkg_files *files = NULL;
	struct dpkg_file f;
	bool more;

	if (dpkg_files_open(v->installed->db, v->package, &files, err) < 0)
		return -1;
	for (;;) {
		if (dpkg_files_next(files, &f, &more, err) < 0)
			return -1;
		if (!more)
			return 0;
		if (visit_file(v, &f, err) < 0)
			return -1;
	}
}

static int visit_pattern(const struct visit *v, const char *pattern, struct err *err)
{
	CLEANUP(globfree) glob_t found = { .gl_pathc = 0 };
	const struct installed_file file = { .package = v->package, .role = INSTALLED_GENERATED };
	struct buf *path = &v->installed->path;

	buf_reset(path);
	if (buf_putf(path, err, "%s%s", v->installed->root, pattern) < 0)
		return -1;
	switch (glob(buf_text(path), 0, NULL, &found)) {
	case 0:
		break;
	case GLOB_NOMATCH:
		return 0;
	default:
		return err_set(err, "%s: can't be read", pattern);
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (visit_path(v, found.gl_pathv[i], &file, err) < 0)
			return -1;
	return 0;
}

int installed_each(struct installed *installed, const struct dpkg_package *package, installed_fn fn,
		   void *ctx, struct err *err)
{
	const struct visit v = { .installed = installed, .package = package, .fn = fn, .ctx = ctx };

	if (visit_listed(&v, err) < 0)
		return -1;
	for (size_t i = 0; dpkg_is_unpacked(package) && i < ARRAY_LEN(generated); i++)
		if (strcmp(generated[i].package, package->name) == 0 &&
		    visit_pattern(&v, generated[i].pattern, err) < 0)
			return -1;
	return 0;
}

const char *installed_objection(const struct dpkg_package *package)
{
	if (package->broken)
		return "its installation broke off: reinstall it";
	if (package->state == DPKG_HALF_INSTALLED)
		return "half-installed: reinstall it";
	if (dpkg_is_unpacked(package) && !package->listed)
		return "its list of files is missing: reinstall it";
	return NULL;
}

static int refuse_changed(const struct installed_file *f, struct err *err)
{
	const char *name = f->package->name;

	(void)err_set(err, "differs from what %s delivered: reinstall %s, or sign it by name", name,
		      name);
	return 1;
}

int installed_check_form(const struct installed_file *file, enum sig_kind kind, int fd,
			 const struct stat *st, struct err *err)
{
	char head[2];
	ssize_t n;

	if (file->role != INSTALLED_SCRIPT && file->role != INSTALLED_GENERATED)
		return 0;
	if (st->st_nlink != 1) {
		(void)err_set(err,
			      "has %ju names, and nothing recorded its content: sign it by name",
			      (uintmax_t)st->st_nlink);
		return 1;
	}
	if (file->role == INSTALLED_GENERATED && kind == SIG_MODULE)
		return 0;
	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return err_errno(err, "read");
	/* The kernel must not take it for anything else either, such as an image to kexec. */
	if (n == sizeof(head) && memcmp(head, "#!", sizeof(head)) == 0 &&
	    (kind == SIG_EXEC || kind == SIG_NONE))
		return 0;
	(void)err_set(err, "is no script, and nothing recorded its content: sign it by name");
	return 1;
}

int installed_check(const struct installed_file *file, const uint8_t *md5, bool changed_conffiles,
		    struct err *err)
{
	bool same = file->has_md5 && memcmp(md5, file->md5, DPKG_MD5_SIZE) == 0;

	switch (file->role) {
	case INSTALLED_FILE:
		if (same)
			return 0;
		if (file->has_md5)
			return refuse_changed(file, err);
		(void)err_set(err, "%s recorded no digest of it: sign it by name",
			      file->package->name);
		return 1;
	case INSTALLED_CONFFILE:
		if (same || changed_conffiles)
			return 0;
		(void)err_set(err,
			      "conffile of %s, changed on this host: --changed-conffiles, or sign "
			      "it by name",
			      file->package->name);
		return 1;
	case INSTALLED_SCRIPT:
	case INSTALLED_GENERATED:
		return 0;
	}
	return 1;
}
