/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The set of paths. */
#include "assay/essential/paths.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PATHS_FIRST 256
#define FNV_OFFSET 14695981039346656037U
#define FNV_PRIME 1099511628211U

static size_t slot_of(const struct paths *set, const char *path)
{
	uint64_t hash = FNV_OFFSET;
	size_t at;

	for (const char *p = path; *p; p++)
		hash = (hash ^ (unsigned char)*p) * FNV_PRIME;
	at = (size_t)hash & (set->slots - 1);
	while (set->slot[at] && strcmp(set->entry[set->slot[at] - 1].path, path) != 0)
		at = (at + 1) & (set->slots - 1);
	return at;
}

/* Twice as many slots as entries at the least. */
static int grow(struct paths *set, struct err *err)
{
	size_t cap = set->cap ? set->cap * 2 : PATHS_FIRST;
	struct paths_entry *entry = reallocarray(set->entry, cap, sizeof(*entry));
	size_t *slot;

	if (!entry)
		return err_set(err, "out of memory");
	set->entry = entry;
	slot = calloc(cap * 2, sizeof(*slot));
	if (!slot)
		return err_set(err, "out of memory");
	free(set->slot);
	set->slot = slot;
	set->slots = cap * 2;
	set->cap = cap;
	for (size_t i = 0; i < set->n; i++)
		set->slot[slot_of(set, set->entry[i].path)] = i + 1;
	return 0;
}

int paths_add(struct paths *set, const char *path, const char *why, bool *ret_new, struct err *err)
{
	AUTO_STR copy = NULL;
	size_t at;

	if (ret_new)
		*ret_new = false;
	if (set->n == set->cap && grow(set, err) < 0)
		return -1;
	at = slot_of(set, path);
	if (set->slot[at])
		return 0;
	copy = strdup(path);
	if (!copy)
		return err_set(err, "out of memory");
	set->entry[set->n] = (struct paths_entry){ .path = take_ptr(&copy), .why = why };
	set->slot[at] = ++set->n;
	if (ret_new)
		*ret_new = true;
	return 0;
}

const struct paths_entry *paths_find(const struct paths *set, const char *path)
{
	size_t at = set->slots ? slot_of(set, path) : 0;

	return set->slots && set->slot[at] ? &set->entry[set->slot[at] - 1] : NULL;
}

void paths_done(struct paths *set)
{
	for (size_t i = 0; i < set->n; i++)
		free(set->entry[i].path);
	free(set->entry);
	free(set->slot);
	*set = (struct paths)PATHS_INIT;
}
