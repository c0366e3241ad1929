/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the files of pacman's packages. */
#include "transaction/pacman.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "pkg/pacman.h"
#include "transaction/pacman_conf.h"

#define LISTS "sync"
#define LIST_SUFFIX ".db"
#define PACKAGE_SUFFIX ".pkg.tar"

/* One look at one pacman. */
struct look {
	const struct pacman_targets *targets;
	bool *named; /* for each target: the command line has its file */
	archives_fn fn;
	void *ctx;
	int cwd; /* pacman's, what is relative there begins here */
	struct pacman_conf conf;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int pacman_targets_read(int fd, struct pacman_targets *ret, struct err *err)
{
	char *save = NULL;
	size_t kept = 0;

	*ret = (struct pacman_targets){ .text = BUF_INIT(PACMAN_TARGETS_BYTES) };
	if (isatty(fd))
		return err_set(err, "the names of packages are read from the standard input");
	ret->name = calloc(PACMAN_TARGETS_MAX, sizeof(*ret->name));
	if (!ret->name)
		return err_set(err, "out of memory");
	if (io_read_fd(fd, "the names of packages", &ret->text, err) < 0)
		return -1;
	for (char *line; (line = buf_line(&ret->text, &save));) {
		if (ret->n == PACMAN_TARGETS_MAX)
			return err_set(err, "more than %d packages at once", PACMAN_TARGETS_MAX);
		ret->name[ret->n++] = line;
	}
	if (!ret->n)
		return err_set(err, "the standard input names no package");
	qsort(ret->name, ret->n, sizeof(*ret->name), by_name);
	for (size_t i = 0; i < ret->n; i++)
		if (!i || strcmp(ret->name[i], ret->name[kept - 1]) != 0)
			ret->name[kept++] = ret->name[i];
	ret->n = kept;
	return 0;
}

void pacman_targets_done(struct pacman_targets *targets)
{
	free(targets->name);
	targets->name = NULL;
	buf_done(&targets->text);
}

/* -1: it is none. */
static ssize_t find(const struct pacman_targets *targets, const char *name)
{
	char **found = bsearch(&name, targets->name, targets->n, sizeof(*targets->name), by_name);

	return found ? found - targets->name : -1;
}

/* "NAME-VERSION-RELEASE-ARCHITECTURE.pkg.tar.*": a file of another name is looked at all the same,
 * and the lists are asked, too. */
static void note_named(struct look *look, const char *path)
{
	AUTO_STR name = strdup(strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	char *end = name ? strstr(name, PACKAGE_SUFFIX) : NULL;
	ssize_t at;

	for (int dashes = 0; end && dashes < 3; dashes++) {
		*end = '\0';
		end = strrchr(name, '-');
	}
	if (!end)
		return;
	*end = '\0';
	at = find(look->targets, name);
	if (at >= 0)
		look->named[at] = true;
}

static int look_in_caches(const struct look *look, const char *file, struct err *err)
{
	for (size_t i = 0; i < look->conf.n_caches; i++) {
		AUTO_STR path = NULL;

		if (asprintf(&path, "%s/%s", look->conf.cache[i], file) < 0) {
			path = NULL;
			return err_set(err, "out of memory");
		}
		if (archives_file(look->cwd, path, look->fn, look->ctx, err) < 0)
			return -1;
	}
	return 0;
}

/* A path, or the address of something that lies in the cache by now. */
static int look_at_operand(void *ctx, const char *word, struct err *err)
{
	struct look *look = ctx;
	const char *slash = strrchr(word, '/');

	if (strstr(word, "://") && slash) {
		note_named(look, word);
		return look_in_caches(look, slash + 1, err);
	}
	if (faccessat(look->cwd, word, F_OK, 0) == 0)
		note_named(look, word);
	return archives_file(look->cwd, word, look->fn, look->ctx, err);
}

static int on_listed(void *ctx, const char *name, const char *file, struct err *err)
{
	const struct look *look = ctx;
	ssize_t at = find(look->targets, name);

	return at < 0 || look->named[at] ? 0 : look_in_caches(look, file, err);
}

static bool is_list(const char *name)
{
	const size_t n = strlen(name);

	return n > strlen(LIST_SUFFIX) && strcmp(name + n - strlen(LIST_SUFFIX), LIST_SUFFIX) == 0;
}

/* A list that can't be read is told of by what is missing then. */
static int read_lists(struct look *look, struct err *err)
{
	AUTO_FD base = openat(look->cwd, look->conf.database, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int lists = base < 0 ? -1 : openat(base, LISTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_DIR dir = lists < 0 ? NULL : fdopendir(lists);
	const struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL) {
		AUTO_FD fd = is_list(e->d_name)
				     ? openat(lists, e->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
				     : -1;
		struct err why = ERR_INIT;

		if (fd >= 0 && pacman_list_read(fd, on_listed, look, &why) < 0)
			return err_set(err, "%s: %s", e->d_name, why.text);
	}
	return 0;
}

static bool is_all_named(const struct look *look)
{
	for (size_t i = 0; i < look->targets->n; i++)
		if (!look->named[i])
			return false;
	return true;
}

static int look_at(struct look *look, const struct buf *line, struct err *err)
{
	if (pacman_conf_load(line, &look->conf, err) < 0 ||
	    pacman_conf_operands(line, look_at_operand, look, err) < 0)
		return -1;
	return is_all_named(look) ? 0 : read_lists(look, err);
}

int pacman_archives_each(pid_t pacman, const struct pacman_targets *targets, archives_fn fn,
			 void *ctx, struct err *err)
{
	AUTO_BUF line = BUF_INIT(ARCHIVES_LINE_MAX);
	AUTO_FD cwd = -1;
	AUTO_MEM bool *named = calloc(targets->n, sizeof(*named));
	struct look look = { .targets = targets, .named = named, .fn = fn, .ctx = ctx };
	int rc;

	if (!named)
		return err_set(err, "out of memory");
	if (archives_words(pacman, &line, &cwd, err) < 0)
		return -1;
	look.cwd = cwd;
	rc = look_at(&look, &line, err);
	pacman_conf_done(&look.conf);
	return rc;
}
