/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What counts as executable, module, firmware, kernel, policy, and what does not. */
#include "sig/classify.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit/unit.h"

#define MODE_DATA 0100644
#define MODE_X 0100755

/* Classifies the bytes as if they lay at path with that mode; -1: an error. */
static int kind_of(const void *data, size_t len, const char *path, mode_t mode)
{
	AUTO_FD fd = memfd_create("classify", MFD_CLOEXEC);
	struct stat st = { .st_mode = mode, .st_size = (off_t)len };
	struct err err = ERR_INIT;
	enum sig_kind kind;

	if (fd < 0 || (len && write(fd, data, len) != (ssize_t)len))
		abort();
	if (classify_fd(fd, path, &st, &kind, &err) < 0)
		return -1;
	return (int)kind;
}

static int text_kind(const char *text, const char *path, mode_t mode)
{
	return kind_of(text, strlen(text), path, mode);
}

static Elf64_Ehdr elf64(uint16_t type)
{
	Elf64_Ehdr h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
			 .e_type = type };

	return h;
}

/* A relocatable with one section of this name, the table of names behind the file header. */
struct relocatable {
	Elf64_Ehdr head;
	char names[16];
	Elf64_Shdr section[2];
};

static struct relocatable relocatable(const char *name)
{
	struct relocatable r = { .head = elf64(ET_REL) };

	(void)snprintf(r.names + 1, sizeof(r.names) - 1, "%s", name);
	r.head.e_shoff = offsetof(struct relocatable, section);
	r.head.e_shentsize = sizeof(Elf64_Shdr);
	r.head.e_shnum = 2;
	r.head.e_shstrndx = 1;
	r.section[0].sh_name = 1;
	r.section[1].sh_offset = offsetof(struct relocatable, names);
	r.section[1].sh_size = sizeof(r.names);
	return r;
}

static void programs_and_libraries_of_any_mode(void)
{
	static const uint16_t types[] = { ET_EXEC, ET_DYN };

	for (size_t i = 0; i < 2; i++) {
		Elf64_Ehdr h = elf64(types[i]);

		CHECK(kind_of(&h, sizeof(h), "/usr/lib/x", MODE_DATA) == SIG_EXEC);
		h.e_machine = 0xffff;
		CHECK(kind_of(&h, sizeof(h), "/x", MODE_X) == SIG_EXEC);
	}
}

static void big_endian_32_bit_library(void)
{
	Elf32_Ehdr h = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2MSB, 1 },
			 .e_type = ET_DYN << 8 };

	CHECK(kind_of(&h, sizeof(h), "/x.so", MODE_DATA) == SIG_EXEC);
}

static void objects_and_core_files_are_not(void)
{
	Elf64_Ehdr core = elf64(ET_CORE);
	struct relocatable r = relocatable(".text");

	CHECK(kind_of(&core, sizeof(core), "/core", MODE_DATA) == SIG_NONE);
	CHECK(kind_of(&r, sizeof(r), "/x.o", MODE_DATA) == SIG_NONE);
	CHECK(text_kind("!<arch>\n", "/usr/lib/libx.a", MODE_DATA) == SIG_NONE);
}

static void modules_by_their_section(void)
{
	struct relocatable r = relocatable(".modinfo");

	CHECK(kind_of(&r, sizeof(r), "/root/renamed", MODE_DATA) == SIG_MODULE);
	r = relocatable("x.modinfo");
	CHECK(kind_of(&r, sizeof(r), "/root/x.ko", MODE_DATA) == SIG_NONE);
	r.section[0].sh_name = 2; /* names may share their tails */
	CHECK(kind_of(&r, sizeof(r), "/root/x.ko", MODE_DATA) == SIG_MODULE);
}

