/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a portable EVM signature signs: security/integrity/evm/evm_crypto.c, Linux 6.1 and 6.12. */
#ifndef ASSAY_IMA_EVM_H
#define ASSAY_IMA_EVM_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"
#include "crypto/hash.h"

/* For one that is not there yet, and has none of the other attributes. */
#define EVM_NO_FILE (-2)

/* The file: its descriptor and fstat, and the security.ima that it has or is about to get. */
struct evm_subject {
	int fd; /* or EVM_NO_FILE */
	const struct stat *st;
	const void *ima; /* NULL: the kernel accepts no portable signature without security.ima */
	size_t ima_len;
};

/*
 * The values of the protected attributes that the file has, in the kernel's order
 * (security.selinux, SMACK64, SMACK64EXEC, SMACK64TRANSMUTE, SMACK64MMAP, apparmor, ima,
 * capability: a portable signature counts them all, whatever the kernel was built with), then
 * struct h_misc with inode number and generation zero, user, group and mode; no file system UUID.
 */
MUST_USE int evm_portable_digest(struct hash_ctx *ctx, enum hash_algo algo,
				 const struct evm_subject *subject, struct digest *ret_digest,
				 struct err *err);

#endif
