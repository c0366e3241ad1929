/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file needs: scripts, programs, damaged ones. */
#include "sig/needs.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "unit/unit.h"

struct seen {
	char text[512]; /* "kind:text;" in the order in which they were told */
};

static int note(void *ctx, enum needs_kind kind, const char *text, struct err *err)
{
	struct seen *s = ctx;
	size_t n = strlen(s->text);

	(void)err;
	(void)snprintf(s->text + n, sizeof(s->text) - n, "%u:%s;", (unsigned int)kind, text);
	return 0;
}

static int refuse(void *ctx, enum needs_kind kind, const char *text, struct err *err)
{
	(void)ctx;
	(void)kind;
	return err_set(err, "enough of %s", text);
}

static int file_of(const void *data, size_t len)
{
	int fd = memfd_create("needs", MFD_CLOEXEC);

	if (fd >= 0 && io_write_all(fd, data, len, NULL) < 0)
		return -1;
	return fd;
}

static void read_text(const char *text, struct seen *ret_seen)
{
	AUTO_FD fd = file_of(text, strlen(text));

	ret_seen->text[0] = '\0';
	if (needs_read(fd, "needs", note, ret_seen, NULL) < 0)
		(void)snprintf(ret_seen->text, sizeof(ret_seen->text), "failed");
}

static void scripts_name_their_interpreter(void)
{
	struct seen s;

	read_text("#!/bin/sh -e\necho\n", &s);
	CHECK_STR(s.text, "0:/bin/sh;");
	read_text("#! \t/usr/bin/env python3\n", &s);
	CHECK_STR(s.text, "0:/usr/bin/env;");
	read_text("#!/bin/bash", &s);
	CHECK_STR(s.text, "0:/bin/bash;");
	read_text("#!\n/bin/sh\n", &s);
	CHECK_STR(s.text, "");
}

static void data_needs_nothing(void)
{
	struct seen s;

	read_text("", &s);
	CHECK_STR(s.text, "");
	read_text("echo hello\n", &s);
	CHECK_STR(s.text, "");
	read_text("\x7f"
		  "ELF\x02\x01 and then nothing",
		  &s);
	CHECK_STR(s.text, "");
}

/* A program with one segment that is loaded, its interpreter, and a dynamic section. */
struct image {
	Elf64_Ehdr head;
	Elf64_Phdr segment[3];
	Elf64_Dyn dynamic[5];
	char strings[64]; /* "", library at 1, runpath at 11 */
	char interpreter[16];
};

static struct image make_image(void)
{
	struct image i = { .head = { .e_type = ET_DYN,
				     .e_phoff = sizeof(Elf64_Ehdr),
				     .e_phentsize = sizeof(Elf64_Phdr),
				     .e_phnum = 3 },
			   .strings = "\0libone.so\0$ORIGIN/lib",
			   .interpreter = "/lib/ld.so" };

	memcpy(i.head.e_ident, ELFMAG, SELFMAG);
	i.head.e_ident[EI_CLASS] = ELFCLASS64;
	i.head.e_ident[EI_DATA] = ELFDATA2LSB;
	i.segment[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_vaddr = 0x1000, .p_filesz = sizeof(i) };
	i.segment[1] = (Elf64_Phdr){ .p_type = PT_INTERP,
				     .p_offset = offsetof(struct image, interpreter),
				     .p_filesz = 11 };
	i.segment[2] = (Elf64_Phdr){ .p_type = PT_DYNAMIC,
				     .p_offset = offsetof(struct image, dynamic),
				     .p_filesz = sizeof(i.dynamic) };
	i.dynamic[0] = (Elf64_Dyn){ DT_NEEDED, { 1 } };
	i.dynamic[1] = (Elf64_Dyn){ DT_STRTAB, { 0x1000 + offsetof(struct image, strings) } };
	i.dynamic[2] = (Elf64_Dyn){ DT_RUNPATH, { 11 } };
	i.dynamic[3] = (Elf64_Dyn){ DT_NULL, { 0 } };
	i.dynamic[4] = (Elf64_Dyn){ DT_NEEDED, { 1 } }; /* behind the end */
	return i;
}

static void read_image(const struct image *i, size_t len, struct seen *ret_seen)
{
	AUTO_FD fd = file_of(i, len);

	ret_seen->text[0] = '\0';
	if (needs_read(fd, "needs", note, ret_seen, NULL) < 0)
		(void)snprintf(ret_seen->text, sizeof(ret_seen->text), "failed");
}

static void programs_name_libraries_behind_their_runpath(void)
{
	struct image i = make_image();
	struct seen s;

	read_image(&i, sizeof(i), &s);
	CHECK_STR(s.text, "0:/lib/ld.so;2:$ORIGIN/lib;1:libone.so;");
}

static void damage_is_left_out(void)
{
	struct image i = make_image();
	struct seen s;

	for (size_t len = 0; len < sizeof(i); len++)
		read_image(&i, len, &s); /* cut anywhere it fails nowhere, and reads nothing else */
	CHECK_STR(s.text, "0:/lib/ld.so;2:$ORIGIN/lib;1:libone.so;");
	i.dynamic[0].d_un.d_val = UINT64_MAX; /* strings outside of the file */
	i.dynamic[1].d_un.d_val = 1;	      /* and their table in no segment */
	read_image(&i, sizeof(i), &s);
	CHECK_STR(s.text, "0:/lib/ld.so;");
	i = make_image();
	i.segment[1].p_offset = UINT64_MAX;
	i.segment[2].p_offset = UINT64_MAX - 8;
	read_image(&i, sizeof(i), &s);
	CHECK_STR(s.text, "");
	i = make_image();
	i.head.e_phnum = NEEDS_SEGMENTS_MAX + 1;
	read_image(&i, sizeof(i), &s);
	CHECK_STR(s.text, "");
}

static void the_callers_failure_ends_it(void)
{
	struct image i = make_image();
	AUTO_FD fd = file_of(&i, sizeof(i));
	struct err err = ERR_INIT;

	CHECK_FAILS(needs_read(fd, "needs", refuse, NULL, &err), &err, "enough of /lib/ld.so");
}

static void a_file_that_cant_be_read_is_trouble(void)
{
	AUTO_FD fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err = ERR_INIT;

	CHECK_FAILS(needs_read(fd, "dir", note, NULL, &err), &err, "read: dir: ");
}

static const struct unit_case cases[] = {
	CASE(scripts_name_their_interpreter),
	CASE(data_needs_nothing),
	CASE(programs_name_libraries_behind_their_runpath),
	CASE(damage_is_left_out),
	CASE(the_callers_failure_ends_it),
	CASE(a_file_that_cant_be_read_is_trouble),
	CASE_END,
};
UNIT_MAIN(cases)
