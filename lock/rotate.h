/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new secret in the place of the old one, for everything that hangs on the lock. */
#ifndef ASSAY_LOCK_ROTATE_H
#define ASSAY_LOCK_ROTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "lock/work.h"

struct rotation {
	const uint8_t *from; /* LOCK_SECRET_SIZE bytes each */
	const uint8_t *to;
	bool mends; /* a credential that the old secret does not open is said, and left */
};

/*
 * blob is the lock as it will be, with the new secret sealed and wrapped.  First a keyslot more for
 * each volume, and the credentials anew beside the old ones; then the journal: before it is there
 * nothing was changed, and from then on rotate_finish has all it needs.
 */
MUST_USE int rotate_to(const struct lock_blob *blob, const struct rotation *r, struct err *err);

/* The present recovery key from key_file or the terminal, the new one to out or shown. */
MUST_USE int rotate_secret(struct lock_blob *blob, const char *key_file, const char *out,
			   struct err *err);

/*
 * Finishes what the journal says, if there is one: tokens, the lock's file, credentials, and the
 * old keyslots last, when every token is the new one.  At each moment the secret of any of the
 * tokens opens every volume.
 */
MUST_USE int rotate_finish(struct err *err);

/* The same secret: the blob into each token, and a keyslot for a volume that lost its own. */
MUST_USE int rotate_tokens(const struct lock_blob *blob,
			   const uint8_t secret[static LOCK_SECRET_SIZE], struct err *err);

#endif
