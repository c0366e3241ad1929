/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping packages' signatures between unpacking and configuring. */
#include "transaction/store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

/* Names and versions hold no slash; a package that says so has no place here. */
static int path_of(const struct deb *deb, char **ret_path, struct err *err)
{
	if (strchr(deb->package, '/') || strchr(deb->version, '/') ||
	    strchr(deb->architecture, '/') || deb->package[0] == '.')
		return err_set(err, "a package's name, version or architecture with a slash");
	if (asprintf(ret_path, STORE_DIR "/%s_%s_%s", deb->package, deb->version,
		     deb->architecture) < 0) {
		*ret_path = NULL;
		return err_set(err, "out of memory");
	}
	return 0;
}

int store_put(const struct package *package, const struct buf *text, struct err *err)
{
	AUTO_STR path = NULL;

	if (path_of(&package->deb, &path, err) < 0 || io_make_dirs(STORE_DIR, err) < 0)
		return -1;
	return io_replace_file(path, text, 0644, err);
}

/* Of that name and architecture, in between two states; NULL: there is none. */
static const struct dpkg_package *find_pending(const struct dpkg *db, const struct deb *deb)
{
	const struct dpkg_package *p;
	size_t pos = 0;

	while ((p = dpkg_find(db, deb->package, &pos)))
		if (strcmp(p->arch, deb->architecture) == 0 && p->state >= DPKG_HALF_INSTALLED &&
		    p->state < DPKG_INSTALLED)
			return p;
	return NULL;
}

static void free_package(struct package **package)
{
	if (!*package)
		return;
	package_done(*package);
	free(take_ptr(package));
}

/* *ret_keep: it is of use yet. */
static int look_at(const char *path, const struct dpkg *db, const struct cert_set *trusted,
		   struct package *package, const struct dpkg_package **ret_installed)
{
	AUTO_BUF text = BUF_INIT(DEB_SIGNATURES_MAX);
	const struct cert *by;

	*ret_installed = NULL;
	if (io_read_file(path, &text, NULL) < 0 ||
	    package_verify(&text, trusted, package, &by, NULL) < 0)
		return -1;
	*ret_installed = find_pending(db, &package->deb);
	return *ret_installed ? 0 : -1;
}

struct each {
	const struct dpkg *db;
	const struct cert_set *trusted;
	store_fn fn;
	void *ctx;
};

static int one(const struct each *each, const char *name, struct err *err)
{
	CLEANUP(free_package) struct package *package = calloc(1, sizeof(*package));
	const struct dpkg_package *installed;
	AUTO_STR path = NULL;

	if (!package || asprintf(&path, STORE_DIR "/%s", name) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	if (package_init(package, err) < 0)
		return -1;
	if (look_at(path, each->db, each->trusted, package, &installed) == 0)
		return each->fn(each->ctx, &package, installed, err);
	(void)unlink(path);
	return 0;
}

static int is_text(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

bool store_is_empty(void)
{
	AUTO_DIR dir = opendir(STORE_DIR);
	const struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL)
		if (is_text(e))
			return false;
	return true;
}

int store_each(const struct dpkg *db, const struct cert_set *trusted, store_fn fn, void *ctx,
	       struct err *err)
{
	const struct each each = { .db = db, .trusted = trusted, .fn = fn, .ctx = ctx };
	struct dirent **list = NULL;
	int n = io_exists(STORE_DIR) ? scandir(STORE_DIR, &list, is_text, alphasort) : 0;
	int rc = 0;

	if (n < 0)
		return err_errno(err, STORE_DIR);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = one(&each, list[i]->d_name, err);
		free(list[i]);
	}
	free(list);
	return rc;
}
