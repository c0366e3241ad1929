/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interpreters and libraries of ELF files and scripts. */
#include "sig/needs.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rd.h"

#define SCRIPT_LINE_MAX 256 /* BINPRM_BUF_SIZE, include/uapi/linux/binfmts.h */
#define EHDR_LEN 64
#define PHDR_LEN 56
#define DYN_LEN 16

struct segment {
	uint32_t type;
	uint64_t offset;
	uint64_t address;
	uint64_t size; /* in the file */
};

struct image {
	int fd;
	const char *name;
	struct segment *segment;
	size_t n;
	needs_fn fn;
	void *ctx;
};

/* Room for bytes of the file. */
struct piece {
	uint8_t *data;
	size_t len; /* how many are wanted; afterwards how many there are */
};

/* Fewer at the end of the file. */
static int read_at(const struct image *im, uint64_t offset, struct piece *piece, struct err *err)
{
	size_t got = 0;

	while (got < piece->len && offset <= INT64_MAX - piece->len) {
		ssize_t n =
			pread(im->fd, piece->data + got, piece->len - got, (off_t)(offset + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, "read: %s", im->name);
		if (n == 0)
			break;
		got += (size_t)n;
	}
	piece->len = got;
	return 0;
}

/* "#! /bin/sh -e": the kernel takes the first word (fs/binfmt_script.c). */
static int read_script(const struct image *im, char *line, struct err *err)
{
	char *start;

	line[strcspn(line, "\n")] = '\0';
	start = line + 2 + strspn(line + 2, " \t");
	start[strcspn(start, " \t")] = '\0';
	return *start ? im->fn(im->ctx, NEEDS_INTERPRETER, start, err) : 0;
}

/* A NUL-terminated string at a file offset; *ret_ok false when there is none of fit length. */
static int read_string(const struct image *im, uint64_t offset,
		       char ret_text[static NEEDS_NAME_MAX], bool *ret_ok, struct err *err)
{
	struct piece piece = { (uint8_t *)ret_text, NEEDS_NAME_MAX };

	if (read_at(im, offset, &piece, err) < 0)
		return -1;
	*ret_ok = piece.len && memchr(ret_text, '\0', piece.len) && *ret_text;
	return 0;
}

static int tell_string(const struct image *im, enum needs_kind kind, uint64_t offset,
		       struct err *err)
{
	AUTO_STR text = malloc(NEEDS_NAME_MAX);
	bool ok;

	if (!text)
		return err_set(err, "out of memory");
	if (read_string(im, offset, text, &ok, err) < 0)
		return -1;
	return ok ? im->fn(im->ctx, kind, text, err) : 0;
}

/* Where the address lies in the file; false: nowhere. */
static bool file_offset(const struct image *im, uint64_t address, uint64_t *ret_offset)
{
	for (size_t i = 0; i < im->n; i++) {
		const struct segment *s = &im->segment[i];

		if (s->type == PT_LOAD && address >= s->address && address - s->address < s->size) {
			*ret_offset = s->offset + (address - s->address);
			return true;
		}
	}
	return false;
}

/* The entries of one kind (two tags) in the dynamic section. */
static int tell_tags(const struct image *im, struct rd dynamic, const uint64_t tags[2],
		     uint64_t strings, struct err *err)
{
	size_t told = 0;

	while (dynamic.left >= DYN_LEN && told < NEEDS_NAMES_MAX) {
		uint64_t tag = rd_le64(&dynamic);
		uint64_t value = rd_le64(&dynamic);

		if (tag == DT_NULL)
			break;
		if (tag != tags[0] && tag != tags[1])
			continue;
		told++;
		if (tell_string(im, tag == DT_NEEDED ? NEEDS_LIBRARY : NEEDS_RUNPATH,
				strings + value, err) < 0)
			return -1;
	}
	return 0;
}

static bool find_strings(const struct image *im, struct rd dynamic, uint64_t *ret_offset)
{
	while (dynamic.left >= DYN_LEN) {
		uint64_t tag = rd_le64(&dynamic);
		uint64_t value = rd_le64(&dynamic);

		if (tag == DT_NULL)
			return false;
		if (tag == DT_STRTAB)
			return file_offset(im, value, ret_offset);
	}
	return false;
}

static int read_dynamic(const struct image *im, const struct segment *s, struct err *err)
{
	static const uint64_t paths[] = { DT_RUNPATH, DT_RPATH };
	static const uint64_t needed[] = { DT_NEEDED, DT_NEEDED };
	size_t len = s->size < NEEDS_DYNAMIC_MAX ? (size_t)s->size : NEEDS_DYNAMIC_MAX;
	AUTO_MEM uint8_t *data = malloc(len + 1);
	uint64_t strings;
	struct rd dynamic;
	struct piece piece = { data, len };

	if (!data)
		return err_set(err, "out of memory");
	if (read_at(im, s->offset, &piece, err) < 0)
		return -1;
	dynamic = rd_init(data, piece.len);
	if (!find_strings(im, dynamic, &strings))
		return 0;
	if (tell_tags(im, dynamic, paths, strings, err) < 0)
		return -1;
	return tell_tags(im, dynamic, needed, strings, err);
}

/* Elf64_Phdr: type, flags, offset, vaddr, paddr, filesz, memsz, align. */
static struct segment decode_segment(struct rd *r)
{
	struct segment s;

	s.type = rd_le32(r);
	(void)rd_le32(r);
	s.offset = rd_le64(r);
	s.address = rd_le64(r);
	(void)rd_le64(r);
	s.size = rd_le64(r);
	(void)rd_bytes(r, 16);
	return s;
}

static int read_segments(struct image *im, uint64_t offset, size_t n, struct err *err)
{
	AUTO_MEM uint8_t *data = malloc(n * PHDR_LEN + 1);
	struct rd r;
	struct piece piece = { data, n * PHDR_LEN };

	im->segment = calloc(n + 1, sizeof(*im->segment));
	if (!data || !im->segment)
		return err_set(err, "out of memory");
	if (read_at(im, offset, &piece, err) < 0)
		return -1;
	r = rd_init(data, piece.len);
	while (r.left >= PHDR_LEN)
		im->segment[im->n++] = decode_segment(&r);
	for (size_t i = 0; i < im->n; i++) {
		const struct segment *s = &im->segment[i];

		if (s->type == PT_INTERP && tell_string(im, NEEDS_INTERPRETER, s->offset, err) < 0)
			return -1;
		if (s->type == PT_DYNAMIC && read_dynamic(im, s, err) < 0)
			return -1;
	}
	return 0;
}

static int read_elf(struct image *im, const uint8_t *head, size_t len, struct err *err)
{
	struct rd r = rd_init(head, len);
	uint64_t offset;
	uint16_t size;
	uint16_t n;

	(void)rd_bytes(&r, 32); /* e_ident, type, machine, version, entry */
	offset = rd_le64(&r);	/* e_phoff */
	(void)rd_bytes(&r, 14); /* shoff, flags, ehsize */
	size = rd_le16(&r);
	n = rd_le16(&r);
	if (!rd_ok(&r) || size != PHDR_LEN || n > NEEDS_SEGMENTS_MAX)
		return 0;
	return read_segments(im, offset, n, err);
}

int needs_read(int fd, const char *name, needs_fn fn, void *ctx, struct err *err)
{
	static const uint8_t elf64[] = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB };
	struct image im = { .fd = fd, .name = name, .fn = fn, .ctx = ctx };
	uint8_t head[SCRIPT_LINE_MAX + 1];
	struct piece piece = { head, SCRIPT_LINE_MAX };
	int rc = 0;

	if (read_at(&im, 0, &piece, err) < 0)
		return -1;
	head[piece.len] = '\0';
	if (piece.len > 2 && memcmp(head, "#!", 2) == 0)
		return read_script(&im, (char *)head, err);
	if (piece.len >= EHDR_LEN && memcmp(head, elf64, sizeof(elf64)) == 0)
		rc = read_elf(&im, head, piece.len, err);
	free(im.segment);
	return rc;
}