static void damaged_relocatables_are_not_modules(void)
{
	struct relocatable r = relocatable(".modinfo");

	CHECK(kind_of(&r, sizeof(r) - 32, "/x", MODE_DATA) == SIG_NONE);
	r.section[0].sh_name = sizeof(r.names);
	CHECK(kind_of(&r, sizeof(r), "/x", MODE_DATA) == SIG_NONE);
	r = relocatable(".modinfo");
	r.head.e_shstrndx = 2;
	CHECK(kind_of(&r, sizeof(r), "/x", MODE_DATA) == SIG_NONE);
	r = relocatable(".modinfo");
	r.head.e_shoff = UINT64_MAX - 1;
	CHECK(kind_of(&r, sizeof(r), "/x", MODE_DATA) == SIG_NONE);
	r = relocatable(".modinfo");
	r.section[1].sh_offset = INT64_MAX;
	CHECK(kind_of(&r, sizeof(r), "/x", MODE_DATA) == SIG_NONE);
	r = relocatable(".modinfo");
	r.section[1].sh_size = UINT64_MAX;
	CHECK(kind_of(&r, sizeof(r), "/x", MODE_DATA) == SIG_MODULE);
	r = relocatable(".modinfo");
	r.head.e_shentsize = 1;
	CHECK(kind_of(&r, sizeof(r), "/x", MODE_DATA) == SIG_NONE);
}

static void compressed_modules_by_magic_and_place(void)
{
	static const char *const magics[] = { "\xfd\x37zXZ", "\x28\xb5\x2f\xfd", "\x1f\x8b" };
	static const size_t lens[] = { 6, 4, 2 };

	for (size_t i = 0; i < 3; i++) {
		CHECK(kind_of(magics[i], lens[i], "/lib/modules/6.1/a.ko.xz", MODE_DATA) ==
		      SIG_MODULE);
		CHECK(kind_of(magics[i], lens[i], "/mnt/usr/lib/modules/6.1/a", MODE_DATA) ==
		      SIG_MODULE);
		CHECK(kind_of(magics[i], lens[i], "/usr/share/a.ko.xz", MODE_DATA) == SIG_NONE);
	}
	CHECK(text_kind("kernel/fs/ext4.ko:", "/lib/modules/6.1/modules.dep", MODE_DATA) ==
	      SIG_NONE);
}

static void scripts_by_their_execute_bit(void)
{
	CHECK(text_kind("#!/bin/sh\n", "/x", MODE_DATA) == SIG_NONE);
	CHECK(text_kind("#!/bin/sh\n", "/x", 0100654) == SIG_EXEC);
	CHECK(text_kind("#!/bin/sh\n", "/x", 0100645) == SIG_EXEC);
	CHECK(text_kind("echo without a line\n", "/x", MODE_X) == SIG_EXEC);
}

static void firmware_by_its_place(void)
{
	Elf64_Ehdr h = elf64(ET_EXEC);

	CHECK(text_kind("blob", "/lib/firmware/a/b.bin", MODE_DATA) == SIG_FIRMWARE);
	CHECK(text_kind("blob", "/usr/lib/firmware/updates/6.1/b", MODE_DATA) == SIG_FIRMWARE);
	CHECK(text_kind("blob", "/srv/root/lib/firmware/b", MODE_DATA) == SIG_FIRMWARE);
	CHECK(kind_of(&h, sizeof(h), "/lib/firmware/qcom/modem.mbn", MODE_DATA) == SIG_FIRMWARE);
	CHECK(text_kind("blob", "/lib/firmware.txt", MODE_DATA) == SIG_NONE);
	CHECK(text_kind("blob", "/mylib/firmware/x", MODE_DATA) == SIG_NONE);
}

static void kernels_by_magic(void)
{
	char image[0x210] = "MZ";
	Elf64_Ehdr h = elf64(ET_EXEC);

	memcpy(image + 0x1fe, "\x55\xaa", 2);
	memcpy(image + 0x202, "HdrS", 4);
	CHECK(kind_of(image, sizeof(image), "/boot/vmlinuz-6.1", MODE_DATA) == SIG_KERNEL);
	CHECK(kind_of(image, sizeof(image), "/anywhere", MODE_DATA) == SIG_KERNEL);
	CHECK(kind_of(image, 0x205, "/anywhere", MODE_DATA) == SIG_NONE);
	CHECK(kind_of(&h, sizeof(h), "/boot/vmlinux", MODE_DATA) == SIG_KERNEL);
	CHECK(kind_of(&h, sizeof(h), "/opt/boot/tool", MODE_X) == SIG_EXEC);
	CHECK(text_kind("boot loader text", "/boot/grub/grub.cfg", MODE_DATA) == SIG_NONE);
}

