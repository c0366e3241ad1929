/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock authority: whose key approves.  docs/PROTOCOL.lock, section 5. */
#ifndef ASSAY_LOCK_AUTHORITY_H
#define ASSAY_LOCK_AUTHORITY_H

#include <stdbool.h>

#include "base/err.h"
#include "crypto/key.h"
#include "lock/approval.h"
#include "lock/blob.h"
#include "tpm/authority.h"

#define LOCK_HELD_PATH LOCK_DIR "/authority" /* the key that this TPM holds, as it is kept */
#define LOCK_HELD_MAX 1024		     /* bytes of that */
#define LOCK_SOURCE_TPM "tpm"		     /* the source that stands for it */

/* A key that can sign: a file's, a token's, or the TPM's. */
struct lock_authority;

/*
 * source: "tpm" for the key at held_path, else a path or an OSSL_STORE URI.  ask is called for the
 * passphrase where there is one.
 */
MUST_USE int lock_authority_open(const char *source, const char *held_path, key_ask_fn ask,
				 struct lock_authority **ret_authority, struct err *err);
void lock_authority_free(struct lock_authority *authority);
void cleanup_lock_authority(struct lock_authority **authority);
#define AUTO_LOCK_AUTHORITY CLEANUP(cleanup_lock_authority) struct lock_authority *

const struct tpm_authority *lock_authority_public(const struct lock_authority *authority);
/* Offline for every key but the TPM's; that is attended with a passphrase, automatic without. */
enum lock_mode lock_authority_mode(const struct lock_authority *authority);

/* Signs the approval, for the lock of that id, and checks the signature.  Fails where the lock's
 * authority is another key. */
MUST_USE int lock_authority_sign(const struct lock_authority *authority,
				 const struct lock_blob *blob, struct lock_approval *approval,
				 struct err *err);

/* 0 only if the approval bears the signature of the lock's authority.  No TPM is asked. */
MUST_USE int lock_authority_verify(const struct lock_blob *blob,
				   const struct lock_approval *approval, struct err *err);

/* Makes the TPM's key, and keeps it at path, which must not be there.  passphrase "": none. */
MUST_USE int lock_held_make(const char *path, const char *passphrase, struct err *err);

struct lock_held {
	bool passphrase;
	struct tpm_held_key key;
};
MUST_USE int lock_held_decode(const void *data, size_t len, struct lock_held *ret_held,
			      struct err *err);
MUST_USE int lock_held_encode(const struct lock_held *held, struct buf *out, struct err *err);

#endif
