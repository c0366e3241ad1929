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

static int proc(void)
{
	static int dir = -1;

	if (dir < 0)
		dir = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return dir;
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
	boot->dirs.proc = proc();
	if (ahead_start(boot, &err) < 0 || ahead_pause(boot, &err) < 0 ||
	    ahead_appraise(boot, &err) < 0)
		return "a step failed";
	return boot->ahead ? "something was kept" : reported;
}

/* Is its last page in memory?  -1: the question has no answer. */
static int in_memory(const char *path)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at = MAP_FAILED;
	unsigned char page = 0;
	struct stat st;
	int failed;

	if (fd >= 0 && fstat(fd, &st) == 0)
		at = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd,
			  (st.st_size - 1) & ~(sysconf(_SC_PAGESIZE) - 1));
	if (at == MAP_FAILED)
		return -1;
	failed = mincore(at, 1, &page);
	(void)munmap(at, 1);
	return failed ? -1 : page & 1;
}

/* False where the file system keeps it in memory. */
static bool out_of_memory(const char *path)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0 &&
	       in_memory(path) == 0;
}

/* After the first step only; asked for a while, as reading goes on behind it. */
static int read_in(enum settings_profile profile, const char *list, const char *path)
{
	AUTO_MEM struct boot *boot = calloc(1, sizeof(*boot));
	struct err err = ERR_INIT;
	int in = -1;

	if (!boot || put(LIST, list) < 0)
		return -1;
	boot->bundle = "list";
	boot->options.root = ".";
	boot->dirs.proc = proc();
	boot->record.settings.mode = MODE_ENFORCE;
	boot->record.settings.profile = profile;
	if (ahead_start(boot, &err) < 0)
		return -1;
	for (int i = 0; i < 40 && (in = in_memory(path)) == 0; i++)
		(void)usleep(50000);
	if (ahead_pause(boot, &err) < 0 || ahead_appraise(boot, &err) < 0)
		return -1;
	return in;
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

/* A link leads where it would once this is the root.  A file is read to its end, however little of
 * it the kernel takes at a time. */
static void what_will_be_hashed_is_read_before(void)
{
	if (one_processor())
		SKIP("one processor");
	(void)unlink("link");
	CHECK(put("read", "1") == 0 && put("other", "1") == 0 && symlink("/read", "link") == 0);
	CHECK(truncate("read", 12 << 20) == 0);
	if (!out_of_memory("read") || !out_of_memory("other"))
		SKIP("this file system keeps files in memory");
	CHECK(read_in(PROFILE_SIGNATURE, "none\n/link\n", "read") == 1);
	CHECK(read_in(PROFILE_SIGNATURE, "/../other\n", "other") == 1);
}

static void what_has_fs_verity_is_not_read_before(void)
{
	if (one_processor())
		SKIP("one processor");
	CHECK(put("read", "1") == 0);
	if (!out_of_memory("read"))
		SKIP("this file system keeps files in memory");
	CHECK(read_in(PROFILE_VERITY, "/read\n", "read") == 0);
}

static const struct unit_case cases[] = {
	CASE(what_is_there_is_mapped),
	CASE(what_is_no_file_is_left_out),
	CASE(nothing_to_do_is_nothing_done),
	CASE(a_list_has_a_maximum),
	CASE(one_processor_does_nothing),
	CASE(what_will_be_hashed_is_read_before),
	CASE(what_has_fs_verity_is_not_read_before),
	CASE_END,
};
UNIT_MAIN(cases)
