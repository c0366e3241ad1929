/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Credentials that hang on a lock: small files, encrypted by a key derived from its secret. */
#ifndef ASSAY_LOCK_CREDENTIAL_H
#define ASSAY_LOCK_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The file: version (1 byte, 1), nonce (12), AES-256-GCM of the bytes, tag (16).  "assay credential
 * 1 NAME" is authenticated, so that none passes for another.  The key is lock_secret_derive of kind
 * "credential" and the name.
 */
#define CREDENTIAL_DIR "/var/lib/assay/lock/credentials" /* encrypted, by name */
#define CREDENTIAL_NEXT_DIR \
	"/var/lib/assay/lock/next-credentials"	    /* for the secret of a rotation */
#define CREDENTIAL_RUN_DIR "/run/assay/credentials" /* what a boot that unsealed has of them */
#define CREDENTIAL_KEY_LEN 32			    /* bytes: LOCK_KEY_SIZE of lock/secret.h */
#define CREDENTIAL_NAME_MAX 64 /* bytes, NUL included: LOCK_HANG_NAME_MAX of lock/blob.h */
#define CREDENTIAL_MAX 65536   /* bytes of one */
#define CREDENTIAL_SEALED_MAX (CREDENTIAL_MAX + 1 + 12 + 16)

/* A file name of A-Z a-z 0-9 . _ -, not beginning with a dot. */
bool credential_is_name(const char *name);

struct credential_key {
	const char *name;
	uint8_t key[CREDENTIAL_KEY_LEN];
};

MUST_USE int credential_seal(const struct credential_key *by, const void *data, size_t len,
			     struct buf *out, struct err *err);
/* out is to be wiped (buf_wipe). */
MUST_USE int credential_open(const struct credential_key *by, const void *sealed, size_t len,
			     struct buf *out, struct err *err);

#endif
