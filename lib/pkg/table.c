/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures by digest. */
#include "pkg/table.h"

#include <stdlib.h>
#include <string.h>

struct rows {
	const struct manifest_entry **row; /* by over and digest once sorted */
	size_t n;
	size_t room;
	bool sorted;
	struct table_wants wants;
};

/* Of contents that are vouched for. */
struct vouched {
	struct digest *digest; /* in their order once sorted */
	size_t n;
	size_t room;
	bool sorted;
	struct table_wants wants;
};

struct table {
	struct package **package;
	size_t n;
	struct rows rows[PACKAGE_PROFILES];
	struct vouched vouched;
};

int table_new(struct table **ret_table, struct err *err)
{
	*ret_table = calloc(1, sizeof(**ret_table));
	return *ret_table ? 0 : err_set(err, "out of memory");
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->n; i++) {
		package_done(table->package[i]);
		free(table->package[i]);
	}
	free(table->package);
	for (size_t i = 0; i < PACKAGE_PROFILES; i++)
		free(table->rows[i].row);
	free(table->vouched.digest);
	free(table);
}

size_t table_packages(const struct table *table)
{
	return table->n;
}

const struct package *table_package(const struct table *table, size_t i)
{
	return table->package[i];
}

static int add_row(struct rows *rows, const struct manifest_entry *entry, struct err *err)
{
	if (rows->n == rows->room) {
		size_t room = rows->room ? 2 * rows->room : 1024;
		const struct manifest_entry **grown =
			reallocarray(rows->row, room, sizeof(const struct manifest_entry *));

		if (!grown)
			return err_set(err, "out of memory");
		rows->row = grown;
		rows->room = room;
	}
	rows->row[rows->n++] = entry;
	rows->sorted = false;
	if (entry->over == MANIFEST_VERITY)
		rows->wants.verity = true;
	else
		rows->wants.algo[entry->digest.algo] = true;
	return 0;
}

int table_add(struct table *table, struct package **package, struct err *err)
{
	struct package **grown;

	if (table->n == TABLE_PACKAGES_MAX)
		return err_set(err, "more than %d packages at once", TABLE_PACKAGES_MAX);
	grown = reallocarray(table->package, table->n + 1, sizeof(struct package *));
	if (!grown)
		return err_set(err, "out of memory");
	table->package = grown;
	for (size_t i = 0; i < DEB_PARTS; i++) {
		for (size_t j = 0; j < PACKAGE_PROFILES; j++) {
			struct manifest *m = (*package)->entries[i][j];

			for (size_t k = 0; k < manifest_count(m); k++)
				if (add_row(&table->rows[j], manifest_at(m, k), err) < 0)
					return -1;
		}
	}
	table->package[table->n++] = take_ptr(package);
	return 0;
}

static int compare_digests(const struct digest *a, const struct digest *b)
{
	if (a->algo != b->algo)
		return a->algo < b->algo ? -1 : 1;
	return memcmp(a->data, b->data, a->len);
}

static int by_value(const void *a, const void *b)
{
	return compare_digests(a, b);
}

int table_vouch(struct table *table, const struct digest *digest, struct err *err)
{
	struct vouched *v = &table->vouched;

	if (v->n == v->room) {
		size_t room = v->room ? 2 * v->room : 1024;
		struct digest *grown = reallocarray(v->digest, room, sizeof(*grown));

		if (!grown)
			return err_set(err, "out of memory");
		v->digest = grown;
		v->room = room;
	}
	v->digest[v->n++] = *digest;
	v->sorted = false;
	v->wants.algo[digest->algo] = true;
	return 0;
}

bool table_vouches(struct table *table, const struct digest *digest)
{
	struct vouched *v = &table->vouched;

	if (!v->sorted && v->n)
		qsort(v->digest, v->n, sizeof(*v->digest), by_value);
	v->sorted = true;
	return v->n && bsearch(digest, v->digest, v->n, sizeof(*v->digest), by_value);
}

const struct table_wants *table_vouch_wants(const struct table *table)
{
	return &table->vouched.wants;
}

static int compare(const struct manifest_entry *a, enum manifest_over over,
		   const struct digest *digest)
{
	if (a->over != over)
		return a->over < over ? -1 : 1;
	return compare_digests(&a->digest, digest);
}

static int by_digest(const void *a, const void *b)
{
	const struct manifest_entry *const *x = a;
	const struct manifest_entry *const *y = b;

	return compare(*x, (*y)->over, &(*y)->digest);
}

static void sort(struct rows *rows)
{
	if (!rows->sorted && rows->n)
		qsort(rows->row, rows->n, sizeof(const struct manifest_entry *), by_digest);
	rows->sorted = true;
}

const struct table_wants *table_wants(struct table *table, enum package_profile profile)
{
	return &table->rows[profile].wants;
}

static bool owner_fits(const struct manifest_entry *e, const struct stat *st)
{
	return e->uid == st->st_uid && e->gid == st->st_gid && e->mode == (st->st_mode & 07777);
}

const struct manifest_entry *table_find(struct table *table, enum package_profile profile,
					enum manifest_over over, const struct digest *digest,
					const struct stat *st)
{
	struct rows *rows = &table->rows[profile];
	size_t low = 0;
	size_t high = rows->n;
	const struct manifest_entry *found = NULL;

	sort(rows);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(rows->row[middle], over, digest) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < rows->n && compare(rows->row[low], over, digest) == 0; low++) {
		if (!found || owner_fits(rows->row[low], st))
			found = rows->row[low];
		if (owner_fits(found, st))
			break;
	}
	return found;
}
