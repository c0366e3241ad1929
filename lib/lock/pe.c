/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading EFI images. */
#include "lock/pe.h"

#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "crypto/pkcs7.h"

#define DOS_PE_AT 0x3c /* of e_lfanew */
#define MAGIC_PE32 0x10b
#define MAGIC_PE32_PLUS 0x20b
#define CHECKSUM_AT 64	 /* in the optional header */
#define SECURITY_INDEX 4 /* among the data directories */
#define DIRECTORY_SIZE 8
#define ZEROES 4096
#define CERT_PKCS7 2 /* WIN_CERT_TYPE_PKCS_SIGNED_DATA */
#define CERT_HEADER 8
#define CERT_ALIGN 8

/* From here on in the file; a failed reader where that is outside. */
static struct rd at(const struct pe *pe, size_t offset)
{
	struct rd r = rd_init(pe->data, pe->len);

	(void)rd_bytes(&r, offset);
	return r;
}

static int read_section(struct rd *table, struct pe *pe, struct err *err)
{
	struct pe_section *s = &pe->sections[pe->n_sections];
	const uint8_t *name = rd_bytes(table, PE_NAME_SIZE);

	if (name)
		memcpy(s->name, name, PE_NAME_SIZE);
	s->size = rd_le32(table);
	(void)rd_le32(table); /* VirtualAddress */
	s->raw_size = rd_le32(table);
	s->offset = rd_le32(table);
	(void)rd_bytes(table, 16); /* relocations, line numbers, characteristics */
	if (!rd_ok(table))
		return err_set(err, "EFI image: truncated section table");
	if (s->raw_size && (s->offset > pe->len || s->raw_size > pe->len - s->offset))
		return err_set(err, "EFI image: section %s leads outside", s->name);
	if (s->size > PE_MAX)
		return err_set(err, "EFI image: section %s: larger than %u bytes", s->name, PE_MAX);
	if (s->name[0] && pe_find(pe, s->name))
		return err_set(err, "EFI image: two sections %s", s->name);
	pe->n_sections++;
	return 0;
}

/* The optional header, of this many bytes. */
static int read_optional(struct pe *pe, size_t offset, size_t len, struct err *err)
{
	struct rd all = at(pe, offset);
	struct rd r = rd_sub(&all, len);
	uint16_t magic = rd_le16(&r);
	uint32_t directories;

	if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS)
		return err_set(err, "EFI image: neither PE32 nor PE32+");
	(void)rd_bytes(&r, 58);
	pe->headers = rd_le32(&r);
	pe->checksum_at = offset + CHECKSUM_AT;
	(void)rd_bytes(&r, magic == MAGIC_PE32 ? 28 : 44); /* to NumberOfRvaAndSizes */
	directories = rd_le32(&r);
	if (directories > SECURITY_INDEX) {
		(void)rd_bytes(&r, (size_t)SECURITY_INDEX * DIRECTORY_SIZE);
		pe->security_at = offset + (len - r.left);
		(void)rd_le32(&r);
		pe->certs = rd_le32(&r);
	}
	if (!rd_ok(&r))
		return err_set(err, "EFI image: truncated header");
	if (pe->headers > pe->len || pe->certs > pe->len ||
	    pe->headers < pe->checksum_at + sizeof(uint32_t) ||
	    pe->headers < pe->security_at + DIRECTORY_SIZE)
		return err_set(err, "EFI image: headers or certificates lead outside");
	return 0;
}

int pe_open(const void *data, size_t len, struct pe *ret_pe, struct err *err)
{
	AUTO_MEM struct pe *pe = calloc(1, sizeof(*pe));
	uint16_t optional;
	uint16_t sections;
	size_t header;
	struct rd r;

	if (!pe)
		return err_set(err, "out of memory");
	if (len > PE_MAX)
		return err_set(err, "EFI image: larger than %u bytes", PE_MAX);
	pe->data = data;
	pe->len = len;
	r = at(pe, 0);
	if (rd_le16(&r) != 0x5a4d)
		return err_set(err, "not an EFI image");
	r = at(pe, DOS_PE_AT);
	header = rd_le32(&r);
	r = at(pe, header);
	if (rd_be32(&r) != 0x50450000)
		return err_set(err, "not an EFI image");
	(void)rd_le16(&r); /* Machine */
	sections = rd_le16(&r);
	(void)rd_bytes(&r, 12);
	optional = rd_le16(&r);
	(void)rd_le16(&r); /* Characteristics */
	if (!rd_ok(&r) || sections > PE_SECTIONS_MAX)
		return err_set(err, "EFI image: truncated, or more than %d sections",
			       PE_SECTIONS_MAX);
	if (read_optional(pe, len - r.left, optional, err) < 0)
		return -1;
	(void)rd_bytes(&r, optional);
	for (uint16_t i = 0; i < sections; i++)
		if (read_section(&r, pe, err) < 0)
			return -1;
	*ret_pe = *pe;
	return 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct pe_section *const *x = a;
	const struct pe_section *const *y = b;

	return ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

static int hash_range(const struct pe *pe, struct hash_ctx *ctx, size_t from, size_t to,
		      struct err *err)
{
	return to > from ? hash_update(ctx, pe->data + from, to - from, err) : 0;
}

static int hash_headers(const struct pe *pe, struct hash_ctx *ctx, struct err *err)
{
	size_t after = pe->checksum_at + sizeof(uint32_t);

	if (hash_range(pe, ctx, 0, pe->checksum_at, err) < 0)
		return -1;
	if (!pe->security_at)
		return hash_range(pe, ctx, after, pe->headers, err);
	if (hash_range(pe, ctx, after, pe->security_at, err) < 0)
		return -1;
	return hash_range(pe, ctx, pe->security_at + DIRECTORY_SIZE, pe->headers, err);
}

/* Sections as they lie in the file; then what is behind as many bytes as were hashed. */
static int hash_body(const struct pe *pe, struct hash_ctx *ctx, struct err *err)
{
	const struct pe_section *sorted[PE_SECTIONS_MAX];
	size_t hashed = pe->headers;

	for (size_t i = 0; i < pe->n_sections; i++)
		sorted[i] = &pe->sections[i];
	qsort(sorted, pe->n_sections, sizeof(const struct pe_section *), by_offset);
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = sorted[i];

		if (!s->raw_size)
			continue;
		if (hash_range(pe, ctx, s->offset, (size_t)s->offset + s->raw_size, err) < 0)
			return -1;
		hashed += s->raw_size;
	}
	return hash_range(pe, ctx, hashed, pe->len - pe->certs, err);
}