static void portable_executables(void)
{
	char image[0x48] = "MZ";

	image[0x3c] = 0x40;
	memcpy(image + 0x40, "PE\0", 4);
	CHECK(kind_of(image, sizeof(image), "/boot/efi/linux.efi", MODE_DATA) == SIG_KERNEL);
	CHECK(kind_of(image, sizeof(image), "/usr/lib/wine/a.dll", MODE_DATA) == SIG_EXEC);
	image[0x3f] = '\xff';
	CHECK(kind_of(image, sizeof(image), "/usr/lib/wine/a.dll", MODE_DATA) == SIG_NONE);
}

static void policies_by_their_place(void)
{
	CHECK(text_kind("appraise\n", "/etc/ima/ima-policy", MODE_DATA) == SIG_POLICY);
	CHECK(text_kind("appraise\n", "/etc/assay/policy/local", MODE_DATA) == SIG_POLICY);
	CHECK(text_kind("appraise\n", "/etc/assay/assay.conf", MODE_DATA) == SIG_NONE);
}

static void what_has_no_content_is_nothing(void)
{
	CHECK(text_kind("", "/x", MODE_X) == SIG_NONE);
	CHECK(text_kind("x", "/lib/firmware/x", S_IFDIR | 0755) == SIG_NONE);
}

static void relative_paths_are_completed(void)
{
	const char *tmp = getenv("UNIT_TMP");
	AUTO_FD fd = -1;
	struct stat st;
	enum sig_kind kind;
	struct err err = ERR_INIT;
	FILE *f;

	CHECK(tmp && chdir(tmp) == 0 && mkdir("lib", 0755) == 0);
	CHECK(mkdir("lib/firmware", 0755) == 0 && chdir("lib/firmware") == 0);
	f = fopen("blob", "w");
	CHECK(f && fputs("x", f) >= 0 && fclose(f) == 0);
	fd = open("blob", O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	CHECK_OK(classify_fd(fd, "blob", &st, &kind, &err), &err);
	CHECK(kind == SIG_FIRMWARE);
}

static void reading_that_fails_is_an_error(void)
{
	AUTO_FD fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st = { .st_mode = MODE_DATA, .st_size = 1 };
	struct err err = ERR_INIT;
	enum sig_kind kind;

	CHECK_FAILS(classify_fd(fd, "/name", &st, &kind, &err), &err, "read: /name");
}

static void kinds_have_names(void)
{
	CHECK_STR(sig_kind_name(SIG_NONE), "other");
	CHECK_STR(sig_kind_name(SIG_EXEC), "executable");
	CHECK_STR(sig_kind_name(SIG_MODULE), "module");
	CHECK_STR(sig_kind_name(SIG_FIRMWARE), "firmware");
	CHECK_STR(sig_kind_name(SIG_KERNEL), "kernel");
	CHECK_STR(sig_kind_name(SIG_POLICY), "policy");
}

static const struct unit_case cases[] = {
	CASE(programs_and_libraries_of_any_mode),
	CASE(big_endian_32_bit_library),
	CASE(objects_and_core_files_are_not),
	CASE(modules_by_their_section),
	CASE(damaged_relocatables_are_not_modules),
	CASE(compressed_modules_by_magic_and_place),
	CASE(scripts_by_their_execute_bit),
	CASE(firmware_by_its_place),
	CASE(kernels_by_magic),
	CASE(portable_executables),
	CASE(policies_by_their_place),
	CASE(what_has_no_content_is_nothing),
	CASE(relative_paths_are_completed),
	CASE(reading_that_fails_is_an_error),
	CASE(kinds_have_names),
	CASE_END,
};
UNIT_MAIN(cases)
