/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who owns a path: a table over the lists of all packages. */
#include <stdlib.h>
#include <string.h>

#include "sig/dpkg_db.h"

#define OWNED_FIRST 4096
#define SLOTS_FIRST 16384

/* Run by dpkg and debconf; deb-preinst(5) and its kin, debconf-devel(7). */
const char *const dpkg_script_names[DPKG_SCRIPTS] = { "preinst", "postinst", "prerm", "postrm",
						      "config" };

const struct dpkg_span dpkg_info_dir = { .at = DPKG_ADMIN_DIR "/info",
					 .len = sizeof(DPKG_ADMIN_DIR "/info") - 1 };

static int span_compare(struct dpkg_span a, struct dpkg_span b)
{
	int c = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static const struct dpkg_diversion *diversion_first(const struct dpkg *db, struct dpkg_span path)
{
	size_t low = 0;
	size_t high = db->diversions;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (span_compare(db->diversion[mid].from, path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == db->diversions || span_compare(db->diversion[low].from, path) != 0)
		return NULL;
	return &db->diversion[low];
}

struct dpkg_span dpkg_divert(const struct dpkg *db, const struct dpkg_package *package,
			     struct dpkg_span path)
{
	const struct dpkg_diversion *d = diversion_first(db, path);

	if (!d)
		return path;
	if (d->by.len == strlen(package->name) && memcmp(d->by.at, package->name, d->by.len) == 0)
		return path;
	return d->to;
}

bool dpkg_path_split(struct dpkg_span path, struct dpkg_span *ret_dir, struct dpkg_span *ret_name)
{
	const char *slash = path.len ? memrchr(path.at, '/', path.len) : NULL;
	size_t len;

	if (!slash || path.at[0] != '/')
		return false;
	len = (size_t)(slash - path.at);
	*ret_dir = (struct dpkg_span){ .at = path.at, .len = len };
	*ret_name = (struct dpkg_span){ .at = slash + 1, .len = path.len - len - 1 };
	return ret_name->len && !(ret_name->len == 1 && slash[1] == '.');
}

/* The slot of the directory's name, or the free one where it belongs. */
static size_t slot_of(const struct dpkg *db, uint32_t dir, struct dpkg_span name)
{
	size_t i = dpkg_hash(name.at, name.len, dir * 2654435761u) & (db->slots - 1);

	for (; db->slot[i]; i = (i + 1) & (db->slots - 1)) {
		const struct dpkg_owned *o = &db->owned[db->slot[i] - 1];

		if (o->dir == dir && o->name_len == name.len &&
		    memcmp(db->text.data + o->name_at, name.at, name.len) == 0)
			break;
	}
	return i;
}

static struct dpkg_span owned_name(const struct dpkg *db, const struct dpkg_owned *o)
{
	return (struct dpkg_span){ .at = buf_text(&db->text) + o->name_at, .len = o->name_len };
}

static int slots_grow(struct dpkg *db, struct err *err)
{
	uint32_t *old = db->slot;

	db->slots = db->slots ? 2 * db->slots : SLOTS_FIRST;
	db->slot = calloc(db->slots, sizeof(*db->slot));
	free(old);
	if (!db->slot)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < db->owned_n; i++) {
		const struct dpkg_owned *o = &db->owned[i];

		db->slot[slot_of(db, o->dir, owned_name(db, o))] = (uint32_t)i + 1;
	}
	return 0;
}

static int owned_grow(struct dpkg *db, struct err *err)
{
	size_t cap = db->owned_cap ? 2 * db->owned_cap : OWNED_FIRST;
	struct dpkg_owned *owned = reallocarray(db->owned, cap, sizeof(*owned));

	if (!owned)
		return err_set(err, "out of memory");
	db->owned = owned;
	db->owned_cap = cap;
	return 0;
}

/* The first owner stays: directories, and what packages of several architectures share. */
static int owned_add(struct dpkg *db, const struct dpkg_package *package, uint32_t dir,
		     struct dpkg_span name, struct err *err)
{
	size_t i;

	if (2 * (db->owned_n + 1) > db->slots && slots_grow(db, err) < 0)
		return -1;
	if (db->owned_n == db->owned_cap && owned_grow(db, err) < 0)
		return -1;
	i = slot_of(db, dir, name);
	if (db->slot[i])
		return 0;
	db->owned[db->owned_n] = (struct dpkg_owned){
		.dir = dir,
		.name_at = (uint32_t)(name.at - buf_text(&db->text)),
		.name_len = (uint32_t)name.len,
		.package = (uint32_t)package->index,
	};
	db->slot[i] = (uint32_t)++db->owned_n;
	return 0;
}

static int index_package(struct dpkg *db, const struct dpkg_entry *e, struct err *err)
{
	struct rd r = rd_init(db->text.data + e->list_at, e->list_len);
	struct dpkg_span last = { .at = NULL, .len = 0 };
	struct dpkg_span line;
	struct dpkg_span dir;
	struct dpkg_span name;
	uint32_t real = 0;

	while (dpkg_line_next(&r, &line)) {
		if (!dpkg_path_split(dpkg_divert(db, &e->package, line), &dir, &name))
			continue;
		if ((!last.at || span_compare(last, dir) != 0) &&
		    dpkg_dirs_resolve(&db->dirs, dir, &real, err) < 0)
			return err_prepend(err, "%s.list", e->file_name);
		last = dir;
		if (owned_add(db, &e->package, real, name, err) < 0)
			return -1;
	}
	return 0;
}

int dpkg_index_build(struct dpkg *db, struct err *err)
{
	uint32_t info;

	if (dpkg_dirs_resolve(&db->dirs, dpkg_info_dir, &info, err) < 0)
		return -1;
	for (size_t i = 0; i < db->n; i++)
		if (db->entry[i].list_len && index_package(db, &db->entry[i], err) < 0)
			return -1;
	return 0;
}

/* "name.postinst" in dpkg's own directory. */
static const struct dpkg_package *script_owner(const struct dpkg *db, uint32_t dir,
					       struct dpkg_span name)
{
	const char *dot = memrchr(name.at, '.', name.len);
	bool is_script = false;
	uint32_t info;

	if (!dot || !dpkg_dirs_find(&db->dirs, dpkg_info_dir, &info) || info != dir)
		return NULL;
	for (size_t i = 0; i < DPKG_SCRIPTS; i++)
		is_script = is_script || strcmp(dot + 1, dpkg_script_names[i]) == 0;
	for (size_t i = 0; is_script && i < db->n; i++) {
		const char *own = db->entry[i].file_name;

		if (own && strlen(own) == (size_t)(dot - name.at) &&
		    memcmp(own, name.at, strlen(own)) == 0)
			return &db->entry[i].package;
	}
	return NULL;
}

const struct dpkg_package *dpkg_owner(const struct dpkg *db, const char *path)
{
	struct dpkg_span whole = { .at = path, .len = strlen(path) };
	struct dpkg_span dir;
	struct dpkg_span name;
	uint32_t real;
	uint32_t found;

	if (!db->slots || !dpkg_path_split(whole, &dir, &name) ||
	    !dpkg_dirs_find(&db->dirs, dir, &real))
		return NULL;
	found = db->slot[slot_of(db, real, name)];
	if (found)
		return &db->entry[db->owned[found - 1].package].package;
	return script_owner(db, real, name);
}
