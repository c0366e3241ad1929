/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs, libraries and kernel modules among ELF files, by the System V ABI's header tables. */
#include "sig/classify_elf.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rd.h"
#include "sig/classify.h"

#define SECTION_CHUNK 32 /* section headers read at a time */

static const char modinfo[] = ".modinfo";

/* What the file header says; every field is the file's own word. */
struct elf_head {
	bool big_endian;
	bool wide; /* ELFCLASS64 */
	uint16_t type;
	uint64_t sections_at;
	uint16_t section_size;
	uint16_t sections;
	uint16_t names_index;
};

struct elf_section {
	uint32_t name;
	uint64_t at;
	uint64_t size;
};

static uint16_t elf_u16(struct rd *r, const struct elf_head *h)
{
	return h->big_endian ? rd_be16(r) : rd_le16(r);
}

static uint32_t elf_u32(struct rd *r, const struct elf_head *h)
{
	return h->big_endian ? rd_be32(r) : rd_le32(r);
}

static uint64_t elf_word(struct rd *r, const struct elf_head *h)
{
	if (!h->wide)
		return elf_u32(r, h);
	return h->big_endian ? rd_be64(r) : rd_le64(r);
}

static bool head_decode(const uint8_t *data, size_t len, struct elf_head *ret)
{
	struct rd r = rd_init(data, len);
	const uint8_t *ident = rd_bytes(&r, EI_NIDENT);

	if (!ident || memcmp(ident, ELFMAG, SELFMAG) != 0)
		return false;
	if (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64)
		return false;
	if (ident[EI_DATA] != ELFDATA2LSB && ident[EI_DATA] != ELFDATA2MSB)
		return false;
	ret->wide = ident[EI_CLASS] == ELFCLASS64;
	ret->big_endian = ident[EI_DATA] == ELFDATA2MSB;
	ret->type = elf_u16(&r, ret);
	(void)elf_u16(&r, ret);	 /* e_machine */
	(void)elf_u32(&r, ret);	 /* e_version */
	(void)elf_word(&r, ret); /* e_entry */
	(void)elf_word(&r, ret); /* e_phoff */
	ret->sections_at = elf_word(&r, ret);
	(void)elf_u32(&r, ret); /* e_flags */
	(void)elf_u16(&r, ret); /* e_ehsize */
	(void)elf_u16(&r, ret); /* e_phentsize */
	(void)elf_u16(&r, ret); /* e_phnum */
	ret->section_size = elf_u16(&r, ret);
	ret->sections = elf_u16(&r, ret);
	ret->names_index = elf_u16(&r, ret);
	return rd_ok(&r);
}

static bool section_decode(const struct elf_head *h, struct rd *r, struct elf_section *ret)
{
	ret->name = elf_u32(r, h);
	(void)elf_u32(r, h);  /* sh_type */
	(void)elf_word(r, h); /* sh_flags */
	(void)elf_word(r, h); /* sh_addr */
	ret->at = elf_word(r, h);
	ret->size = elf_word(r, h);
	return rd_ok(r);
}

/* Reads what there is of len bytes at the place: less at the end of the file, or beyond it none. */
static ssize_t read_at(int fd, uint64_t at, void *data, size_t len, struct err *err)
{
	size_t got = 0;

	while (got < len && at <= (uint64_t)INT64_MAX - len) {
		ssize_t n = pread(fd, (uint8_t *)data + got, len - got, (off_t)(at + got));

		if (n < 0)
			return err_errno(err, "section headers");
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

static bool table_is_sane(const struct elf_head *h)
{
	/* As kernel/module/main.c, elf_validity_check(): it knows no extended numbering either. */
	return h->section_size == (h->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr)) &&
	       h->names_index != SHN_UNDEF && h->names_index < h->sections &&
	       h->sections_at <= (uint64_t)INT64_MAX - UINT16_MAX * sizeof(Elf64_Shdr);
}

static int names_load(int fd, const struct elf_head *h, struct buf *names, struct err *err)
{
	uint8_t raw[sizeof(Elf64_Shdr)];
	uint64_t at = h->sections_at + (uint64_t)h->names_index * h->section_size;
	struct elf_section section;
	size_t want;
	ssize_t got;
	uint8_t *to;
	struct rd r;

	got = read_at(fd, at, raw, h->section_size, err);
	if (got < 0)
		return -1;
	r = rd_init(raw, (size_t)got);
	if (!section_decode(h, &r, &section))
		return 0;
	want = section.size < names->max ? (size_t)section.size : names->max;
	if (buf_reserve(names, want, &to, err) < 0)
		return -1;
	got = read_at(fd, section.at, to, want, err);
	if (got < 0)
		return -1;
	names->len = (size_t)got;
	return 0;
}

static bool name_is_modinfo(const struct buf *names, uint32_t at)
{
	return at < names->len && names->len - at >= sizeof(modinfo) &&
	       memcmp(names->data + at, modinfo, sizeof(modinfo)) == 0;
}

static bool chunk_has_modinfo(const struct elf_head *h, const struct buf *names, struct rd chunk)
{
	struct elf_section section;

	while (chunk.left >= h->section_size) {
		struct rd r = rd_sub(&chunk, h->section_size);

		if (section_decode(h, &r, &section) && name_is_modinfo(names, section.name))
			return true;
	}
	return false;
}

static int find_modinfo(int fd, const struct elf_head *h, const struct buf *names, bool *ret_found,
			struct err *err)
{
	uint8_t raw[SECTION_CHUNK * sizeof(Elf64_Shdr)];
	ssize_t got = 1;

	*ret_found = false;
	for (size_t i = 0; i < h->sections && got > 0 && !*ret_found; i += SECTION_CHUNK) {
		size_t n = h->sections - i < SECTION_CHUNK ? h->sections - i : SECTION_CHUNK;

		got = read_at(fd, h->sections_at + i * h->section_size, raw, n * h->section_size,
			      err);
		if (got < 0)
			return -1;
		*ret_found = chunk_has_modinfo(h, names, rd_init(raw, (size_t)got));
	}
	return 0;
}

static int relocatable_classify(int fd, const struct elf_head *h, enum elf_kind *ret_kind,
				struct err *err)
{
	AUTO_BUF names = BUF_INIT(CLASSIFY_SECTION_NAMES_MAX);
	bool found = false;

	*ret_kind = ELF_OTHER;
	if (!table_is_sane(h))
		return 0;
	if (names_load(fd, h, &names, err) < 0 || find_modinfo(fd, h, &names, &found, err) < 0)
		return -1;
	if (found)
		*ret_kind = ELF_MODULE;
	return 0;
}

int elf_classify(int fd, const uint8_t *head, size_t len, enum elf_kind *ret_kind, struct err *err)
{
	struct elf_head h;

	if (!head_decode(head, len, &h)) {
		*ret_kind = ELF_NOT;
		return 0;
	}
	switch (h.type) {
	case ET_EXEC:
	case ET_DYN:
		*ret_kind = ELF_PROGRAM;
		return 0;
	case ET_REL:
		return relocatable_classify(fd, &h, ret_kind, err);
	default:
		*ret_kind = ELF_OTHER;
		return 0;
	}
}