static void cleanup_hash(struct hash_ctx **ctx)
{
	hash_free(*ctx);
}

int pe_digest(const struct pe *pe, enum hash_algo algo, struct digest *ret_digest, struct err *err)
{
	CLEANUP(cleanup_hash) struct hash_ctx *ctx = NULL;

	if (hash_new(&ctx, err) < 0 || hash_begin(ctx, algo, err) < 0 ||
	    hash_headers(pe, ctx, err) < 0 || hash_body(pe, ctx, err) < 0)
		return -1;
	return hash_final(ctx, ret_digest, err);
}

/* WIN_CERTIFICATE: length, revision, type, content; each at a multiple of eight. */
static int hash_signers(const struct pe *pe, struct hash_ctx *ctx, struct err *err)
{
	struct rd table = rd_init(pe->data + (pe->len - pe->certs), pe->certs);

	while (table.left > CERT_HEADER) {
		uint32_t len = rd_le32(&table);
		uint16_t type;
		struct rd content;
		size_t skip;

		(void)rd_le16(&table);
		type = rd_le16(&table);
		content = rd_sub(&table, len < CERT_HEADER ? SIZE_MAX : len - CERT_HEADER);
		if (!rd_ok(&content))
			return err_set(err, "EFI image: its certificate table is damaged");
		skip = (CERT_ALIGN - len % CERT_ALIGN) % CERT_ALIGN;
		(void)rd_bytes(&table, skip < table.left ? skip : table.left);
		if (type != CERT_PKCS7)
			return err_set(err, "EFI image: a signature of unknown type %u", type);
		if (pkcs7_hash_signers(ctx, content.at, content.left, err) < 0)
			return err_prepend(err, "EFI image: signature");
	}
	return 0;
}

int pe_signers(const struct pe *pe, struct digest *ret_digest, struct err *err)
{
	CLEANUP(cleanup_hash) struct hash_ctx *ctx = NULL;

	if (hash_new(&ctx, err) < 0 || hash_begin(ctx, HASH_SHA256, err) < 0 ||
	    hash_signers(pe, ctx, err) < 0)
		return -1;
	return hash_final(ctx, ret_digest, err);
}

const struct pe_section *pe_find(const struct pe *pe, const char *name)
{
	for (size_t i = 0; i < pe->n_sections; i++)
		if (strcmp(pe->sections[i].name, name) == 0)
			return &pe->sections[i];
	return NULL;
}

const uint8_t *pe_section_data(const struct pe *pe, const struct pe_section *section,
			       size_t *ret_len)
{
	*ret_len = section->raw_size < section->size ? section->raw_size : section->size;
	return *ret_len ? pe->data + section->offset : pe->data;
}

int pe_section_digest(const struct pe *pe, const struct pe_section *section, enum hash_algo algo,
		      struct digest *ret_digest, struct err *err)
{
	CLEANUP(cleanup_hash) struct hash_ctx *ctx = NULL;
	static const uint8_t zeroes[ZEROES] = { 0 };
	size_t len;
	const uint8_t *data = pe_section_data(pe, section, &len);

	if (hash_new(&ctx, err) < 0 || hash_begin(ctx, algo, err) < 0 ||
	    hash_update(ctx, data, len, err) < 0)
		return -1;
	for (size_t left = section->size - len; left;) {
		size_t n = left < ZEROES ? left : ZEROES;

		if (hash_update(ctx, zeroes, n, err) < 0)
			return -1;
		left -= n;
	}
	return hash_final(ctx, ret_digest, err);
}
