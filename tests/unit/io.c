/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files are read up to a maximum and replaced whole. */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "unit/unit.h"

#define LARGE 200000 /* bytes: more than are read at a time */

static int put_file(const char *path, const void *data, size_t len)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct err err = ERR_INIT;

	return fd < 0 ? -1 : io_write_all(fd, data, len, &err);
}

static void a_file_is_read(void)
{
	AUTO_BUF b = BUF_INIT(2 * LARGE);
	struct err err = ERR_INIT;
	static char large[LARGE];

	memset(large, 'x', sizeof(large));
	CHECK(put_file("f", large, LARGE) == 0);
	CHECK_OK(buf_put(&b, "ab", 2, &err), &err);
	CHECK_OK(io_read_file("f", &b, &err), &err);
	CHECK(b.len == LARGE + 2 && b.data[LARGE + 1] == 'x' && b.data[LARGE + 2] == '\0');
}

static void the_maximum_and_one_past(void)
{
	AUTO_BUF b = BUF_INIT(5);
	struct err err = ERR_INIT;

	CHECK(put_file("f", "12345", 5) == 0);
	CHECK_OK(io_read_file("f", &b, &err), &err);
	CHECK_STR(buf_text(&b), "12345");
	CHECK(put_file("f", "123456", 6) == 0);
	buf_reset(&b);
	CHECK_FAILS(io_read_file("f", &b, &err), &err,
		    "read: f: larger than the maximum of 5 bytes");
	CHECK(b.len == 0);
}

static void an_empty_file(void)
{
	AUTO_BUF b = BUF_INIT(5);
	AUTO_BUF none = BUF_INIT(0);
	struct err err = ERR_INIT;

	CHECK(put_file("f", "", 0) == 0);
	CHECK_OK(io_read_file("f", &b, &err), &err);
	CHECK_OK(io_read_file("f", &none, &err), &err);
	CHECK(b.len == 0 && none.len == 0);
}

static void only_regular_files(void)
{
	AUTO_BUF b = BUF_INIT(100);
	struct err err = ERR_INIT;
	int fd = -1;

	CHECK_FAILS(io_read_file("missing", &b, &err), &err,
		    "open: missing: No such file or directory");
	CHECK_FAILS(io_read_file(".", &b, &err), &err, "open: .: not a regular file");
	CHECK(mkfifo("fifo", 0600) == 0);
	CHECK_FAILS(io_open_regular("fifo", &fd, &err), &err, "not a regular file");
	CHECK_FAILS(io_open_regular("/dev/zero", &fd, &err), &err, "not a regular file");
	CHECK(fd == -1);
}

static void reading_what_cannot_be_read(void)
{
	AUTO_BUF b = BUF_INIT(100);
	AUTO_FD fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err = ERR_INIT;

	CHECK_FAILS(io_read_fd(fd, "dir", &b, &err), &err, "read: dir: Is a directory");
	CHECK(b.len == 0);
}

static void a_file_is_replaced(void)
{
	AUTO_BUF b = BUF_INIT(100);
	AUTO_BUF back = BUF_INIT(100);
	struct err err = ERR_INIT;
	struct stat st;

	CHECK(put_file("f", "old", 3) == 0);
	CHECK_OK(buf_putf(&b, &err, "new"), &err);
	CHECK_OK(io_replace_file("f", &b, 0640, &err), &err);
	CHECK_OK(io_read_file("f", &back, &err), &err);
	CHECK_STR(buf_text(&back), "new");
	CHECK(stat("f", &st) == 0 && (st.st_mode & 07777) == 0640);
}

static void an_empty_file_is_written(void)
{
	AUTO_BUF b = BUF_INIT(100);
	struct err err = ERR_INIT;
	struct stat st;

	CHECK_OK(io_replace_file("./g", &b, 0600, &err), &err);
	CHECK(stat("g", &st) == 0 && st.st_size == 0);
}

static void what_cannot_be_replaced(void)
{
	AUTO_BUF b = BUF_INIT(100);
	struct err err = ERR_INIT;

	CHECK(mkdir("d", 0700) == 0);
	CHECK(put_file("d/child", "", 0) == 0);
	CHECK_FAILS(io_replace_file("d", &b, 0600, &err), &err, "write: d: ");
	CHECK_FAILS(io_replace_file("missing/f", &b, 0600, &err), &err,
		    "write: missing/f: No such file or directory");
	CHECK(rmdir("d") == -1);
	CHECK(unlink("d/child") == 0 && rmdir("d") == 0);
}

