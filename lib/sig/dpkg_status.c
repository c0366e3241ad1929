/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packages: status, and the changes in updates/ that an interrupted dpkg has not merged. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "sig/dpkg_db.h"

#define ENTRIES_FIRST 256

static int entries_grow(struct dpkg *db, struct err *err)
{
	size_t cap = db->cap ? 2 * db->cap : ENTRIES_FIRST;
	struct dpkg_entry *entry;

	if (db->n >= DPKG_PACKAGES_MAX)
		return err_set(err, "more than %d packages", DPKG_PACKAGES_MAX);
	entry = reallocarray(db->entry, cap, sizeof(*entry));
	if (!entry)
		return err_set(err, "out of memory");
	db->entry = entry;
	db->cap = cap;
	return 0;
}

static char *string_put(char *to, struct dpkg_span s)
{
	if (s.len)
		memcpy(to, s.at, s.len);
	to[s.len] = '\0';
	return to + s.len + 1;
}

static int entry_fill(struct dpkg_entry *e, const struct dpkg_stanza *s, struct err *err)
{
	char *at = malloc(s->name.len + s->version.len + s->arch.len + 3);

	if (!at)
		return err_set(err, "out of memory");
	e->strings = at;
	e->package.name = at;
	at = string_put(at, s->name);
	e->package.version = at;
	at = string_put(at, s->version);
	e->package.arch = at;
	(void)string_put(at, s->arch);
	e->package.state = s->state;
	e->package.broken = s->broken;
	e->package.multi_arch = s->multi_arch;
	if (s->conffiles.len && !(e->conffiles = strndup(s->conffiles.at, s->conffiles.len)))
		return err_set(err, "out of memory");
	return 0;
}

/* The entry that a paragraph of updates/ takes the place of. */
static struct dpkg_entry *entry_find(struct dpkg *db, const struct dpkg_package *package)
{
	for (size_t i = 0; i < db->n; i++) {
		const struct dpkg_package *p = &db->entry[i].package;

		if (strcmp(p->name, package->name) == 0 &&
		    (!p->multi_arch || strcmp(p->arch, package->arch) == 0))
			return &db->entry[i];
	}
	return NULL;
}

static void entry_done(struct dpkg_entry *e)
{
	free(e->strings);
	free(e->conffiles);
	free(e->file_name);
}

static int entry_take(struct dpkg *db, const struct dpkg_stanza *s, bool is_update, struct err *err)
{
	struct dpkg_entry e = { .strings = NULL };
	struct dpkg_entry *old;

	if (entry_fill(&e, s, err) < 0 || (db->n == db->cap && entries_grow(db, err) < 0)) {
		entry_done(&e);
		return -1;
	}
	old = is_update ? entry_find(db, &e.package) : NULL;
	if (old) {
		e.package.index = old->package.index;
		entry_done(old);
		*old = e;
	} else {
		e.package.index = db->n;
		db->entry[db->n++] = e;
	}
	return 0;
}

static int status_read(struct dpkg *db, int admin_fd, const char *name, bool is_update,
		       struct err *err)
{
	AUTO_BUF text = BUF_INIT(is_update ? DPKG_UPDATE_MAX : DPKG_STATUS_MAX);
	AUTO_FD fd = openat(admin_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct dpkg_stanza s;
	size_t line = 0;
	bool more = true;
	struct rd r;

	if (fd < 0)
		return is_update && errno == ENOENT ? 0 : err_errno(err, "%s", name);
	if (io_read_fd(fd, name, &text, err) < 0)
		return -1;
	r = rd_init(text.data, text.len);
	while (more) {
		if (dpkg_stanza_next(&r, &line, &s, &more, err) < 0 ||
		    (more && entry_take(db, &s, is_update, err) < 0))
			return err_prepend(err, "%s:%zu", name, line);
	}
	return 0;
}

int dpkg_status_load(struct dpkg *db, int admin_fd, struct err *err)
{
	char name[sizeof("updates/0000")];

	if (status_read(db, admin_fd, "status", false, err) < 0)
		return -1;
	/* lib/dpkg/dbmodify.c: numbered from 0000 without a gap, four digits. */
	for (unsigned int i = 0; i < DPKG_UPDATES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "updates/%04u", i % DPKG_UPDATES_MAX);
		if (faccessat(admin_fd, name, F_OK, 0) < 0) {
			if (errno == ENOENT)
				break;
			return err_errno(err, "%s", name);
		}
		if (status_read(db, admin_fd, name, true, err) < 0)
			return -1;
	}
	return 0;
}
