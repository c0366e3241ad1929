/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new secret, and everything that hangs on it moved from the old one. */
#ifndef ASSAY_LOCK_ROTATE_H
#define ASSAY_LOCK_ROTATE_H

#include "base/err.h"
#include "lock/work.h"

/*
 * The present recovery key from key_file or the terminal, the new one to out or shown.  Volume by
 * volume: new keyslot, token with the new lock, old keyslot removed; then the lock's file.  Cut off
 * anywhere each volume opens by its own token, or by the recovery key whose ID that has.
 */
MUST_USE int rotate_secret(struct lock_blob *blob, const char *key_file, const char *out,
			   struct err *err);

/* Moves what hangs on the blob from one secret to the other; the same one twice only writes the
 * tokens, and gives those volumes one that lost it. */
MUST_USE int rotate_hangs(const struct lock_blob *blob, const uint8_t from[static LOCK_SECRET_SIZE],
			  const uint8_t to[static LOCK_SECRET_SIZE], struct err *err);

#endif
