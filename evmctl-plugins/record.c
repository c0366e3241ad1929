/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest, kept while files are signed. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "evmctl-plugins/packages.h"

/* The path without the root, absolute and without links in its directories. */
static int record_path(const struct packages *p, const char *path, char **ret_path)
{
	const char *root = p->job->root ? p->job->root : "";
	size_t len = strlen(root);

	if ((packages_wanted(p->job) || p->job->root) && strncmp(path, root, len) == 0)
		*ret_path = strdup(path + len);
	else
		*ret_path = realpath(path, NULL);
	return *ret_path ? 0 : -1;
}

void packages_record(struct packages *p, const struct engine_result *r)
{
	struct manifest_entry e = { .ima = r->ima, .ima_len = r->ima_len };
	AUTO_STR path = NULL;

	if (!p->manifest || !r->st || !r->digest || !r->ima_len ||
	    (r->outcome != ENGINE_SIGNED && r->outcome != ENGINE_KEPT))
		return;
	if (record_path(p, r->path, &path) < 0) {
		if (!p->manifest_err.text[0])
			(void)err_errno(&p->manifest_err, "%s", r->path);
		return;
	}
	e.path = path;
	e.over = r->ima[0] == XATTR_VERITY_DIGSIG ? MANIFEST_VERITY : MANIFEST_FILE;
	e.digest = *r->digest;
	e.uid = r->st->st_uid;
	e.gid = r->st->st_gid;
	e.mode = r->st->st_mode & 07777;
	e.evm = r->evm;
	e.evm_len = r->evm_len;
	if (manifest_put(p->manifest, &e, p->manifest_err.text[0] ? NULL : &p->manifest_err) < 0)
		return;
}

static bool still_there(void *ctx, const struct manifest_entry *entry)
{
	const struct packages *p = ctx;
	AUTO_STR path = NULL;

	if (asprintf(&path, "%s%s", p->job->root ? p->job->root : "", entry->path) < 0)
		return true;
	return io_exists(path);
}

static int make_parent(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	AUTO_STR dir = slash && slash != path ? strndup(path, (size_t)(slash - path)) : NULL;

	return dir ? io_make_dirs(dir, err) : 0;
}

static void free_manifest(struct manifest **manifest)
{
	manifest_free(*manifest);
}

int packages_lock(struct packages *p, struct err *err)
{
	const struct job *job = p->job;

	if (job->engine.dry_run || (!job->manifest && !packages_wanted(job)))
		return 0;
	if (job->manifest)
		p->manifest_path = strdup(job->manifest);
	else if (asprintf(&p->manifest_path, "%s%s", job->root ? job->root : "", MANIFEST_PATH) < 0)
		p->manifest_path = NULL;
	if (!p->manifest_path)
		return err_set(err, "out of memory");
	if ((!job->manifest && make_parent(p->manifest_path, err) < 0) ||
	    manifest_lock(p->manifest_path, &p->manifest_fd, err) < 0)
		return err_prepend(err, "manifest");
	return 0;
}

/* Only what this run signs is kept meanwhile: both at once may be large. */
static int merge(struct packages *p, struct err *err)
{
	CLEANUP(free_manifest) struct manifest *all = NULL;
	bool present;

	if (manifest_new(&all, err) < 0 ||
	    manifest_load(all, p->manifest_path, &present, err) < 0 ||
	    manifest_merge(all, p->manifest, err) < 0)
		return -1;
	if (p->job->installed)
		manifest_prune(all, still_there, p);
	return manifest_save(all, p->manifest_path, err);
}

int packages_save(struct packages *p, struct err *err)
{
	if (!p->manifest)
		return 0;
	if (p->manifest_err.text[0])
		return err_set(err, "manifest: %s", p->manifest_err.text);
	return merge(p, err) < 0 ? err_prepend(err, "manifest") : 0;
}
