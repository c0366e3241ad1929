/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digests against published vectors, whichever way the bytes come in. */
#include "crypto/hash.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "crypto/md5.h"
#include "unit/unit.h"

#define LARGE ((2 << 20) + 17) /* bytes: more than two reads */

/* FIPS 180-4 and RFC 1321: the message "abc". */
static const struct {
	enum hash_algo algo;
	const char *name;
	const char *hex;
} vectors[] = {
	{ HASH_SHA1, "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ HASH_SHA256, "sha256",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ HASH_SHA384, "sha384",
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7" },
	{ HASH_SHA512, "sha512",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
};
static const char md5_abc[] = "900150983cd24fb0d6963f7d28e17f72";

static bool is_hex(const void *data, size_t len, const char *want)
{
	char text[2 * HASH_SIZE_MAX + 1];

	hex_format(data, len, text);
	return strcmp(text, want) == 0;
}

static void the_vectors(void)
{
	struct hash_ctx *ctx = NULL;
	struct err err = ERR_INIT;
	struct digest d;

	CHECK_OK(hash_new(&ctx, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		CHECK_OK(hash_bytes(vectors[i].algo, "abc", 3, &d, &err), &err);
		CHECK(d.algo == vectors[i].algo && d.len == hash_algo_size(d.algo));
		CHECK(is_hex(d.data, d.len, vectors[i].hex));
		CHECK_OK(hash_begin(ctx, vectors[i].algo, &err), &err);
		CHECK_OK(hash_update(ctx, "a", 1, &err), &err);
		CHECK_OK(hash_update(ctx, "bc", 2, &err), &err);
		CHECK_OK(hash_final(ctx, &d, &err), &err);
		CHECK(is_hex(d.data, d.len, vectors[i].hex));
	}
	hash_free(ctx);
	hash_free(NULL);
}

static void names_and_numbers(void)
{
	struct err err = ERR_INIT;
	enum hash_algo algo;

	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		CHECK_OK(hash_algo_parse(vectors[i].name, &algo, &err), &err);
		CHECK(algo == vectors[i].algo);
		CHECK_OK(hash_algo_decode((unsigned int)algo, &algo, &err), &err);
		CHECK_STR(hash_algo_name(algo), vectors[i].name);
	}
	CHECK_FAILS(hash_algo_parse("md5", &algo, &err), &err, "no hash algorithm is named 'md5'");
	CHECK_FAILS(hash_algo_parse("", &algo, &err), &err, "''");
	CHECK_FAILS(hash_algo_decode(0, &algo, &err), &err, "number 0 is not supported");
	CHECK_FAILS(hash_algo_decode(99, &algo, &err), &err, "number 99");
}

static void numbers_that_are_none(void)
{
	enum hash_algo none = (enum hash_algo)99;
	struct hash_ctx *ctx = NULL;
	struct err err = ERR_INIT;
	struct digest d;

	CHECK_STR(hash_algo_name(none), "unknown");
	CHECK(hash_algo_size(none) == 0);
	CHECK_FAILS(hash_bytes(none, "", 0, &d, &err), &err, "number 99");
	CHECK_OK(hash_new(&ctx, &err), &err);
	CHECK_FAILS(hash_begin(ctx, none, &err), &err, "number 99");
	hash_free(ctx);
}

static int make_large(const char *path, struct digest *ret_digest)
{
	static uint8_t data[LARGE];
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < LARGE; i++)
		data[i] = (uint8_t)(i * 31 >> 3);
	if (fd < 0 || io_write_all(fd, data, LARGE, &err) < 0)
		return -1;
	return hash_bytes(HASH_SHA256, data, LARGE, ret_digest, &err);
}

static void files(void)
{
	struct hash_ctx *ctx = NULL;
	struct md5 *md5 = NULL;
	struct digest want, d;
	struct err err = ERR_INIT;
	uint8_t tee[MD5_SIZE], alone[MD5_SIZE];
	AUTO_FD fd = -1;

	CHECK(make_large("large", &want) == 0);
	CHECK_OK(io_open_regular("large", &fd, &err), &err);
	CHECK_OK(hash_fd(HASH_SHA256, fd, "large", &d, &err), &err);
	CHECK_MEM(d.data, want.data, want.len);
	CHECK_OK(hash_new(&ctx, &err), &err);
	CHECK_OK(md5_new(&md5, &err), &err);
	hash_tee_md5(ctx, md5);
	for (off_t told = 0; told <= LARGE; told += LARGE) { /* the size is only a hint */
		CHECK_OK(hash_begin(ctx, HASH_SHA256, &err), &err);
		CHECK_OK(hash_file(ctx, fd, told, &err), &err);
		CHECK_OK(hash_final(ctx, &d, &err), &err);
		CHECK_MEM(d.data, want.data, want.len);
		CHECK_OK(md5_final(md5, tee, &err), &err);
	}
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK_OK(md5_fd(md5, fd, "large", alone, &err), &err);
	CHECK_MEM(alone, tee, MD5_SIZE);
	hash_free(ctx);
	md5_free(md5);
}

static void the_head_of_what_was_hashed(void)
{
	static const size_t sizes[] = { 0, 3, 31, 32, 33, 100 };
	uint8_t data[100];
	struct hash_ctx *ctx = NULL;
	struct err err = ERR_INIT;
	const uint8_t *head;
	size_t len;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i + 1);
	CHECK_OK(hash_new(&ctx, &err), &err);
	hash_set_chunk(ctx, 7); /* so that it comes in pieces */
	CHECK(hash_head(ctx, &len) && len == 0);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		AUTO_FD fd = open("head", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		CHECK(fd >= 0);
		CHECK_OK(io_write_all(fd, data, sizes[i], &err), &err);
		CHECK_OK(hash_begin(ctx, HASH_SHA256, &err), &err);
		CHECK_OK(hash_file(ctx, fd, (off_t)sizes[i], &err), &err);
		head = hash_head(ctx, &len);
		CHECK(len == (sizes[i] < HASH_HEAD_SIZE ? sizes[i] : HASH_HEAD_SIZE));
		CHECK(memcmp(head, data, len) == 0);
	}
	hash_free(ctx);
}