static void a_file_is_created_but_not_replaced(void)
{
	AUTO_BUF b = BUF_INIT(100);
	AUTO_BUF back = BUF_INIT(100);
	struct err err = ERR_INIT;
	struct stat st;

	CHECK_OK(buf_putf(&b, &err, "key"), &err);
	CHECK_OK(io_create_file("f", &b, 0600, &err), &err);
	CHECK_OK(io_read_file("f", &back, &err), &err);
	CHECK_STR(buf_text(&back), "key");
	CHECK(stat("f", &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK_FAILS(io_create_file("f", &b, 0600, &err), &err, "write: f: exists already");
	CHECK_FAILS(io_create_file("missing/f", &b, 0600, &err), &err, "write: missing/f: ");
}

static void only_files_are_replaced(void)
{
	AUTO_BUF b = BUF_INIT(64);
	struct err err = ERR_INIT;

	CHECK_OK(buf_put(&b, "key", 3, &err), &err);
	CHECK(mkfifo("pipe", 0600) == 0 && symlink("target", "link") == 0 &&
	      mkdir("dir", 0700) == 0);
	CHECK_FAILS(io_replace_file("pipe", &b, 0600, &err), &err, "write: pipe: is not a regular");
	CHECK_FAILS(io_replace_file("link", &b, 0600, &err), &err, "write: link: is not a regular");
	CHECK_FAILS(io_replace_file("dir", &b, 0600, &err), &err, "write: dir: is not a regular");
	CHECK(access("target", F_OK) < 0);
}

static void a_full_device(void)
{
	AUTO_FD fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct err err = ERR_INIT;

	CHECK_FAILS(io_write_all(fd, "x", 1, &err), &err, "No space left on device");
	CHECK_OK(io_write_all(fd, "x", 0, &err), &err);
}

/* From now on open() knows no O_TMPFILE and, without links, the file system has none, as on FAT. */
static bool take_away(bool links, bool renames)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, links ? ~0U : SYS_link, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, renames ? ~0U : SYS_renameat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = ARRAY_LEN(code), .filter = code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* In a directory of its own: the whole file, under its name alone; and never a second time. */
static void create_twice(const char *dir)
{
	AUTO_BUF b = BUF_INIT(100);
	AUTO_BUF back = BUF_INIT(100);
	struct err err = ERR_INIT;
	AUTO_DIR d = NULL;
	struct stat st;
	size_t n = 0;

	CHECK(mkdir(dir, 0700) == 0 && chdir(dir) == 0);
	CHECK_OK(buf_put(&b, "key", 3, &err), &err);
	CHECK_OK(io_create_file("f", &b, 0640, &err), &err);
	CHECK(stat("f", &st) == 0 && (st.st_mode & 07777) == 0640 && st.st_nlink == 1);
	CHECK_OK(buf_put(&b, "2", 1, &err), &err);
	CHECK_FAILS(io_create_file("f", &b, 0640, &err), &err, "write: f: exists already");
	CHECK_OK(io_read_file("f", &back, &err), &err);
	CHECK_STR(buf_text(&back), "key");
	d = opendir(".");
	while (d && readdir(d))
		n++;
	CHECK(n == 3); /* and ".", ".." */
	CHECK(chdir("..") == 0);
}

static void without_nameless_files(void)
{
	if (!take_away(true, true))
		SKIP("no seccomp here");
	create_twice("links");
}

static void without_nameless_files_and_links(void)
{
	if (!take_away(false, true))
		SKIP("no seccomp here");
	create_twice("renames");
}

static void without_anything_that_overwrites_nothing(void)
{
	AUTO_BUF b = BUF_INIT(100);
	struct err err = ERR_INIT;

	if (!take_away(false, false))
		SKIP("no seccomp here");
	CHECK_FAILS(io_create_file("none", &b, 0600, &err), &err,
		    "write: none: the file system has neither hard links nor a rename");
	CHECK(!io_exists("none"));
}

static void directories_are_made(void)
{
	struct err err = ERR_INIT;
	struct stat st;

	CHECK_OK(io_make_dirs("a/b/c", &err), &err);
	CHECK(stat("a/b/c", &st) == 0 && S_ISDIR(st.st_mode));
	CHECK_OK(io_make_dirs("a/b/c", &err), &err);
	CHECK_OK(io_make_dirs("a//b/", &err), &err);
	CHECK_OK(io_make_dirs("/", &err), &err);
	CHECK(put_file("file", "", 0) == 0);
	CHECK_FAILS(io_make_dirs("file/x", &err), &err, "mkdir: file/x: Not a directory");
}

static void presence(void)
{
	CHECK(io_exists("/"));
	CHECK(!io_exists("missing"));
	CHECK(symlink("nowhere", "dangling") == 0);
	CHECK(io_exists("dangling"));
}

static const struct unit_case cases[] = {
	CASE(a_file_is_read),
	CASE(the_maximum_and_one_past),
	CASE(an_empty_file),
	CASE(only_regular_files),
	CASE(reading_what_cannot_be_read),
	CASE(a_file_is_replaced),
	CASE(an_empty_file_is_written),
	CASE(what_cannot_be_replaced),
	CASE(a_file_is_created_but_not_replaced),
	CASE(only_files_are_replaced),
	CASE(a_full_device),
	CASE(without_nameless_files),
	CASE(without_nameless_files_and_links),
	CASE(without_anything_that_overwrites_nothing),
	CASE(directories_are_made),
	CASE(presence),
	CASE_END,
};
UNIT_MAIN(cases)
