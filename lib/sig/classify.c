/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel would appraise, from the head of a file, its mode and its place. */
#include "sig/classify.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/rd.h"
#include "sig/classify_elf.h"

#define MODE_ANY_X (S_IXUSR | S_IXGRP | S_IXOTH)

/* Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". */
#define BZIMAGE_BOOT_FLAG_AT 0x1fe
#define BZIMAGE_MAGIC_AT 0x202

#define PE_HEADER_OFFSET_AT 0x3c /* e_lfanew of the MS-DOS header */
#define ARM64_MAGIC_AT 0x38	 /* Documentation/arch/arm64/booting.rst */

struct head {
	const uint8_t *data;
	size_t len;
};

const char *sig_kind_name(enum sig_kind kind)
{
	switch (kind) {
	case SIG_NONE:
		break;
	case SIG_EXEC:
		return "executable";
	case SIG_MODULE:
		return "module";
	case SIG_FIRMWARE:
		return "firmware";
	case SIG_KERNEL:
		return "kernel";
	case SIG_POLICY:
		return "policy";
	}
	return "other";
}

static bool head_has(const struct head *h, size_t at, const void *magic, size_t len)
{
	return h->len >= at && h->len - at >= len && memcmp(h->data + at, magic, len) == 0;
}

/* Is there a "/dir/" in the path, dir being whole components? */
static bool path_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	for (const char *p = path; (p = strstr(p, dir)); p++)
		if (p > path && p[-1] == '/' && p[len] == '/')
			return true;
	return false;
}

static bool path_ends(const char *path, const char *tail)
{
	size_t len = strlen(path);
	size_t tail_len = strlen(tail);

	return len >= tail_len && strcmp(path + len - tail_len, tail) == 0;
}

static bool is_pe(const struct head *h)
{
	struct rd r = rd_init(h->data, h->len);
	uint32_t at;

	if (!head_has(h, 0, "MZ", 2) || !rd_bytes(&r, PE_HEADER_OFFSET_AT))
		return false;
	at = rd_le32(&r);
	/* EFI zboot kernels carry the header within the first page as all others do. */
	return rd_ok(&r) && head_has(h, at, "PE\0", 4);
}

/* Where the content alone does not tell a kernel from something else. */
static bool is_kernels_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return path_below(path, "boot") && slash && strncmp(slash + 1, "vmlinu", 6) == 0;
}

static bool is_kernel(const struct head *h, const char *path)
{
	if (head_has(h, BZIMAGE_BOOT_FLAG_AT, "\x55\xaa", 2) &&
	    head_has(h, BZIMAGE_MAGIC_AT, "HdrS", 4))
		return true;
	if (!path_below(path, "boot"))
		return false;
	return is_pe(h) || head_has(h, ARM64_MAGIC_AT, "ARM\x64", 4) ||
	       (head_has(h, 0, "\x1f\x8b", 2) && is_kernels_name(path));
}

static bool is_compressed(const struct head *h)
{
	return head_has(h, 0, "\xfd\x37zXZ", 6) || head_has(h, 0, "\x28\xb5\x2f\xfd", 4) ||
	       head_has(h, 0, "\x1f\x8b", 2);
}

static enum sig_kind kind_by_place(const char *path)
{
	if (path_below(path, "lib/firmware"))
		return SIG_FIRMWARE;
	if (path_ends(path, "/etc/ima/ima-policy") || path_below(path, "etc/assay/policy"))
		return SIG_POLICY;
	return SIG_NONE;
}

static enum sig_kind kind_of_elf(const char *path, enum elf_kind elf)
{
	switch (elf) {
	case ELF_PROGRAM:
		return is_kernels_name(path) ? SIG_KERNEL : SIG_EXEC;
	case ELF_MODULE:
		return SIG_MODULE;
	case ELF_NOT:
	case ELF_OTHER:
		break;
	}
	return SIG_NONE;
}

static enum sig_kind kind_by_head(const struct head *h, const char *path)
{
	if (is_kernel(h, path))
		return SIG_KERNEL;
	if (path_below(path, "lib/modules") && is_compressed(h))
		return SIG_MODULE;
	if (is_pe(h))
		return SIG_EXEC;
	return SIG_NONE;
}

/* A relative path says nothing of the place; it is left as it is where the kernel does not tell,
 * but not where nobody asked it. */
static int complete_path(int fd, const char *path, char **ret_full, struct err *err)
{
	char link[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];
	AUTO_STR full = malloc(PATH_MAX);
	ssize_t n;

	if (!full)
		return err_set(err, "out of memory");
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, full, PATH_MAX - 1);
	if (n < 0 && io_require_proc(err) < 0)
		return -1;
	if (n > 0 && full[0] == '/')
		full[n] = '\0';
	else
		(void)snprintf(full, PATH_MAX, "%s", path);
	*ret_full = take_ptr(&full);
	return 0;
}

static int classify_content(int fd, const char *path, enum sig_kind *ret_kind, struct err *err)
{
	uint8_t head[CLASSIFY_HEAD_MAX];
	struct head h = { .data = head, .len = 0 };
	enum elf_kind elf;
	ssize_t n = pread(fd, head, sizeof(head), 0);

	if (n < 0)
		return err_errno(err, "read: %s", path);
	h.len = (size_t)n;
	if (elf_classify(fd, head, h.len, &elf, err) < 0)
		return err_prepend(err, "read: %s", path);
	*ret_kind = elf == ELF_NOT ? kind_by_head(&h, path) : kind_of_elf(path, elf);
	return 0;
}

static int classify_at(int fd, const char *path, const struct stat *st, enum sig_kind *ret_kind,
		       struct err *err)
{
	enum sig_kind kind = kind_by_place(path);

	if (kind == SIG_NONE && classify_content(fd, path, &kind, err) < 0)
		return -1;
	if (kind == SIG_NONE && (st->st_mode & MODE_ANY_X))
		kind = SIG_EXEC;
	*ret_kind = kind;
	return 0;
}

int classify_fd(int fd, const char *path, const struct stat *st, enum sig_kind *ret_kind,
		struct err *err)
{
	AUTO_STR full = NULL;

	if (!S_ISREG(st->st_mode) || st->st_size == 0) {
		*ret_kind = SIG_NONE;
		return 0;
	}
	if (path[0] != '/' && complete_path(fd, path, &full, err) < 0)
		return -1;
	return classify_at(fd, full ? full : path, st, ret_kind, err);
}
