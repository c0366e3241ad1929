/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking up what an earlier run left. */
#include "transaction/pending.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "pkg/store.h"
#include "sig/installed.h"
#include "transaction/session.h"

#define UNFINISHED SESSION_DIR "/unfinished"

struct load {
	struct watch *watch;
	const struct dpkg *db;
	struct installed *installed;
	bool all;			     /* configured ones, too */
	const struct dpkg_package **package; /* whose files are looked at once all are known */
	size_t n;
};

/* Of that name and architecture, in between two states, or of any; NULL: there is none. */
static const struct dpkg_package *find(const struct load *load, const char *name, const char *arch)
{
	const struct dpkg_package *p;
	size_t pos = 0;

	while ((p = dpkg_find(load->db, name, &pos)))
		if (strcmp(p->arch, arch) == 0 && p->state >= DPKG_HALF_INSTALLED &&
		    (p->state < DPKG_INSTALLED || load->all))
			return p;
	return NULL;
}

static bool is_wanted(void *ctx, const char *name, const char *arch)
{
	const struct load *load = ctx;

	return find(load, name, arch) != NULL;
}

static int on_package(void *ctx, struct package **package, struct err *err)
{
	struct load *load = ctx;
	const struct deb *deb = &(*package)->deb;
	const struct dpkg_package *installed = find(load, deb->package, deb->architecture);
	const struct dpkg_package **grown =
		reallocarray(load->package, load->n + 1, sizeof(const struct dpkg_package *));

	if (!grown)
		return err_set(err, "out of memory");
	load->package = grown;
	if (installed)
		load->package[load->n++] = installed;
	return table_add(load->watch->attacher.table, package, err);
}

/* What can't be opened is the kernel's to refuse, or gone. */
static int on_file(void *ctx, const char *path, const struct installed_file *file UNUSED,
		   struct err *err UNUSED)
{
	struct load *load = ctx;
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		watch_take_up(load->watch, &fd);
	return 0;
}

static int look_at_files(struct load *load, struct err *err)
{
	for (size_t i = 0; i < load->n; i++) {
		struct err why = ERR_INIT;

		/* A package whose list is not there yet has no files yet. */
		if (dpkg_has_scripts(load->package[i]) &&
		    installed_each(load->installed, load->package[i], on_file, load, &why) < 0)
			return err_set(err, "%s", why.text);
	}
	return 0;
}

int pending_load(struct watch *watch, const struct cert_set *trusted, struct err *err)
{
	struct load load = { .watch = watch, .all = io_exists(UNFINISHED) };
	const struct store_reading reading = { .dir = STORE_DIR,
					       .trusted = trusted,
					       .wanted = is_wanted,
					       .fn = on_package,
					       .ctx = &load,
					       .prune = !load.all };
	struct dpkg *db = NULL;
	int rc;

	if (store_is_empty(STORE_DIR))
		return 0;
	if (dpkg_load("", &db, err) < 0)
		return -1;
	load.db = db;
	rc = store_each(&reading, err);
	if (rc == 0 && load.n)
		rc = installed_new(db, "", &load.installed, err);
	if (rc == 0 && load.n)
		rc = look_at_files(&load, err);
	installed_free(load.installed);
	free(load.package);
	dpkg_free(db);
	if (rc == 0 && !watch->failed)
		(void)unlink(UNFINISHED);
	return rc;
}

void pending_note_unfinished(void)
{
	AUTO_FD fd = open(UNFINISHED, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	(void)fd;
}

void pending_forget(void)
{
	struct load load = { .n = 0 };
	const struct store_reading reading = {
		.dir = STORE_DIR, .wanted = is_wanted, .ctx = &load, .prune = true
	};
	struct err err = ERR_INIT;
	struct dpkg *db = NULL;

	if (store_is_empty(STORE_DIR) || dpkg_load("", &db, &err) < 0)
		return;
	load.db = db;
	(void)!store_each(&reading, &err);
	dpkg_free(db);
}
