/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pushes the regular files of a tree, without following a link and without naming a path twice. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sig/worker.h"

#define WALK_DEPTH_MAX 256 /* directories within each other */
#define WALK_BUFFER 32768  /* bytes of directory entries read at a time */

struct level {
	struct queue_dir *dir;
	ssize_t len;
	ssize_t at;
	char buffer[WALK_BUFFER] __attribute__((aligned(8)));
};

struct walk {
	struct engine *engine;
	dev_t dev;
	size_t depth;
	struct level *level[WALK_DEPTH_MAX];
};

static void walk_done(struct walk *w)
{
	for (size_t i = 0; i < WALK_DEPTH_MAX; i++) {
		if (w->level[i] && i < w->depth)
			queue_dir_unref(w->level[i]->dir);
		free(w->level[i]);
	}
}

static void complain(const struct walk *w, const char *path, const char *op)
{
	struct err why = ERR_INIT;

	(void)err_errno(&why, "%s", op);
	engine_push_failure(w->engine, path, why.text);
}

static int enter(struct walk *w, int fd, const struct stat *st, const char *path, struct err *err)
{
	struct level **level = &w->level[w->depth];

	if (!*level)
		*level = malloc(sizeof(**level));
	if (!*level) {
		(void)close(fd);
		return err_set(err, "out of memory");
	}
	(*level)->len = 0;
	(*level)->at = 0;
	(*level)->dir = queue_dir_new(fd, st->st_dev, path, &w->engine->dirs_open);
	if (!(*level)->dir)
		return err_set(err, "out of memory");
	w->depth++;
	return 0;
}

static int open_dir(int at, const char *name, bool follow)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW);
	int fd = openat(at, name, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(at, name, flags) : fd;
}

static int enter_child(struct walk *w, const struct queue_dir *dir, const char *name,
		       struct err *err)
{
	size_t len = strlen(dir->path);
	AUTO_STR path = NULL;
	AUTO_FD fd = -1;
	struct stat st;

	if (asprintf(&path, "%s%s%s", dir->path, len && dir->path[len - 1] == '/' ? "" : "/",
		     name) < 0)
		return err_set(err, "out of memory");
	if (w->depth == WALK_DEPTH_MAX) {
		engine_push_failure(w->engine, path, "directories nest deeper than 256");
		return 0;
	}
	engine_wait_for_dirs(w->engine);
	fd = open_dir(dir->fd, name, false);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0) {
		complain(w, path, "open");
		return 0;
	}
	if (st.st_dev != w->dev && !w->engine->config->cross_file_systems)
		return 0;
	return enter(w, take_fd(&fd), &st, path, err);
}

static unsigned char type_of(const struct queue_dir *dir, const struct dirent64 *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	if (fstatat(dir->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return DT_UNKNOWN;
	return S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR : DT_UNKNOWN;
}

static void push(struct walk *w, struct queue_dir *dir, const char *name)
{
	struct queue_item item = { .dir = queue_dir_ref(dir), .path = NULL };

	memcpy(item.name, name, strnlen(name, NAME_MAX));
	engine_push_item(w->engine, &item);
}

static int visit(struct walk *w, struct queue_dir *dir, const struct dirent64 *e, struct err *err)
{
	if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
		return 0;
	switch (type_of(dir, e)) {
	case DT_REG:
		push(w, dir, e->d_name);
		return 0;
	case DT_DIR:
		return enter_child(w, dir, e->d_name, err);
	default:
		return 0;
	}
}

static void leave(struct walk *w)
{
	w->depth--;
	queue_dir_unref(w->level[w->depth]->dir);
	w->level[w->depth]->dir = NULL;
}

/* One entry of the deepest directory, or the way up. */
static int step(struct walk *w, struct err *err)
{
	struct level *l = w->level[w->depth - 1];
	const struct dirent64 *e;

	if (l->at >= l->len) {
		l->at = 0;
		l->len = getdents64(l->dir->fd, l->buffer, sizeof(l->buffer));
		if (l->len < 0)
			complain(w, l->dir->path, "read the directory");
		if (l->len <= 0) {
			leave(w);
			return 0;
		}
	}
	e = (const struct dirent64 *)(const void *)(l->buffer + l->at);
	l->at += e->d_reclen;
	return visit(w, l->dir, e, err);
}

int engine_push_tree(struct engine *engine, const char *path, struct err *err)
{
	CLEANUP(walk_done) struct walk w = { .engine = engine };
	AUTO_FD fd = open_dir(AT_FDCWD, path, true);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		complain(&w, path, "open");
		return 0;
	}
	w.dev = st.st_dev;
	if (enter(&w, take_fd(&fd), &st, path, err) < 0)
		return -1;
	while (w.depth)
		if (step(&w, err) < 0)
			return -1;
	return 0;
}
