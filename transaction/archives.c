/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading dpkg's command line. */
#include "transaction/archives.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"

#define PROC_PATH_MAX 64
#define STAT_MAX 4096 /* bytes of /proc/PID/stat */

/* "PID (NAME) STATE PPID ...": the name may hold anything, a parenthesis too. */
static int read_stat(pid_t pid, bool *ret_dpkg, pid_t *ret_parent, struct err *err)
{
	AUTO_BUF text = BUF_INIT(STAT_MAX);
	char path[PROC_PATH_MAX];
	const char *open;
	const char *close;
	int parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (io_read_file(path, &text, err) < 0)
		return -1;
	open = strchr(buf_text(&text), '(');
	close = strrchr(buf_text(&text), ')');
	if (!open || !close || sscanf(close, ") %*c %d", &parent) != 1)
		return err_set(err, "%s: malformed", path);
	*ret_dpkg = strncmp(open, "(dpkg)", strlen("(dpkg)")) == 0;
	*ret_parent = (pid_t)parent;
	return 0;
}

int archives_find_dpkg(pid_t *ret_pid, struct err *err)
{
	pid_t pid = getppid();

	for (size_t i = 0; i < ARCHIVES_ANCESTORS_MAX && pid > 1; i++) {
		bool dpkg = false;
		pid_t parent = 0;

		if (read_stat(pid, &dpkg, &parent, err) < 0)
			return -1;
		*ret_pid = pid;
		if (dpkg)
			return 0;
		pid = parent;
	}
	return err_set(err, "was not started by dpkg");
}

struct each {
	archives_fn fn;
	void *ctx;
	int cwd; /* dpkg's */
};

/* What is none is refused when it is read: dpkg knows formats that nobody signs. */
static bool is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* What is beside a package is beside the file, not beside a link to it. */
static int tell(int fd, archives_fn fn, void *ctx, struct err *err)
{
	char self[PROC_PATH_MAX];
	AUTO_STR real = NULL;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	real = realpath(self, NULL);
	if (!real)
		return err_errno(err, "%s", self);
	return fn(ctx, real, err);
}

int archives_file(int dir, const char *path, archives_fn fn, void *ctx, struct err *err)
{
	AUTO_FD fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	return fd >= 0 && is_regular(fd) ? tell(fd, fn, ctx, err) : 0;
}

static int look_at_file(const struct each *each, const char *path, struct err *err)
{
	return archives_file(each->cwd, path, each->fn, each->ctx, err);
}

static int look_below(const struct each *each, const char *dir, struct err *err)
{
	char *copy = strdup(dir);
	char *const tops[] = { copy, NULL };
	FTS *fts = copy ? fts_open(tops, FTS_LOGICAL, NULL) : NULL;
	const FTSENT *e;
	int rc = 0;

	if (!fts)
		rc = err_errno(err, "%s", dir);
	while (rc == 0 && (e = fts_read(fts)) != NULL) {
		size_t n = strlen(e->fts_name);

		if (e->fts_info == FTS_F && n > 4 && strcmp(e->fts_name + n - 4, ".deb") == 0)
			rc = look_at_file(each, e->fts_path, err);
	}
	if (fts)
		(void)fts_close(fts);
	free(copy);
	return rc;
}

/* --recursive may stand in dpkg's configuration; without it dpkg has no use for a directory. */
static int look_at(const struct each *each, const char *word, struct err *err)
{
	AUTO_STR path = NULL;
	char cwd[PROC_PATH_MAX];
	struct stat st;

	if (fstatat(each->cwd, word, &st, 0) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode))
		return look_at_file(each, word, err);
	(void)snprintf(cwd, sizeof(cwd), "/proc/self/fd/%d", each->cwd);
	if (asprintf(&path, "%s%s%s", *word == '/' ? "" : cwd, *word == '/' ? "" : "/", word) < 0) {
		path = NULL;
		return err_set(err, "out of memory");
	}
	return look_below(each, path, err);
}

/* Options of dpkg(1) whose value is the next word, where no "=" is in them; one that is missing
 * here only has its value looked at as if it were a package. */
static bool takes_a_word(const char *word)
{
	static const char *const options[] = { "--root",	   "--admindir",
					       "--instdir",	   "--log",
					       "--status-fd",	   "--status-logger",
					       "--abort-after",	   "--debug",
					       "--path-exclude",   "--path-include",
					       "--pre-invoke",	   "--post-invoke",
					       "--ignore-depends", "-D" };

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (strcmp(word, options[i]) == 0)
			return true;
	return false;
}

static int look_at_words(const struct each *each, const struct buf *line, struct err *err)
{
	const char *end = buf_text(line) + line->len;
	bool options = true;
	bool is_value = true; /* the first is the program */
	int rc = 0;

	for (const char *word = buf_text(line); rc == 0 && word < end; word += strlen(word) + 1) {
		bool is_option = options && *word == '-' && !is_value;

		if (is_option && strcmp(word, "--") == 0)
			options = false;
		else if (!is_option && !is_value && *word)
			rc = look_at(each, word, err);
		is_value = is_option && takes_a_word(word);
	}
	return rc;
}

int archives_words(pid_t pid, struct buf *line, int *ret_cwd, struct err *err)
{
	char path[PROC_PATH_MAX];

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if (io_read_file(path, line, err) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	*ret_cwd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret_cwd < 0 ? err_errno(err, "%s", path) : 0;
}

int archives_each(pid_t dpkg, archives_fn fn, void *ctx, struct err *err)
{
	AUTO_BUF line = BUF_INIT(ARCHIVES_LINE_MAX);
	AUTO_FD cwd = -1;
	struct each each = { .fn = fn, .ctx = ctx };

	if (archives_words(dpkg, &line, &cwd, err) < 0)
		return -1;
	each.cwd = cwd;
	return look_at_words(&each, &line, err);
}
