/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interpreters and libraries of what is essential, found as ld.so would. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assay/essential/essential.h"
#include "sig/needs.h"

#define LIB_DIRS_MAX 64
#define LIB_DIR_MAX 512	  /* bytes of one directory's path */
#define LD_CONF_MAX 65536 /* bytes of one file of ld.so.conf.d */

#define ELF_HEAD_LEN 20 /* bytes up to e_machine's end */

#define ORIGIN "$ORIGIN" /* in runpaths: where the file itself lies, ld.so(8) */

/* What a library must share with the file that needs it: class, byte order, machine. */
struct abi {
	unsigned char class_and_data[2];
	unsigned char machine[2]; /* as it stands in the file */
};

struct closure {
	const struct host *host;
	struct paths *set;
	struct paths known; /* libraries by ABI and name, found without a runpath */
	char dir[LIB_DIRS_MAX][LIB_DIR_MAX];
	size_t dirs;
	/* of the file that is read: */
	const char *path;
	const char *why;
	struct abi abi;
	char runpath[NEEDS_NAME_MAX];
};

static void add_dir(struct closure *c, const char *dir)
{
	if (c->dirs < LIB_DIRS_MAX && strlen(dir) < LIB_DIR_MAX)
		(void)snprintf(c->dir[c->dirs++], LIB_DIR_MAX, "%s", dir);
}

static int conf_file(const struct host *host, const char *path, void *ctx, struct err *err)
{
	AUTO_BUF text = BUF_INIT(LD_CONF_MAX);
	char *save = NULL;

	if (host_read(host, path, &text, NULL, err) < 0)
		return -1;
	for (char *line; (line = buf_line(&text, &save));) {
		line += strspn(line, " \t");
		line[strcspn(line, " \t#")] = '\0';
		if (*line == '/')
			add_dir(ctx, line);
	}
	return 0;
}

static int add_usual(const struct host *host, const char *path, void *ctx, struct err *err)
{
	(void)host;
	(void)err;
	add_dir(ctx, path);
	return 0;
}

static int find_dirs(struct closure *c, struct err *err)
{
	if (conf_file(c->host, "/etc/ld.so.conf", c, err) < 0 ||
	    essential_glob(c->host, "/etc/ld.so.conf.d/*.conf", conf_file, c, err) < 0 ||
	    essential_glob(c->host, "/lib/*-linux-gnu*", add_usual, c, err) < 0 ||
	    essential_glob(c->host, "/usr/lib/*-linux-gnu*", add_usual, c, err) < 0)
		return -1;
	add_dir(c, "/lib");
	add_dir(c, "/usr/lib");
	add_dir(c, "/lib64");
	return 0;
}

static bool read_abi(int fd, struct abi *ret_abi)
{
	unsigned char head[ELF_HEAD_LEN];

	if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	memcpy(ret_abi->class_and_data, head + EI_CLASS, sizeof(ret_abi->class_and_data));
	memcpy(ret_abi->machine, head + ELF_HEAD_LEN - 2, sizeof(ret_abi->machine));
	return true;
}

/* ld.so goes on searching where another architecture has a library of that name. */
static bool is_foreign(const struct closure *c, int fd)
{
	struct abi abi;

	return read_abi(fd, &abi) && memcmp(&abi, &c->abi, sizeof(abi)) != 0;
}

/* One directory of a search path; *ret_found: the library is there, and was added. */
static int try_dir(struct closure *c, const char *dir, const char *name, bool *ret_found,
		   struct err *err)
{
	bool relative = strncmp(dir, ORIGIN, sizeof(ORIGIN) - 1) == 0;
	const char *slash = relative ? strrchr(c->path, '/') : NULL;
	char path[HOST_PATH_MAX];
	int n = snprintf(path, sizeof(path), "%.*s%s/%s", slash ? (int)(slash - c->path) : 0,
			 slash ? c->path : "", dir + (relative ? sizeof(ORIGIN) - 1 : 0), name);
	AUTO_FD fd = -1;

	*ret_found = false;
	if (n < 0 || (size_t)n >= sizeof(path))
		return 0;
	fd = host_open(c->host, path);
	if (fd < 0 || is_foreign(c, fd))
		return 0;
	*ret_found = true;
	return essential_add(c->host, path, c->why, c->set, err);
}

static int find_by_runpath(struct closure *c, const char *name, bool *ret_found, struct err *err)
{
	AUTO_STR dirs = strdup(c->runpath);
	char *save = NULL;

	if (!dirs)
		return err_set(err, "out of memory");
	for (char *dir = strtok_r(dirs, ":", &save); dir && !*ret_found;
	     dir = strtok_r(NULL, ":", &save))
		if (try_dir(c, dir, name, ret_found, err) < 0)
			return -1;
	return 0;
}

static int find_library(struct closure *c, const char *name, struct err *err)
{
	AUTO_STR key = NULL;
	bool found = false;

	if (asprintf(&key, "%u.%u %s", c->abi.machine[0], c->abi.machine[1], name) < 0)
		return err_set(err, "out of memory");
	if (find_by_runpath(c, name, &found, err) < 0)
		return -1;
	if (found || paths_find(&c->known, key))
		return 0;
	for (size_t i = 0; i < c->dirs && !found; i++)
		if (try_dir(c, c->dir[i], name, &found, err) < 0)
			return -1;
	return paths_add(&c->known, key, "", NULL, err);
}

static int need(void *ctx, enum needs_kind kind, const char *text, struct err *err)
{
	struct closure *c = ctx;

	switch (kind) {
	case NEEDS_RUNPATH:
		(void)snprintf(c->runpath, sizeof(c->runpath), "%s", text);
		return 0;
	case NEEDS_INTERPRETER:
		return essential_add(c->host, text, c->why, c->set, err);
	case NEEDS_LIBRARY:
		if (*text == '/')
			return essential_add(c->host, text, c->why, c->set, err);
		return find_library(c, text, err);
	}
	return 0;
}

/* The set grows at its end while it is gone through. */
static int close_all(struct closure *c, struct err *err)
{
	for (size_t i = 0; i < c->set->n; i++) {
		AUTO_FD fd = host_open(c->host, c->set->entry[i].path);

		c->path = c->set->entry[i].path;
		c->why = c->set->entry[i].why;
		c->runpath[0] = '\0';
		c->abi = (struct abi){ .machine = { 0 } };
		if (fd >= 0)
			(void)read_abi(fd, &c->abi);
		if (fd >= 0 && needs_read(fd, c->path, need, c, err) < 0)
			return -1;
	}
	return 0;
}

int essential_close(const struct host *host, struct paths *set, struct err *err)
{
	AUTO_MEM struct closure *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return err_set(err, "out of memory");
	c->host = host;
	c->set = set;
	rc = find_dirs(c, err);
	rc = rc < 0 ? rc : close_all(c, err);
	paths_done(&c->known);
	return rc;
}
