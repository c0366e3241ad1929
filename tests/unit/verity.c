/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fs-verity digests: ours against the fsverity program's, and the kernel where it has the feature.
 */
#include "ima/verity.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/hex.h"
#include "unit/unit.h"

#define BLOCK 4096L
#define FULL (BLOCK * 128) /* bytes under one block of SHA-256 hashes */

/* A file of that size, its bytes changing from block to block. */
static int make(const char *path, off_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, size) < 0)
		abort();
	for (off_t at = 0; at + 8 <= size; at += 3 * BLOCK + 7)
		if (pwrite(fd, &at, 8, at) != 8)
			abort();
	return fd;
}

/* What fsverity(1) says; false: it is not there. */
static bool ask_fsverity(const char *path, char ret_hex[static 65])
{
	char command[256];
	FILE *from;
	bool got;

	(void)snprintf(command, sizeof(command), "fsverity digest --compact %s 2>/dev/null", path);
	from = popen(command, "re");
	got = from && fread(ret_hex, 1, 64, from) == 64;
	ret_hex[64] = '\0';
	if (from)
		(void)pclose(from);
	return got;
}

static void digests_are_those_of_fsverity(void)
{
	static const off_t sizes[] = { 0,	  1,	      BLOCK - 1,     BLOCK,
				       BLOCK + 1, FULL - 1,   FULL,	     FULL + 1,
				       3 * FULL,  128 * FULL, 128 * FULL + 1 };
	struct err err = ERR_INIT;
	char want[65];
	char got[2 * HASH_SIZE_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		AUTO_FD fd = make("file", sizes[i]);
		struct digest d;

		if (!ask_fsverity("file", want))
			SKIP("the fsverity program is not there");
		CHECK_OK(verity_compute(fd, sizes[i], &d, &err), &err);
		CHECK(d.algo == HASH_SHA256 && d.len == 32);
		hex_format(d.data, d.len, got);
		CHECK_STR(got, want);
	}
}

static void a_file_that_shrank_is_said(void)
{
	AUTO_FD fd = make("file", 3 * BLOCK);
	struct err err = ERR_INIT;
	struct digest d;

	CHECK_FAILS(verity_compute(fd, 5 * BLOCK, &d, &err), &err, "changed while");
	CHECK_FAILS(verity_compute(fd, 3 * BLOCK + 1, &d, &err), &err, "changed while");
}

/* Where the kernel has it: enabled once and for all, measured as computed. */
static void the_kernel_agrees(void)
{
	AUTO_FD writable = make("file", FULL + 5);
	enum verity_state state = VERITY_ON;
	struct err err = ERR_INIT;
	struct digest computed;
	struct digest measured;
	AUTO_FD fd = open("file", O_RDONLY | O_CLOEXEC);

	CHECK_OK(verity_compute(fd, FULL + 5, &computed, &err), &err);
	cleanup_fd(&writable);
	CHECK_OK(verity_measure(fd, &state, &measured, &err), &err);
	CHECK(state != VERITY_ON);
	if (state == VERITY_NONE) {
		CHECK_FAILS(verity_enable(fd, &err), &err, "lacks the feature");
		SKIP("no fs-verity on this file system");
	}
	CHECK_OK(verity_enable(fd, &err), &err);
	CHECK_OK(verity_enable(fd, &err), &err);
	CHECK_OK(verity_measure(fd, &state, &measured, &err), &err);
	CHECK(state == VERITY_ON && measured.algo == HASH_SHA256);
	CHECK_MEM(measured.data, computed.data, computed.len);
}

static void what_is_no_file_has_none(void)
{
	AUTO_FD fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	enum verity_state state = VERITY_ON;
	struct err err = ERR_INIT;
	struct digest d;

	CHECK_OK(verity_measure(fd, &state, &d, &err), &err);
	CHECK(state == VERITY_NONE);
	CHECK_FAILS(verity_measure(-1, &state, &d, &err), &err, "Bad file descriptor");
	CHECK_FAILS(verity_enable(-1, &err), &err, "Bad file descriptor");
}

static const struct unit_case cases[] = {
	CASE(digests_are_those_of_fsverity),
	CASE(a_file_that_shrank_is_said),
	CASE(the_kernel_agrees),
	CASE(what_is_no_file_has_none),
	CASE_END,
};

UNIT_MAIN(cases)
