/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The digest under a portable EVM signature, against one put together by hand. */
#include "ima/evm.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "unit/unit.h"

#define LONG 3000 /* bytes: longer than usual */

static const char ima[] = "security.ima's value";

/* What the kernel hashes, on a little-endian machine: values, then struct h_misc. */
static int by_hand(const void *values, size_t len, const struct stat *st, struct digest *ret)
{
	static uint8_t all[65536 + 24];
	uint8_t *misc = all + len;

	memset(all, 0, sizeof(all));
	memcpy(all, values, len);
	for (size_t i = 0; i < 4; i++) {
		misc[12 + i] = (uint8_t)(st->st_uid >> (8 * i));
		misc[16 + i] = (uint8_t)(st->st_gid >> (8 * i));
	}
	misc[20] = (uint8_t)st->st_mode;
	misc[21] = (uint8_t)(st->st_mode >> 8);
	return hash_bytes(HASH_SHA256, all, len + 24, ret, NULL);
}

static int digest_of(int fd, const struct stat *st, struct digest *ret, struct err *err)
{
	const struct evm_subject subject = {
		.fd = fd, .st = st, .ima = ima, .ima_len = sizeof(ima)
	};
	struct hash_ctx *ctx;
	int rc;

	if (hash_new(&ctx, err) < 0)
		return -1;
	rc = evm_portable_digest(ctx, HASH_SHA256, &subject, ret, err);
	hash_free(ctx);
	return rc;
}

static void a_plain_file(void)
{
	AUTO_FD fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	struct stat st = { .st_uid = 0x01020304, .st_gid = 0x05060708, .st_mode = 0104751 };
	struct err err = ERR_INIT;
	struct digest want;
	struct digest got;

	CHECK_OK(digest_of(fd, &st, &got, &err), &err);
	CHECK_OK(by_hand(ima, sizeof(ima), &st, &want), &err);
	CHECK_MEM(got.data, want.data, want.len);
}

/* Apparmor's label before IMA's, which comes from the caller and not from the file. */
static void protected_attributes_in_the_kernels_order(void)
{
	static uint8_t values[LONG + 100];
	AUTO_FD fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	static char label[LONG];
	struct err err = ERR_INIT;
	struct digest want;
	struct digest got;
	struct stat st;

	memset(label, 'l', sizeof(label));
	if (fsetxattr(fd, "security.apparmor", label, sizeof(label), 0) < 0)
		SKIP("security attributes take root");
	CHECK(fsetxattr(fd, "security.ima", "other", 5, 0) == 0);
	CHECK(fsetxattr(fd, "security.evm", "evm", 3, 0) == 0);
	CHECK(fsetxattr(fd, "security.unknown", "x", 1, 0) == 0);
	CHECK(fsetxattr(fd, "user.name", "x", 1, 0) == 0);
	CHECK(fstat(fd, &st) == 0);
	memcpy(values, label, sizeof(label));
	memcpy(values + sizeof(label), ima, sizeof(ima));
	CHECK_OK(digest_of(fd, &st, &got, &err), &err);
	CHECK_OK(by_hand(values, sizeof(label) + sizeof(ima), &st, &want), &err);
	CHECK_MEM(got.data, want.data, want.len);
}

/* Signed, it would be the content of a program that has this digest. */
static void a_label_is_no_program(void)
{
	static const char *const values[] = { "#!/bin/sh\n",
					      ("\x7f"
					       "ELF"),
					      "\x03\x02", " x" };
	AUTO_FD fd = open("label", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct err err = ERR_INIT;
	struct digest got;
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		if (fsetxattr(fd, "security.SMACK64", values[i], strlen(values[i]), 0) < 0 &&
		    fsetxattr(fd, "security.apparmor", values[i], strlen(values[i]), 0) < 0)
			SKIP("security attributes take root");
		CHECK_FAILS(digest_of(fd, &st, &got, &err), &err, "begins as a program does");
	}
}

/* More names than are read at once change nothing. */
static void many_attributes(void)
{
	AUTO_FD fd = open("many", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct err err = ERR_INIT;
	struct digest before;
	struct digest after;
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	CHECK_OK(digest_of(fd, &st, &before, &err), &err);
	for (int i = 0; i < 30; i++) {
		char name[256];

		(void)snprintf(name, sizeof(name), "user.%0100d", i);
		if (fsetxattr(fd, name, "", 0, 0) < 0)
			SKIP("no room for many attributes");
	}
	CHECK_OK(digest_of(fd, &st, &after, &err), &err);
	CHECK_MEM(after.data, before.data, before.len);
}

static void without_ima_there_is_none(void)
{
	const struct stat st = { .st_mode = 0100644 };
	const struct evm_subject subject = { .fd = -1, .st = &st };
	struct hash_ctx *ctx;
	struct err err = ERR_INIT;
	struct digest d;

	CHECK_OK(hash_new(&ctx, &err), &err);
	CHECK_FAILS(evm_portable_digest(ctx, HASH_SHA256, &subject, &d, &err), &err,
		    "no security.ima");
	hash_free(ctx);
	CHECK_FAILS(digest_of(-1, &st, &d, &err), &err, "Bad file descriptor");
}

static const struct unit_case cases[] = {
	CASE(a_plain_file),
	CASE(protected_attributes_in_the_kernels_order),
	CASE(a_label_is_no_program),
	CASE(many_attributes),
	CASE(without_ima_there_is_none),
	CASE_END,
};

UNIT_MAIN(cases)
