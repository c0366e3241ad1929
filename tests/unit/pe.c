/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EFI images: the digest that sbsign signs, sections as they lie in memory, and nothing outside. */
#include "lock/pe.h"

#include "boot_made.h"
#include "unit.h"

#define CORPUS "tests/fuzz/corpus/pe/"
REAL_FILE(plain, CORPUS "tiny.efi");
REAL_FILE(odd, CORPUS "tiny-odd.efi");
REAL_FILE(signed_pe, CORPUS "tiny-signed.efi");
REAL_FILE(signed_twice, CORPUS "tiny-signed-twice.efi");

static struct pe pe; /* of the running case: too large for a frame */
static struct pe pe2;

/* A signature, as sbsign made it, holds the digest that it is of. */
static void the_digest_is_the_one_that_was_signed(void)
{
	struct err err = ERR_INIT;
	struct digest bare;
	struct digest d;

	CHECK_OK(pe_open(signed_pe, REAL_LEN(signed_pe), &pe, &err), &err);
	CHECK(pe.certs > 0);
	CHECK_OK(pe_digest(&pe, HASH_SHA256, &d, &err), &err);
	CHECK(memmem(signed_pe + pe.len - pe.certs, pe.certs, d.data, d.len));
	CHECK_OK(pe_open(plain, REAL_LEN(plain), &pe, &err), &err);
	CHECK(pe.certs == 0);
	CHECK_OK(pe_digest(&pe, HASH_SHA256, &bare, &err), &err);
	CHECK_MEM(bare.data, d.data, d.len);
}

static void who_signed_is_told_apart(void)
{
	struct err err = ERR_INIT;
	struct digest none;
	struct digest one;
	struct digest two;

	CHECK_OK(pe_open(plain, REAL_LEN(plain), &pe, &err), &err);
	CHECK_OK(pe_signers(&pe, &none, &err), &err);
	CHECK_OK(pe_open(signed_pe, REAL_LEN(signed_pe), &pe, &err), &err);
	CHECK_OK(pe_signers(&pe, &one, &err), &err);
	CHECK_OK(pe_open(signed_twice, REAL_LEN(signed_twice), &pe, &err), &err);
	CHECK_OK(pe_signers(&pe, &two, &err), &err);
	CHECK(memcmp(none.data, one.data, 32) != 0);
	CHECK(memcmp(none.data, two.data, 32) != 0);
	CHECK(memcmp(one.data, two.data, 32) != 0);
}

