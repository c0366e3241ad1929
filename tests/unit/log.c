/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of what was taken and signed: only added to, read whatever is in it. */
#include "cli/log.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "unit.h"

struct found {
	size_t n;
	char last[64];
};

static int on_entry(void *ctx, const json_t *entry, struct err *err)
{
	struct found *f = ctx;
	const char *what = json_string_value(json_object_get(entry, "what"));

	f->n++;
	(void)snprintf(f->last, sizeof(f->last), "%s", what ? what : "");
	if (strcmp(f->last, "stop") == 0)
		return err_set(err, "stopped");
	return json_is_string(json_object_get(entry, "time")) ? 0 : err_set(err, "no time");
}

static void path_of(const char *name, char path[static 512])
{
	(void)snprintf(path, 512, "%s/%s", unit_tmp(), name);
}

/* So that it can be removed with the other files of the test; was it only to be added to? */
static bool loosen(const char *path)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int flags = 0;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & FS_APPEND_FL))
		return false;
	flags &= ~FS_APPEND_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

static int add(const char *path, const char *what, struct err *err)
{
	CLEANUP(log_done) struct log log = LOG_INIT;

	int rc = log_open(&log, path, err);

	if (rc == 0)
		rc = log_add(&log, json_pack("{s:s}", "what", what), err);
	if (rc == 0)
		rc = log_close(&log, err);
	(void)loosen(path);
	return rc;
}

static void write_raw(const char *path, const char *text)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static void entries_are_added(void)
{
	struct found found = { .n = 0 };
	struct err err = ERR_INIT;
	size_t damaged;
	char path[512];
	struct stat st;

	path_of("d/log", path);
	CHECK_OK(add(path, "one", &err), &err);
	CHECK_OK(add(path, "two\n", &err), &err);
	CHECK_OK(log_each(path, on_entry, &found, &damaged, &err), &err);
	CHECK(found.n == 2 && damaged == 0);
	CHECK_STR(found.last, "two\n");
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07777) == 0644);
	CHECK_OK(add(path, "stop", &err), &err);
	CHECK_FAILS(log_each(path, on_entry, &found, &damaged, &err), &err, "stopped");
}

/* Where the file system knows the flag, nobody cuts it short by accident. */
static void it_can_only_be_added_to(void)
{
	CLEANUP(log_done) struct log log = LOG_INIT;
	struct err err = ERR_INIT;
	char path[512];
	bool kept;

	path_of("only", path);
	CHECK_OK(log_open(&log, path, &err), &err);
	kept = truncate(path, 0) < 0 && unlink(path) < 0;
	CHECK(loosen(path) == kept);
}

static void half_a_line_swallows_nothing(void)
{
	struct found found = { .n = 0 };
	struct err err = ERR_INIT;
	size_t damaged;
	char path[512];

	path_of("half", path);
	write_raw(path, "{\"time\":\"t\",\"what\":\"old\"}\n{\"time\":\"t\",\"wh");
	CHECK_OK(add(path, "new", &err), &err);
	CHECK_OK(log_each(path, on_entry, &found, &damaged, &err), &err);
	CHECK(found.n == 2 && damaged == 1);
	CHECK_STR(found.last, "new");
}

static void what_is_no_entry_is_passed_over(void)
{
	AUTO_MEM char *longer = malloc(LOG_ENTRY_MAX + 100);
	struct found found = { .n = 0 };
	struct err err = ERR_INIT;
	size_t damaged;
	char path[512];

	path_of("junk", path);
	CHECK(longer);
	memset(longer, 'x', LOG_ENTRY_MAX + 99);
	longer[LOG_ENTRY_MAX + 98] = '\n';
	longer[LOG_ENTRY_MAX + 99] = '\0';
	write_raw(path, "[]\n\n{\"a\":1,\"a\":2}\n\xff\n");
	write_raw(path, longer);
	CHECK_OK(add(path, "new", &err), &err);
	CHECK_OK(log_each(path, on_entry, &found, &damaged, &err), &err);
	CHECK(found.n == 1 && damaged == 5);
	CHECK_FAILS(add(path, longer, &err), &err, "log: ");
}

static void what_is_no_file(void)
{
	struct err err = ERR_INIT;
	char path[512];
	char link[512];

	path_of("pipe", path);
	CHECK(mkfifo(path, 0600) == 0);
	CHECK_FAILS(add(path, "x", &err), &err, "pipe: ");
	path_of("target", path);
	path_of("link", link);
	CHECK(symlink(path, link) == 0);
	CHECK_FAILS(add(link, "x", &err), &err, "link: ");
	CHECK(access(path, F_OK) < 0);
}

static const struct unit_case cases[] = {
	CASE(entries_are_added),
	CASE(it_can_only_be_added_to),
	CASE(half_a_line_swallows_nothing),
	CASE(what_is_no_entry_is_passed_over),
	CASE(what_is_no_file),
	CASE_END,
};
UNIT_MAIN(cases)
