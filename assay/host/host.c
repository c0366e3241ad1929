/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a host's files. */
#include "assay/host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/root.h"

/* What is written below a root by its path: a link would lead out of it. */
static int check_places(const char *root, struct err *err)
{
	static const char *const dirs[] = { "/etc", "/etc/assay", "/var", "/var/lib",
					    "/var/lib/assay" };

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		AUTO_STR path = NULL;
		struct stat st;

		if (asprintf(&path, "%s%s", root, dirs[i]) < 0) {
			path = NULL;
			return err_set(err, "out of memory");
		}
		if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
			return err_set(err, "%s: is a link, which may lead out of the root", path);
	}
	return 0;
}

int host_set_root(struct host *host, const char *dir, struct err *err)
{
	struct stat st;

	if (stat(dir, &st) < 0)
		return err_errno(err, "%s", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, "%s: not a directory", dir);
	if (strcmp(dir, "/") != 0 && check_places(dir, err) < 0)
		return -1;
	host->root = strcmp(dir, "/") == 0 ? "" : dir;
	return 0;
}

int host_require_proc(const struct host *host, struct err *err)
{
	return *host->root ? 0 : io_require_proc(err);
}

int host_path(const struct host *host, const char *path, char ret_path[static HOST_PATH_MAX],
	      struct err *err)
{
	int n = snprintf(ret_path, HOST_PATH_MAX, "%s%s", host->root, path);

	if (n < 0 || n >= HOST_PATH_MAX)
		return err_set(err, "%s: the path is too long", path);
	return 0;
}

int host_resolve(const struct host *host, const char *path, char **ret_real, struct err *err)
{
	return root_resolve(host->root, path, ret_real, err);
}

int host_open(const struct host *host, const char *path)
{
	AUTO_FD fd = root_open(host->root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	return take_fd(&fd);
}

bool host_stat(const struct host *host, const char *path, struct stat *ret_stat)
{
	char full[HOST_PATH_MAX];

	return host_path(host, path, full, NULL) == 0 && stat(full, ret_stat) == 0;
}

bool host_has(const struct host *host, const char *path)
{
	char full[HOST_PATH_MAX];

	return host_path(host, path, full, NULL) == 0 && access(full, F_OK) == 0;
}

int host_read(const struct host *host, const char *path, struct buf *out, bool *ret_there,
	      struct err *err)
{
	char full[HOST_PATH_MAX];
	bool there;

	if (host_path(host, path, full, err) < 0)
		return -1;
	there = access(full, R_OK) == 0 || (errno != ENOENT && errno != ENOTDIR && errno != EACCES);
	if (ret_there)
		*ret_there = there;
	return there ? io_read_file(full, out, err) : 0;
}

int host_replace(const struct host *host, const char *path, const struct buf *data, mode_t mode,
		 struct err *err)
{
	char full[HOST_PATH_MAX];

	if (host_path(host, path, full, err) < 0)
		return -1;
	return io_replace_file(full, data, mode, err);
}

bool host_line(const struct host *host, const char *path, char *ret_line, size_t max)
{
	AUTO_BUF text = BUF_INIT(HOST_TEXT_MAX);
	bool there;
	size_t n;

	if (host_read(host, path, &text, &there, NULL) < 0 || !there)
		return false;
	n = strcspn(buf_text(&text), "\n");
	n = n < max ? n : max - 1;
	memcpy(ret_line, buf_text(&text), n);
	ret_line[n] = '\0';
	return true;
}

long host_number(const struct host *host, const char *path, long fallback)
{
	char line[64];
	char *end;
	long v;

	if (!host_line(host, path, line, sizeof(line)))
		return fallback;
	errno = 0;
	v = strtol(line, &end, 10);
	return errno || end == line || *end ? fallback : v;
}
