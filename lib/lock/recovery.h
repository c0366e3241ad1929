/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recovery key: digits that a person keeps, and the lock's secret wrapped by them. */
#ifndef ASSAY_LOCK_RECOVERY_H
#define ASSAY_LOCK_RECOVERY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * 8 groups of 6 digits, "123456-...".  Group i (1 to 8) is 11 * v + i, v 16 bits of the key, most
 * significant first: 128 bits in all, each of them random.  The remainder by 11 shows every wrong
 * digit, every two neighbours exchanged, and a group in another's place.
 */
#define RECOVERY_GROUPS 8
#define RECOVERY_GROUP_DIGITS 6
#define RECOVERY_KEY_LEN 16						  /* bytes */
#define RECOVERY_TEXT_MAX (RECOVERY_GROUPS * (RECOVERY_GROUP_DIGITS + 1)) /* bytes, with NUL */
#define RECOVERY_INPUT_MAX 256 /* bytes of what a person may type, blanks included */

#define RECOVERY_ID_LEN 4			   /* bytes */
#define RECOVERY_ID_TEXT (2 * RECOVERY_ID_LEN + 1) /* bytes, with NUL */

#define RECOVERY_LOCK_ID_LEN 16 /* bytes: LOCK_ID_SIZE of lock/approval.h */
#define RECOVERY_SECRET_LEN 32	/* bytes: LOCK_SECRET_SIZE of lock/secret.h */

/* A secret.  recovery_wipe when it is done with; as AUTO_RECOVERY does. */
struct recovery_key {
	uint8_t data[RECOVERY_KEY_LEN];
};

void recovery_wipe(struct recovery_key *key);
#define AUTO_RECOVERY CLEANUP(recovery_wipe) struct recovery_key

MUST_USE int recovery_new(struct recovery_key *ret_key, struct err *err);
void recovery_format(const struct recovery_key *key, char ret_text[static RECOVERY_TEXT_MAX]);

/* Blanks and dashes may stand anywhere, or nowhere.  The error says which group is wrong, and never
 * repeats what was typed. */
MUST_USE int recovery_parse(const char *text, struct recovery_key *ret_key, struct err *err);

/* Public: HKDF-SHA-256 of the key with the info "assay recovery id 1", in hex.  It tells one key
 * from another, and helps nobody to guess it. */
MUST_USE int recovery_id(const struct recovery_key *key, char ret_id[static RECOVERY_ID_TEXT],
			 struct err *err);

/*
 * The secret, wrapped: version (1 byte, 1), nonce (12), AES-256-GCM of the 32 bytes, tag (16).  The
 * key is HKDF-SHA-256 of the recovery key with the lock's id as salt and the info "assay recovery
 * wrap 1"; the version and the lock's id are authenticated.  No slow KDF: there is no guessing 128
 * random bits, which a person did not choose, and a boot that waits for a KDF is no safer.
 */
#define RECOVERY_WRAPPED_LEN (1 + 12 + RECOVERY_SECRET_LEN + 16) /* bytes */

MUST_USE int recovery_wrap(const struct recovery_key *key,
			   const uint8_t lock_id[static RECOVERY_LOCK_ID_LEN],
			   const uint8_t secret[static RECOVERY_SECRET_LEN],
			   uint8_t ret_wrapped[static RECOVERY_WRAPPED_LEN], struct err *err);

/* wrapped is what recovery_wrap wrote, of whatever origin. */
struct recovery_wrapped {
	const void *data;
	size_t len;
};
MUST_USE int recovery_unwrap(const struct recovery_key *key,
			     const uint8_t lock_id[static RECOVERY_LOCK_ID_LEN],
			     struct recovery_wrapped wrapped,
			     uint8_t ret_secret[static RECOVERY_SECRET_LEN], struct err *err);

#endif
