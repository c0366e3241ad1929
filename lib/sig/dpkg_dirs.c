/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories as packages spell them and as they are. */
#include "sig/dpkg_dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

#define SLOTS_FIRST 1024
#define DIRS_FIRST 512

uint32_t dpkg_hash(const void *data, size_t len, uint32_t seed)
{
	const uint8_t *p = data;
	uint32_t h = seed ^ 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619u;
	return h ^ h >> 15;
}

/* The slot that holds the path, or the free one where it belongs. */
static size_t slot_of(const struct dpkg_dirs *dirs, struct dpkg_span path)
{
	size_t i = dpkg_hash(path.at, path.len, 0) & (dirs->slots - 1);

	for (; dirs->slot[i]; i = (i + 1) & (dirs->slots - 1)) {
		const struct dpkg_dir *d = &dirs->dir[dirs->slot[i] - 1];

		if (d->len == path.len && memcmp(d->path, path.at, path.len) == 0)
			break;
	}
	return i;
}

static int slots_grow(struct dpkg_dirs *dirs, struct err *err)
{
	struct dpkg_dirs bigger = *dirs;

	bigger.slots = dirs->slots ? 2 * dirs->slots : SLOTS_FIRST;
	bigger.slot = calloc(bigger.slots, sizeof(*bigger.slot));
	if (!bigger.slot)
		return err_set(err, "out of memory");
	for (size_t i = 0; i < dirs->n; i++) {
		const struct dpkg_dir *d = &dirs->dir[i];
		struct dpkg_span path = { .at = d->path, .len = d->len };

		bigger.slot[slot_of(&bigger, path)] = (uint32_t)i + 1;
	}
	free(dirs->slot);
	*dirs = bigger;
	return 0;
}

static int dirs_grow(struct dpkg_dirs *dirs, struct err *err)
{
	size_t cap = dirs->cap ? 2 * dirs->cap : DIRS_FIRST;
	struct dpkg_dir *dir;

	if (dirs->n >= DPKG_DIRS_MAX)
		return err_set(err, "more than %u directories", DPKG_DIRS_MAX);
	dir = reallocarray(dirs->dir, cap, sizeof(*dir));
	if (!dir)
		return err_set(err, "out of memory");
	dirs->dir = dir;
	dirs->cap = cap;
	return 0;
}

static int dirs_add(struct dpkg_dirs *dirs, struct dpkg_span path, uint32_t real, struct err *err)
{
	char *copy;

	if (2 * (dirs->n + 1) > dirs->slots && slots_grow(dirs, err) < 0)
		return -1;
	if (dirs->n == dirs->cap && dirs_grow(dirs, err) < 0)
		return -1;
	copy = strndup(path.len ? path.at : "", path.len);
	if (!copy)
		return err_set(err, "out of memory");
	dirs->dir[dirs->n] =
		(struct dpkg_dir){ .path = copy, .len = (uint32_t)path.len, .real = real };
	dirs->slot[slot_of(dirs, path)] = (uint32_t)++dirs->n;
	return 0;
}

bool dpkg_dirs_find(const struct dpkg_dirs *dirs, struct dpkg_span path, uint32_t *ret_real)
{
	uint32_t found = dirs->slots ? dirs->slot[slot_of(dirs, path)] : 0;

	if (found)
		*ret_real = dirs->dir[found - 1].real;
	return found;
}

/*
 * Puts a path together component by component: "" and "." vanish, ".." takes one off, which is
 * right since what is there already is free of links.
 */
static int path_append(struct buf *path, const char *more, struct err *err)
{
	while (*more) {
		size_t len = strcspn(more, "/");

		if (len == 2 && memcmp(more, "..", 2) == 0) {
			const char *slash = path->len ? strrchr(buf_text(path), '/') : NULL;

			path->len = slash ? (size_t)(slash - buf_text(path)) : 0;
			if (path->data)
				path->data[path->len] = '\0';
		} else if (len && !(len == 1 && *more == '.')) {
			if (buf_put(path, "/", 1, err) < 0 || buf_put(path, more, len, err) < 0)
				return -1;
		}
		more += len;
		more += *more == '/';
	}
	return 0;
}

static int resolve_at(struct dpkg_dirs *dirs, struct dpkg_span path, uint32_t *ret_real,
		      struct err *err);

