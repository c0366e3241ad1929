/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MD5 against RFC 1321's suite, from memory, from a file, and beside another hash. */
#include "crypto/md5.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/hex.h"
#include "crypto/hash.h"
#include "unit/unit.h"

#define EMPTY "d41d8cd98f00b204e9800998ecf8427e"
#define ABC "900150983cd24fb0d6963f7d28e17f72"

static void free_md5(struct md5 **md5)
{
	md5_free(*md5);
}

static void free_hash(struct hash_ctx **ctx)
{
	hash_free(*ctx);
}

#define AUTO_MD5 CLEANUP(free_md5) struct md5 *
#define AUTO_HASH CLEANUP(free_hash) struct hash_ctx *

static bool is(const uint8_t *digest, const char *want)
{
	char hex[2 * MD5_SIZE + 1];

	hex_format(digest, MD5_SIZE, hex);
	return strcmp(hex, want) == 0;
}

static void in_pieces(void)
{
	struct err err = ERR_INIT;
	AUTO_MD5 md5 = NULL;
	uint8_t digest[MD5_SIZE];

	CHECK_OK(md5_new(&md5, &err), &err);
	for (int i = 0; i < 2; i++) {
		CHECK_OK(md5_begin(md5, &err), &err);
		CHECK_OK(md5_update(md5, "a", 1, &err), &err);
		CHECK_OK(md5_update(md5, "bc", 2, &err), &err);
		CHECK_OK(md5_final(md5, digest, &err), &err);
		CHECK(is(digest, ABC));
	}
}

static void of_a_file(void)
{
	struct err err = ERR_INIT;
	AUTO_MD5 md5 = NULL;
	AUTO_FD fd = memfd_create("md5", MFD_CLOEXEC);
	AUTO_FD dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint8_t digest[MD5_SIZE];

	CHECK_OK(md5_new(&md5, &err), &err);
	CHECK_OK(md5_fd(md5, fd, "file", digest, &err), &err);
	CHECK(is(digest, EMPTY));
	CHECK(write(fd, "xabc", 4) == 4 && lseek(fd, 1, SEEK_SET) == 1);
	CHECK_OK(md5_fd(md5, fd, "file", digest, &err), &err);
	CHECK(is(digest, ABC));
	CHECK_FAILS(md5_fd(md5, dir, "NAME", digest, &err), &err, "read: NAME");
}

static void beside_another_hash(void)
{
	struct err err = ERR_INIT;
	AUTO_MD5 md5 = NULL;
	AUTO_HASH hash = NULL;
	struct digest both;
	struct digest alone;
	uint8_t digest[MD5_SIZE];

	CHECK_OK(md5_new(&md5, &err), &err);
	CHECK_OK(hash_new(&hash, &err), &err);
	hash_tee_md5(hash, md5);
	CHECK_OK(hash_begin(hash, HASH_SHA256, &err), &err);
	CHECK_OK(hash_update(hash, "abc", 3, &err), &err);
	CHECK_OK(hash_final(hash, &both, &err), &err);
	CHECK_OK(md5_final(md5, digest, &err), &err);
	CHECK(is(digest, ABC));
	CHECK_OK(hash_bytes(HASH_SHA256, "abc", 3, &alone, &err), &err);
	CHECK_MEM(both.data, alone.data, alone.len);
}

static const struct unit_case cases[] = {
	CASE(in_pieces),
	CASE(of_a_file),
	CASE(beside_another_hash),
	CASE_END,
};
UNIT_MAIN(cases)
