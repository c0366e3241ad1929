/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel names a file that it could not read by the last part of its path: find the rest. */
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "assay/events/events.h"
#include "assay/host/mounts.h"

struct search {
	struct event_group *groups;
	size_t n;
	size_t left; /* groups whose path is still to be found */
	size_t skip; /* bytes of the host's root */
};

/* Inode number and name both fit: another file system may use the number for another name. */
static int look_at(struct search *s, const FTSENT *e, struct err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		struct event_group *g = &s->groups[i];

		if (!g->name_only || g->last->ino != e->fts_statp->st_ino ||
		    strcmp(g->name, e->fts_name) != 0)
			continue;
		g->own_name = strdup(e->fts_path + s->skip);
		if (!g->own_name)
			return err_set(err, "out of memory");
		g->name = g->own_name;
		g->name_only = false;
		s->left--;
	}
	return 0;
}

static int walk(struct search *s, char *dir, struct err *err)
{
	char *roots[] = { dir, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	FTSENT *e;
	int rc = 0;

	while (fts && rc == 0 && s->left && (e = fts_read(fts)) != NULL)
		if (e->fts_info == FTS_F)
			rc = look_at(s, e, err);
	if (fts)
		(void)fts_close(fts);
	return rc;
}

static int walk_mounts(const struct host *host, struct search *s, struct err *err)
{
	CLEANUP(mounts_done) struct mounts mounts = { .n = 0 };
	int rc = 0;

	if (mounts_read(host, &mounts, err) < 0)
		return -1;
	for (size_t i = 0; rc == 0 && s->left && i < mounts.n; i++) {
		const struct mount *m = &mounts.mount[i];
		char path[HOST_PATH_MAX];

		if (m->kind != MOUNT_SIGNABLE && strcmp(m->type, "tmpfs") != 0)
			continue;
		rc = host_path(host, m->dir, path, err);
		rc = rc < 0 ? rc : walk(s, path, err);
	}
	return rc;
}

int events_find_paths(const struct host *host, struct event_group *groups, size_t n,
		      struct err *err)
{
	struct search s = { .groups = groups, .n = n, .skip = strlen(host->root) };
	AUTO_STR root = strdup(host->root);

	if (!root)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < n; i++)
		s.left += groups[i].name_only ? 1 : 0;
	if (s.left == 0)
		return 0;
	return *root ? walk(&s, root, err) : walk_mounts(host, &s, err);
}