/* The directory is a link: resolves what it says, seen from the real directory that it lies in. */
static int follow(struct dpkg_dirs *dirs, uint32_t parent, const char *target, uint32_t *ret_real,
		  struct err *err)
{
	AUTO_BUF to = BUF_INIT(PATH_MAX);
	struct dpkg_span path;

	if (target[0] != '/' && path_append(&to, dpkg_dirs_path(dirs, parent), err) < 0)
		return -1;
	if (path_append(&to, target, err) < 0)
		return -1;
	path = (struct dpkg_span){ .at = buf_text(&to), .len = to.len };
	return resolve_at(dirs, path, ret_real, err);
}

/* The path of the real parent with this name: a link is followed, anything else is real. */
static int resolve_name(struct dpkg_dirs *dirs, uint32_t parent, struct dpkg_span name,
			uint32_t *ret_real, struct err *err)
{
	AUTO_BUF real = BUF_INIT(PATH_MAX);
	AUTO_STR target = NULL;
	struct dpkg_span path;
	ssize_t n;

	if (buf_putf(&real, err, "%s/%.*s", dpkg_dirs_path(dirs, parent), (int)name.len, name.at) <
	    0)
		return -1;
	path = (struct dpkg_span){ .at = buf_text(&real), .len = real.len };
	if (dpkg_dirs_find(dirs, path, ret_real))
		return 0;
	target = malloc(PATH_MAX);
	if (!target)
		return err_set(err, "out of memory");
	n = readlinkat(dirs->root_fd, buf_text(&real) + 1, target, PATH_MAX - 1);
	if (n > 0) {
		target[n] = '\0';
		if (follow(dirs, parent, target, ret_real, err) < 0)
			return -1;
	} else {
		/* Who may not look into the directory has no business with a file in it. */
		if (n < 0 && errno != EINVAL && errno != ENOENT && errno != ENOTDIR &&
		    errno != EACCES)
			return err_errno(err, "%s", buf_text(&real));
		*ret_real = (uint32_t)dirs->n;
	}
	return dirs_add(dirs, path, *ret_real, err);
}

/* The spelling is new: the real parent first, then the name in it. */
static int resolve_new(struct dpkg_dirs *dirs, struct dpkg_span path, uint32_t *ret_real,
		       struct err *err)
{
	const char *slash = path.len ? memrchr(path.at, '/', path.len) : NULL;
	struct dpkg_span up;
	struct dpkg_span name;
	uint32_t parent;
	uint32_t real;

	if (!slash) {
		*ret_real = (uint32_t)dirs->n;
		return dirs_add(dirs, (struct dpkg_span){ .at = "", .len = 0 }, *ret_real, err);
	}
	up = (struct dpkg_span){ .at = path.at, .len = (size_t)(slash - path.at) };
	name = (struct dpkg_span){ .at = slash + 1, .len = path.len - up.len - 1 };
	if (resolve_at(dirs, up, &parent, err) < 0 ||
	    resolve_name(dirs, parent, name, &real, err) < 0)
		return -1;
	*ret_real = real;
	if (dpkg_dirs_find(dirs, path, ret_real))
		return 0;
	return dirs_add(dirs, path, real, err);
}

static int resolve_at(struct dpkg_dirs *dirs, struct dpkg_span path, uint32_t *ret_real,
		      struct err *err)
{
	int result;

	if (dpkg_dirs_find(dirs, path, ret_real))
		return 0;
	if (dirs->depth >= DPKG_DIR_DEPTH_MAX)
		return err_set(err, "%.*s: too many directories or symbolic links", (int)path.len,
			       path.at);
	dirs->depth++;
	result = resolve_new(dirs, path, ret_real, err);
	dirs->depth--;
	return result;
}

int dpkg_dirs_resolve(struct dpkg_dirs *dirs, struct dpkg_span path, uint32_t *ret_real,
		      struct err *err)
{
	if (path.len >= PATH_MAX)
		return err_set(err, "a path of more than %d bytes", PATH_MAX - 1);
	return resolve_at(dirs, path, ret_real, err);
}

const char *dpkg_dirs_path(const struct dpkg_dirs *dirs, uint32_t number)
{
	return dirs->dir[number].path;
}

void dpkg_dirs_done(struct dpkg_dirs *dirs)
{
	for (size_t i = 0; i < dirs->n; i++)
		free(dirs->dir[i].path);
	free(dirs->dir);
	free(dirs->slot);
	dirs->dir = NULL;
	dirs->slot = NULL;
	dirs->n = 0;
	dirs->slots = 0;
}
