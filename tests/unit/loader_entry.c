/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of systemd-boot: paths, and the command line that its source makes of them. */
#include "lock/loader_entry.h"

#include <string.h>

#include "unit.h"

static struct loader_entry entry; /* of the running case: too large for a frame */

static int parse(const char *file, struct err *err)
{
	AUTO_BUF text = BUF_INIT(LOADER_ENTRY_MAX);

	loader_entry_done(&entry);
	return buf_putf(&text, err, "%s", file) < 0 ? -1 : loader_entry_parse(&text, &entry, err);
}

static void as_kernel_install_writes_it(void)
{
	struct err err = ERR_INIT;

	CHECK_OK(parse("title      Debian\nversion    6.1.0-1-amd64\nsort-key   debian\n"
		       "options    root=UUID=1 ro\nlinux      /0123/6.1.0-1-amd64/linux\n"
		       "initrd     /0123/6.1.0-1-amd64/initrd.img\n",
		       &err),
		 &err);
	CHECK_STR(entry.version, "6.1.0-1-amd64");
	CHECK_STR(entry.linux, "/0123/6.1.0-1-amd64/linux");
	CHECK(entry.n_initrds == 1);
	CHECK_STR(entry.initrd[0], "/0123/6.1.0-1-amd64/initrd.img");
	CHECK_STR(buf_text(&entry.line), "initrd=\\0123\\6.1.0-1-amd64\\initrd.img root=UUID=1 ro");
	loader_entry_done(&entry);
}

static void lines_are_cut_as_the_loader_cuts_them(void)
{
	struct err err = ERR_INIT;

	CHECK_OK(
		parse("#linux /no\n \t linux\t a//b \t\r# initrd /no\rinitrd //x//y\\\\z\ninitrd "
		      "w\n"
		      "options \"in quotes\"\noptions x=\"a b\"\noptions \"\noptions\noptionsx y\n",
		      &err),
		&err);
	CHECK_STR(entry.linux, "/a/b");
	CHECK(entry.n_initrds == 2);
	CHECK_STR(entry.initrd[1], "/w");
	CHECK_STR(buf_text(&entry.line), "initrd=\\x\\y\\z initrd=w in quotes x=\"a b\" \"");
	CHECK_OK(parse("version 1\nefi /EFI/shell.efi\n", &err), &err);
	CHECK(*entry.linux == '\0' && entry.line.len == 0);
	CHECK_OK(parse("", &err), &err);
	CHECK(*entry.version == '\0' && entry.n_initrds == 0);
	loader_entry_done(&entry);
}

static void nothing_is_cut_short(void)
{
	static char file[LOADER_ENTRY_MAX];
	struct err err = ERR_INIT;
	size_t n = 0;

	(void)snprintf(file, sizeof(file), "version %0*d\n", LOADER_VERSION_SIZE - 1, 7);
	CHECK_OK(parse(file, &err), &err);
	(void)snprintf(file, sizeof(file), "version %0*d\n", LOADER_VERSION_SIZE, 7);
	CHECK_FAILS(parse(file, &err), &err, "too long a version");
	(void)snprintf(file, sizeof(file), "linux /%0*d\n", LOADER_PATH_SIZE - 2, 7);
	CHECK_OK(parse(file, &err), &err);
	(void)snprintf(file, sizeof(file), "initrd %0*d\n", LOADER_PATH_SIZE - 1, 7);
	CHECK_FAILS(parse(file, &err), &err, "too long a path");
	for (int i = 0; i <= LOADER_INITRDS_MAX; i++)
		n += (size_t)snprintf(file + n, sizeof(file) - n, "initrd /%d\n", i);
	CHECK_FAILS(parse(file, &err), &err, "more than 8 initrds");
	(void)snprintf(file, sizeof(file), "options %030000d\noptions %030000d\ninitrd /%0*d\n", 7,
		       7, LOADER_PATH_SIZE - 2, 7);
	CHECK_OK(parse(file, &err), &err);
	loader_entry_done(&entry);
}

static const struct unit_case cases[] = {
	CASE(as_kernel_install_writes_it),
	CASE(lines_are_cut_as_the_loader_cuts_them),
	CASE(nothing_is_cut_short),
	CASE_END,
};

UNIT_MAIN(cases)
