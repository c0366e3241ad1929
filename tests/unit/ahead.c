/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files appraised ahead of init: whatever the list names, a boot goes on. */
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "initramfs/boot/parts.h"
#include "unit/unit.h"

#define LIST "list.ahead"

/* What report.c would write, and where record.c would find the list. */
static char reported[256];

void report_line(struct boot *boot UNUSED, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(reported, sizeof(reported), fmt, ap);
	va_end(ap);
}

int bundle_path(const struct boot *boot, const char *name, char ret_path[static BUNDLE_PATH_MAX],
		struct err *err UNUSED)
{
	(void)snprintf(ret_path, BUNDLE_PATH_MAX, "%s.%s", boot->bundle, name);
	return 0;
}

static int put(const char *path, const char *text)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	return fd < 0 ? -1 : io_write_all(fd, text, strlen(text), NULL);
}

/* All of a boot's steps on this list; "" where nothing was done. */
static const char *goes(enum settings_mode mode, const char *list)
{
	AUTO_MEM struct boot *boot = calloc(1, sizeof(*boot));
	struct err err = ERR_INIT;

	reported[0] = '\0';
	(void)unlink(LIST);
	if (!boot || (list && put(LIST, list) < 0))
		return "not set up";
	boot->bundle = "list";
	boot->record.settings.mode = mode;
	boot->options.root = ".";
	if (ahead_start(boot, &err) < 0 || ahead_pause(boot, &err) < 0 ||
	    ahead_appraise(boot, &err) < 0)
		return "a step failed";
	return boot->ahead ? "something was kept" : reported;
}

static bool one_processor(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) < 2;
}

static void what_is_there_is_mapped(void)
{
	if (one_processor())
		SKIP("one processor");
	CHECK(put("file.1", "1") == 0 && put("file.2", "2") == 0);
	CHECK_STR(goes(MODE_ENFORCE, "file.1\nfile.2\n"), "ahead 2 of 2");
	CHECK_STR(goes(MODE_ENFORCE, "file.1\nfile.2"), "ahead 2 of 2");
}

static void what_is_no_file_is_left_out(void)
{
	if (one_processor())
		SKIP("one processor");
	(void)unlink("fifo");
	(void)mkdir("dir", 0755);
	CHECK(mkfifo("fifo", 0600) == 0 && put("file.1", "1") == 0);
	CHECK_STR(goes(MODE_ENFORCE, "fifo\ndir\nnone\n/dev/tty\n/dev/zero\nfile.1\n"),
		  "ahead 1 of 6");
}

static void nothing_to_do_is_nothing_done(void)
{
	CHECK_STR(goes(MODE_ENFORCE, NULL), "");
	CHECK_STR(goes(MODE_ENFORCE, ""), "");
	CHECK_STR(goes(MODE_ENFORCE, "\n\n"), "");
	CHECK_STR(goes(MODE_LOG, "file.1\n"), "");
}

static void a_list_has_a_maximum(void)
{
	AUTO_MEM char *long_list = calloc(1, 20001);
	char many[1024] = "";

	CHECK(long_list);
	if (one_processor())
		SKIP("one processor");
	CHECK(put("f", "1") == 0);
	for (int i = 0; i < 100; i++)
		(void)strcat(many, "f\n");
	CHECK_STR(goes(MODE_ENFORCE, many), "ahead 64 of 64");
	memset(long_list, 'f', 20000);
	CHECK_STR(goes(MODE_ENFORCE, long_list), "");
}

/* One thread's processor: init is alone to map them, as ever. */
static void one_processor_does_nothing(void)
{
	cpu_set_t all, one;
	size_t first = 0;

	CHECK(sched_getaffinity(0, sizeof(all), &all) == 0);
	while (!CPU_ISSET(first, &all))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == 0 && put("f", "1") == 0);
	CHECK_STR(goes(MODE_ENFORCE, "f\n"), "");
	CHECK(sched_setaffinity(0, sizeof(all), &all) == 0);
}

static const struct unit_case cases[] = {
	CASE(what_is_there_is_mapped),	     CASE(what_is_no_file_is_left_out),
	CASE(nothing_to_do_is_nothing_done), CASE(a_list_has_a_maximum),
	CASE(one_processor_does_nothing),    CASE_END,
};
UNIT_MAIN(cases)