static void a_damaged_signature_is_refused(void)
{
	static const struct {
		size_t at; /* in the certificate table */
		uint8_t value;
		const char *says;
	} bad[] = {
		{ 0, 7, "signature: PKCS #7" },	   { 2, 1, "certificate table is damaged" },
		{ 1, 0, "signature: PKCS #7" },	   { 6, 1, "unknown type 1" },
		{ 8, 0x31, "signature: PKCS #7" }, { 14, 0, "signature: PKCS #7" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_MEM uint8_t *copy = malloc(REAL_LEN(signed_pe));
		struct err err = ERR_INIT;
		struct digest d;

		CHECK(copy);
		memcpy(copy, signed_pe, REAL_LEN(signed_pe));
		CHECK_OK(pe_open(copy, REAL_LEN(signed_pe), &pe, &err), &err);
		copy[pe.len - pe.certs + bad[i].at] = bad[i].value;
		CHECK_FAILS(pe_signers(&pe, &d, &err), &err, bad[i].says);
	}
}

/* What EDK2 hashes of it, said by another program: sections by offset, and what follows them. */
static void what_follows_the_sections_counts(void)
{
	struct err err = ERR_INIT;
	struct digest a;
	struct digest b;

	CHECK_OK(pe_open(odd, REAL_LEN(odd), &pe, &err), &err);
	CHECK_OK(pe_digest(&pe, HASH_SHA256, &a, &err), &err);
	CHECK_OK(pe_open(odd, REAL_LEN(odd) - 1, &pe, &err), &err);
	CHECK_OK(pe_digest(&pe, HASH_SHA256, &b, &err), &err);
	CHECK(memcmp(a.data, b.data, a.len) != 0);
}

static void sections_are_as_in_memory(void)
{
	const struct pe_section *s;
	struct err err = ERR_INIT;
	struct digest want;
	struct digest d;
	size_t len;

	CHECK_OK(pe_open(plain, REAL_LEN(plain), &pe, &err), &err);
	s = pe_find(&pe, ".text");
	CHECK(s && !pe_find(&pe, ".tex") && !pe_find(&pe, ".linux"));
	/* Fewer bytes in the file than in memory: zeroes; more: cut. */
	s = pe_find(&pe, ".zeroes");
	CHECK(s && s->size == 5000 && s->raw_size == 512);
	CHECK(memcmp(pe_section_data(&pe, s, &len), "zeroes", 6) == 0 && len == 512);
	{
		AUTO_MEM uint8_t *memory = calloc(1, 5000);

		CHECK(memory);
		memcpy(memory, pe_section_data(&pe, s, &len), 512);
		CHECK_OK(hash_bytes(HASH_SHA256, memory, 5000, &want, &err), &err);
	}
	CHECK_OK(pe_section_digest(&pe, s, HASH_SHA256, &d, &err), &err);
	CHECK_MEM(d.data, want.data, 32);
	s = pe_find(&pe, ".cmdline");
	CHECK(s && s->size == 9 && s->raw_size == 512);
	CHECK(memcmp(pe_section_data(&pe, s, &len), "ro quiet\n", 9) == 0 && len == 9);
}

/* Bytes of tiny.efi (its header is at 64), each with what is wrong then. */
static void what_leads_outside_is_refused(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *says;
	} bad[] = {
		{ 0, 'X', "not an EFI image" },
		{ 0x3d, 0x7f, "not an EFI image" },
		{ 64, 'X', "not an EFI image" },
		{ 64 + 6, 97, "more than 96 sections" },
		{ 64 + 20, 20, "truncated header" },
		{ 64 + 24, 0, "neither PE32 nor PE32+" },
		{ 64 + 24 + 61, 0x7f, "headers or certificates lead outside" },
		{ 64 + 24 + 60 + 1, 0, "headers or certificates lead outside" },
		{ 64 + 24 + 112 + 32 + 6, 1, "headers or certificates lead outside" },
		{ 64 + 24 + 240 + 18, 1, "section .text leads outside" },
		{ 64 + 24 + 240 + 22, 1, "section .text leads outside" },
		{ 64 + 24 + 240 + 11, 0x7f, "larger than 536870912 bytes" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		AUTO_MEM uint8_t *copy = malloc(REAL_LEN(plain));
		struct err err = ERR_INIT;

		CHECK(copy);
		memcpy(copy, plain, REAL_LEN(plain));
		copy[bad[i].at] = bad[i].value;
		CHECK_FAILS(pe_open(copy, REAL_LEN(plain), &pe, &err), &err, bad[i].says);
	}
}

static void two_sections_of_a_name_are_refused(void)
{
	AUTO_MEM uint8_t *copy = malloc(REAL_LEN(plain));
	struct err err = ERR_INIT;

	CHECK(copy);
	memcpy(copy, plain, REAL_LEN(plain));
	memcpy(copy + 64 + 24 + 240 + 40, ".text\0\0\0", 8);
	CHECK_FAILS(pe_open(copy, REAL_LEN(plain), &pe, &err), &err, "two sections .text");
}

static void every_cut_is_refused_or_hashed(void)
{
	for (size_t len = 0; len < REAL_LEN(plain); len++) {
		AUTO_MEM uint8_t *cut = malloc(len + 1);
		struct err err = ERR_INIT;
		struct digest d;

		CHECK(cut);
		memcpy(cut, plain, len);
		if (pe_open(cut, len, &pe2, &err) == 0)
			CHECK_OK(pe_digest(&pe2, HASH_SHA256, &d, &err), &err);
	}
}

static const struct unit_case cases[] = {
	CASE(the_digest_is_the_one_that_was_signed),
	CASE(who_signed_is_told_apart),
	CASE(a_damaged_signature_is_refused),
	CASE(what_follows_the_sections_counts),
	CASE(sections_are_as_in_memory),
	CASE(what_leads_outside_is_refused),
	CASE(two_sections_of_a_name_are_refused),
	CASE(every_cut_is_refused_or_hashed),
	CASE_END,
};
UNIT_MAIN(cases)
