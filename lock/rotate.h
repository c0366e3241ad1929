/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new secret in the place of the old one, for everything that hangs on the lock. */
#ifndef ASSAY_LOCK_ROTATE_H
#define ASSAY_LOCK_ROTATE_H

#include "base/err.h"
#include "lock/work.h"

/*
 * The present recovery key from key_file or the terminal, the new one to out or shown.  First a
 * keyslot more for each volume, and the credentials anew beside the old ones; then the journal:
 * before it is there nothing was changed, and from then on rotate_finish has all it needs.
 */
MUST_USE int rotate_secret(struct lock_blob *blob, const char *key_file, const char *out,
			   struct err *err);

/*
 * Finishes what the journal says, if there is one: tokens, the lock's file, credentials, and the
 * old keyslots last.  At each moment every volume opens by what its own token says.
 */
MUST_USE int rotate_finish(struct err *err);

/* The same secret: the blob into each token, and a keyslot for a volume that lost its own. */
MUST_USE int rotate_tokens(const struct lock_blob *blob,
			   const uint8_t secret[static LOCK_SECRET_SIZE], struct err *err);

#endif