static void md5_vector(void)
{
	struct md5 *md5 = NULL;
	struct err err = ERR_INIT;
	uint8_t d[MD5_SIZE];

	CHECK_OK(md5_new(&md5, &err), &err);
	for (int i = 0; i < 2; i++) {
		CHECK_OK(md5_begin(md5, &err), &err);
		CHECK_OK(md5_update(md5, "abc", 3, &err), &err);
		CHECK_OK(md5_final(md5, d, &err), &err);
		CHECK(is_hex(d, sizeof(d), md5_abc));
	}
	md5_free(md5);
	md5_free(NULL);
}

static void what_cannot_be_read(void)
{
	AUTO_FD dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct hash_ctx *ctx = NULL;
	struct md5 *md5 = NULL;
	struct err err = ERR_INIT;
	struct digest d;
	uint8_t m[MD5_SIZE];

	CHECK_FAILS(hash_fd(HASH_SHA256, dir, "dir", &d, &err), &err, "read: dir: Is a directory");
	CHECK_FAILS(hash_fd((enum hash_algo)99, dir, "dir", &d, &err), &err, "number 99");
	CHECK_OK(hash_new(&ctx, &err), &err);
	CHECK_OK(hash_begin(ctx, HASH_SHA256, &err), &err);
	CHECK_FAILS(hash_file(ctx, dir, 0, &err), &err, "read: Is a directory");
	CHECK_OK(md5_new(&md5, &err), &err);
	CHECK_FAILS(md5_fd(md5, dir, "dir", m, &err), &err, "read: dir: Is a directory");
	hash_free(ctx);
	md5_free(md5);
}

static void hex(void)
{
	struct err err = ERR_INIT;
	uint8_t raw[3];
	char text[7];

	CHECK_OK(hex_parse("00fFa9", raw, 3, &err), &err);
	CHECK_MEM(raw, "\x00\xff\xa9", 3);
	hex_format(raw, 3, text);
	CHECK_STR(text, "00ffa9");
	CHECK_FAILS(hex_parse("00ff", raw, 3, &err), &err, "4 hex digits where 6 belong");
	CHECK_FAILS(hex_parse("00ffa9a", raw, 3, &err), &err, "7 hex digits");
	CHECK_FAILS(hex_parse("00fg00", raw, 3, &err), &err, "not a hex digit: 'g'");
	CHECK_FAILS(hex_parse("0/ff00", raw, 3, &err), &err, "not a hex digit: '/'");
	CHECK_FAILS(hex_parse(":0ff00", raw, 3, &err), &err, "not a hex digit: ':'");
	CHECK_OK(hex_parse("", raw, 0, &err), &err);
}

static const struct unit_case cases[] = {
	CASE(the_vectors),
	CASE(names_and_numbers),
	CASE(numbers_that_are_none),
	CASE(files),
	CASE(the_head_of_what_was_hashed),
	CASE(md5_vector),
	CASE(what_cannot_be_read),
	CASE(hex),
	CASE_END,
};
UNIT_MAIN(cases)
