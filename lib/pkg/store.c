/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping packages' signatures between unpacking and configuring. */
#include "pkg/store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

/* Names and versions hold no slash; a package that says so has no place here. */
static int path_of(const char *dir, const struct deb *deb, char **ret_path, struct err *err)
{
	if (strchr(deb->package, '/') || strchr(deb->version, '/') ||
	    strchr(deb->architecture, '/') || deb->package[0] == '.')
		return err_set(err, "a package's name, version or architecture with a slash");
	if (asprintf(ret_path, "%s/%s_%s_%s", dir, deb->package, deb->version, deb->architecture) <
	    0) {
		*ret_path = NULL;
		return err_set(err, "out of memory");
	}
	return 0;
}

int store_put(const char *dir, const struct package *package, const struct buf *text,
	      struct err *err)
{
	AUTO_STR path = NULL;

	if (path_of(dir, &package->deb, &path, err) < 0 || io_make_dirs(dir, err) < 0)
		return -1;
	return io_replace_file(path, text, 0644, err);
}

void store_remove(const char *dir, const struct package *package)
{
	AUTO_STR path = NULL;

	if (path_of(dir, &package->deb, &path, NULL) == 0)
		(void)unlink(path);
}

static int read_text(const struct store_reading *r, const char *path, struct package *package,
		     struct err *err)
{
	AUTO_BUF text = BUF_INIT(DEB_SIGNATURES_MAX);
	const struct cert *by;

	if (io_read_file(path, &text, err) < 0)
		return -1;
	return package_verify(&text, r->trusted, package, &by, err);
}

/* "NAME_VERSION_ARCHITECTURE": none of them holds an underscore but the version. */
static bool is_wanted(const struct store_reading *r, const char *file)
{
	AUTO_STR name = strdup(file);
	char *version = name ? strchr(name, '_') : NULL;
	char *arch = version ? strrchr(version + 1, '_') : NULL;

	if (!r->wanted)
		return true;
	if (!arch)
		return false;
	*version = '\0';
	return r->wanted(r->ctx, name, arch + 1);
}

static int one(const struct store_reading *r, const char *name, struct err *err)
{
	CLEANUP(package_free) struct package *package = calloc(1, sizeof(*package));
	AUTO_STR path = NULL;

	if (!package || asprintf(&path, "%s/%s", r->dir, name) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	if (package_init(package, err) < 0)
		return -1;
	if (is_wanted(r, name) && (!r->fn || read_text(r, path, package, NULL) == 0))
		return r->fn ? r->fn(r->ctx, &package, err) : 0;
	if (r->prune)
		(void)unlink(path);
	return 0;
}

static int is_text(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

bool store_is_empty(const char *path)
{
	AUTO_DIR dir = opendir(path);
	const struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL)
		if (is_text(e))
			return false;
	return true;
}

int store_each(const struct store_reading *reading, struct err *err)
{
	struct dirent **list = NULL;
	int n = io_exists(reading->dir) ? scandir(reading->dir, &list, is_text, alphasort) : 0;
	int rc = 0;

	if (n < 0)
		return err_errno(err, "%s", reading->dir);
	if (n > STORE_TEXTS_MAX)
		rc = err_set(err, "%s: more than %d packages", reading->dir, STORE_TEXTS_MAX);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = one(reading, list[i]->d_name, err);
		free(list[i]);
	}
	free(list);
	return rc;
}
