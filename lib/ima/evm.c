/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The digest under a portable EVM signature. */
#include "ima/evm.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "ima/xattr.h"

#define NAMES_MAX 2048	 /* bytes of a usual list of attribute names */
#define VALUE_USUAL 512	 /* bytes of a usual protected attribute */
#define VALUE_MAX 65536	 /* XATTR_SIZE_MAX of linux/limits.h */
#define H_MISC_SIZE 24	 /* struct h_misc on 64-bit machines, with its padding */
#define H_MISC_UID_AT 12 /* behind ino (8 bytes) and generation (4) */

/* evm_config_default_xattrnames of evm_main.c, in its order. */
static const char *const protected_names[] = {
	"security.selinux",
	"security.SMACK64",
	"security.SMACK64EXEC",
	"security.SMACK64TRANSMUTE",
	"security.SMACK64MMAP",
	"security.apparmor",
	XATTR_IMA,
	XATTR_CAPABILITY,
};

/* The names that the file has; complete is false when they did not fit. */
struct names {
	char text[NAMES_MAX];
	size_t len;
	bool complete;
};

static int names_load(int fd, struct names *ret_names, struct err *err)
{
	ssize_t n =
		fd == EVM_NO_FILE ? 0 : flistxattr(fd, ret_names->text, sizeof(ret_names->text));

	if (n < 0 && errno != ERANGE)
		return err_errno(err, "list attributes");
	ret_names->complete = n >= 0;
	ret_names->len = n >= 0 ? (size_t)n : 0;
	return 0;
}

static bool names_have(const struct names *names, const char *name)
{
	size_t at = 0;

	if (!names->complete)
		return true;
	while (at < names->len) {
		if (strcmp(names->text + at, name) == 0)
			return true;
		at += strlen(names->text + at) + 1;
	}
	return false;
}

/*
 * What comes before security.ima are labels.  One that begins as a program does would make what is
 * signed here the content of that program, and the signature its security.ima.
 */
static int check_label(const char *name, const uint8_t *value, ssize_t n, struct err *err)
{
	if (n > 0 && strcmp(name, XATTR_CAPABILITY) != 0 &&
	    (value[0] <= ' ' || value[0] > '~' || value[0] == '#'))
		return err_set(err, "%s: begins as a program does, and not as a label", name);
	return 0;
}

static int add_large(struct hash_ctx *ctx, int fd, const char *name, struct err *err)
{
	AUTO_MEM void *value = malloc(VALUE_MAX);
	ssize_t n;

	if (!value)
		return err_set(err, "out of memory");
	n = fgetxattr(fd, name, value, VALUE_MAX);
	if (n < 0)
		return err_errno(err, "read %s", name);
	if (check_label(name, value, n, err) < 0)
		return -1;
	return hash_update(ctx, value, (size_t)n, err);
}

static int add_value(struct hash_ctx *ctx, int fd, const char *name, struct err *err)
{
	uint8_t value[VALUE_USUAL];
	ssize_t n = fgetxattr(fd, name, value, sizeof(value));

	if (n >= 0)
		return check_label(name, value, n, err) < 0
			       ? -1
			       : hash_update(ctx, value, (size_t)n, err);
	if (errno == ENODATA)
		return 0;
	if (errno == ERANGE)
		return add_large(ctx, fd, name, err);
	return err_errno(err, "read %s", name);
}

/* Native byte order, as the kernel hashes the struct itself; its padding is zero. */
static int add_misc(struct hash_ctx *ctx, const struct stat *st, struct err *err)
{
	uint8_t misc[H_MISC_SIZE] = { 0 };
	uint32_t uid = st->st_uid;
	uint32_t gid = st->st_gid;
	uint16_t mode = (uint16_t)st->st_mode;

	memcpy(misc + H_MISC_UID_AT, &uid, sizeof(uid));
	memcpy(misc + H_MISC_UID_AT + 4, &gid, sizeof(gid));
	memcpy(misc + H_MISC_UID_AT + 8, &mode, sizeof(mode));
	return hash_update(ctx, misc, sizeof(misc), err);
}

int evm_portable_digest(struct hash_ctx *ctx, enum hash_algo algo,
			const struct evm_subject *subject, struct digest *ret_digest,
			struct err *err)
{
	struct names names;

	if (!subject->ima)
		return err_set(err, "no security.ima, which EVM would cover");
	if (names_load(subject->fd, &names, err) < 0 || hash_begin(ctx, algo, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(protected_names); i++) {
		const char *name = protected_names[i];
		int rc = 0;

		if (strcmp(name, XATTR_IMA) == 0)
			rc = hash_update(ctx, subject->ima, subject->ima_len, err);
		else if (names_have(&names, name))
			rc = add_value(ctx, subject->fd, name, err);
		if (rc < 0)
			return -1;
	}
	if (add_misc(ctx, subject->st, err) < 0)
		return -1;
	return hash_final(ctx, ret_digest, err);
}
