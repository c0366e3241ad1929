/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adding to the log, and reading it. */
#include "cli/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"

/* Not every file system knows it. */
static void append_only(int fd)
{
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || (flags & FS_APPEND_FL))
		return;
	flags |= FS_APPEND_FL;
	(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

/* A power cut may have left half a line, which must not swallow the next one. */
static int end_line(struct log *log, const char *path, struct err *err)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char last = '\n';

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, "%s: is not a regular file", path);
	if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1)
		return err_errno(err, "%s", path);
	return last == '\n' ? 0 : io_write_all(log->fd, "\n", 1, err);
}

int log_open(struct log *log, const char *path, struct err *err)
{
	AUTO_STR dir = strdup(path);

	if (!dir)
		return err_set(err, "out of memory");
	*strrchr(dir, '/') = '\0';
	if (io_make_dirs(dir, err) < 0)
		return -1;
	log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		       0644);
	if (log->fd < 0)
		return err_errno(err, "%s", path);
	append_only(log->fd);
	return end_line(log, path, err);
}

static int stamp(json_t *entry, struct err *err)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	if (!gmtime_r(&now, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return err_set(err, "the clock shows no time");
	return json_object_set_new(entry, "time", json_string(text)) < 0
		       ? err_set(err, "out of memory")
		       : 0;
}

static int add(struct log *log, json_t *entry, struct err *err)
{
	char *text;
	int rc;

	if (!entry || stamp(entry, err) < 0)
		return entry ? -1 : err_set(err, "out of memory");
	text = json_dumps(entry, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
	buf_reset(&log->line);
	rc = text ? buf_putf(&log->line, err, "%s\n", text) : err_set(err, "out of memory");
	if (rc == 0)
		rc = io_write_all(log->fd, log->line.data, log->line.len, err);
	if (rc == 0) {
		openlog("assay", LOG_PID, LOG_AUTHPRIV);
		syslog(LOG_NOTICE, "assay.log: %s", text);
		closelog();
	}
	free(text);
	return rc;
}

int log_add(struct log *log, json_t *entry, struct err *err)
{
	int rc = add(log, entry, err);

	json_decref(entry);
	return rc < 0 ? err_prepend(err, "log") : 0;
}

int log_close(struct log *log, struct err *err)
{
	int rc = log->fd >= 0 && fsync(log->fd) < 0 ? err_errno(err, "log: sync") : 0;

	log_done(log);
	return rc;
}

void log_done(struct log *log)
{
	cleanup_fd(&log->fd);
	buf_done(&log->line);
}

/* NULL: it is none. */
static json_t *parse(const char *line, size_t len)
{
	json_t *entry =
		len > LOG_ENTRY_MAX ? NULL : json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(entry))
		return entry;
	json_decref(entry);
	return NULL;
}

/* One line, at most what an entry may have; what is longer is read to its end and not kept. */
static ssize_t read_line(FILE *from, char line[static LOG_ENTRY_MAX + 1])
{
	size_t n = 0;
	int c;

	while ((c = getc_unlocked(from)) != EOF && c != '\n')
		if (n <= LOG_ENTRY_MAX)
			line[n++] = (char)c;
	return c == EOF && n == 0 ? -1 : (ssize_t)n;
}

int log_each(const char *path, log_fn fn, void *ctx, size_t *ret_damaged, struct err *err)
{
	AUTO_MEM char *line = malloc(LOG_ENTRY_MAX + 1);
	AUTO_FILE from = NULL;
	AUTO_FD fd = -1;
	ssize_t n;
	int rc = 0;

	*ret_damaged = 0;
	if (!line)
		return err_set(err, "out of memory");
	if (io_open_regular(path, &fd, err) < 0)
		return -1;
	from = fdopen(fd, "re");
	if (!from)
		return err_errno(err, "%s", path);
	fd = -1;
	while (rc == 0 && (n = read_line(from, line)) >= 0) {
		json_t *entry = parse(line, (size_t)n);

		if (entry)
			rc = fn(ctx, entry, err);
		else
			(*ret_damaged)++;
		json_decref(entry);
	}
	if (rc == 0 && ferror(from))
		return err_set(err, "%s: can't be read", path);
	return rc;
}
