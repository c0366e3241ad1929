/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manifest in memory. */
#include "sig/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/io.h"

#define ENTRIES_FIRST 512

/* Allocated whole: the entry, then path, ima and evm, which it points to. */
struct stored {
	struct manifest_entry entry;
	size_t order; /* of its put: the later of two wins */
	uint8_t bytes[];
};

struct manifest {
	struct stored **stored;
	size_t n;
	size_t cap;
	size_t serial;
	bool sorted; /* by path, no path twice */
};

int manifest_new(struct manifest **ret_manifest, struct err *err)
{
	struct manifest *m = calloc(1, sizeof(*m));

	if (!m)
		return err_set(err, "out of memory");
	m->sorted = true;
	*ret_manifest = m;
	return 0;
}

void manifest_free(struct manifest *manifest)
{
	int saved = errno;

	if (!manifest)
		return;
	for (size_t i = 0; i < manifest->n; i++)
		free(manifest->stored[i]);
	free(manifest->stored);
	free(manifest);
	errno = saved;
}

static int grow(struct manifest *m, struct err *err)
{
	size_t cap = m->cap ? 2 * m->cap : ENTRIES_FIRST;
	struct stored **stored;

	if (m->n >= MANIFEST_ENTRIES_MAX)
		return err_set(err, "more than %d files", MANIFEST_ENTRIES_MAX);
	stored = reallocarray(m->stored, cap, sizeof(struct stored *));
	if (!stored)
		return err_set(err, "out of memory");
	m->stored = stored;
	m->cap = cap;
	return 0;
}

static struct stored *store(const struct manifest_entry *entry)
{
	size_t path_size = strlen(entry->path) + 1;
	struct stored *s = malloc(sizeof(*s) + path_size + entry->ima_len + entry->evm_len);
	uint8_t *at;

	if (!s)
		return NULL;
	s->entry = *entry;
	at = s->bytes;
	s->entry.path = memcpy(at, entry->path, path_size);
	at += path_size;
	s->entry.ima = memcpy(at, entry->ima, entry->ima_len);
	at += entry->ima_len;
	s->entry.evm = entry->evm_len ? memcpy(at, entry->evm, entry->evm_len) : NULL;
	return s;
}

static int entry_check(const struct manifest_entry *e, struct err *err)
{
	if (e->path[0] != '/' || strlen(e->path) > MANIFEST_PATH_MAX)
		return err_set(err, "not an absolute path of at most %d bytes", MANIFEST_PATH_MAX);
	if (!e->ima_len || e->ima_len > XATTR_VALUE_MAX || e->evm_len > XATTR_VALUE_MAX)
		return err_set(err, "an attribute of more than %d bytes, or none", XATTR_VALUE_MAX);
	if (e->mode > 07777)
		return err_set(err, "a mode beyond 7777");
	return 0;
}

int manifest_put(struct manifest *manifest, const struct manifest_entry *entry, struct err *err)
{
	struct stored *s;

	if (entry_check(entry, err) < 0)
		return err_prepend(err, "%.256s", entry->path);
	if (manifest->n == manifest->cap && grow(manifest, err) < 0)
		return -1;
	s = store(entry);
	if (!s)
		return err_set(err, "out of memory");
	s->order = manifest->serial++;
	if (manifest->n && strcmp(manifest->stored[manifest->n - 1]->entry.path, entry->path) >= 0)
		manifest->sorted = false;
	manifest->stored[manifest->n++] = s;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct stored *x = *(struct stored *const *)a;
	const struct stored *y = *(struct stored *const *)b;
	int c = strcmp(x->entry.path, y->entry.path);

	return c ? c : (x->order > y->order) - (x->order < y->order);
}

static void sort(struct manifest *m)
{
	size_t kept = 0;

	if (m->sorted)
		return;
	qsort(m->stored, m->n, sizeof(struct stored *), compare);
	for (size_t i = 0; i < m->n; i++) {
		struct stored *s = m->stored[i];

		if (i + 1 < m->n && strcmp(s->entry.path, m->stored[i + 1]->entry.path) == 0)
			free(s);
		else
			m->stored[kept++] = s;
	}
	m->n = kept;
	m->sorted = true;
}

size_t manifest_count(struct manifest *manifest)
{
	sort(manifest);
	return manifest->n;
}

const struct manifest_entry *manifest_at(struct manifest *manifest, size_t index)
{
	sort(manifest);
	return &manifest->stored[index]->entry;
}

const struct manifest_entry *manifest_find(struct manifest *manifest, const char *path)
{
	size_t low = 0;
	size_t high;

	sort(manifest);
	high = manifest->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(manifest->stored[mid]->entry.path, path);

		if (c == 0)
			return &manifest->stored[mid]->entry;
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

void manifest_prune(struct manifest *manifest, manifest_keep_fn keep, void *ctx)
{
	size_t kept = 0;

	sort(manifest);
	for (size_t i = 0; i < manifest->n; i++) {
		if (keep(ctx, &manifest->stored[i]->entry))
			manifest->stored[kept++] = manifest->stored[i];
		else
			free(manifest->stored[i]);
	}
	manifest->n = kept;
}

int manifest_merge(struct manifest *manifest, const struct manifest *from, struct err *err)
{
	for (size_t i = 0; i < from->n; i++)
		if (manifest_put(manifest, &from->stored[i]->entry, err) < 0)
			return -1;
	return 0;
}

int manifest_lock(const char *path, int *ret_fd, struct err *err)
{
	AUTO_STR name = NULL;
	AUTO_FD fd = -1;

	if (asprintf(&name, "%s.lock", path) < 0)
		return err_set(err, "out of memory");
	/* Its mode keeps other users from holding it. */
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(err, "write: %s", name);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return err_set(err, "%s: another 'assay sign' is at work on it", path);
		if (errno != EINTR)
			return err_errno(err, "lock: %s", name);
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

int manifest_load(struct manifest *manifest, const char *path, bool *ret_present, struct err *err)
{
	AUTO_BUF text = BUF_INIT(MANIFEST_MAX);

	*ret_present = io_exists(path);
	if (!*ret_present)
		return 0;
	if (io_read_file(path, &text, err) < 0)
		return -1;
	if (manifest_parse(manifest, text.data, text.len, err) < 0)
		return err_prepend(err, "%s", path);
	return 0;
}

int manifest_save(struct manifest *manifest, const char *path, struct err *err)
{
	AUTO_BUF text = BUF_INIT(MANIFEST_MAX);

	if (manifest_format(manifest, &text, err) < 0)
		return err_prepend(err, "%s", path);
	return io_replace_file(path, &text, 0644, err);
}
