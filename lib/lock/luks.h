/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LUKS2 volumes that hang on a lock: a keyslot of our own, a token beside it, and opening them. */
#ifndef ASSAY_LOCK_LUKS_H
#define ASSAY_LOCK_LUKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lock/token.h"

#define LUKS_KEY_LEN 32 /* bytes: LOCK_KEY_SIZE of lock/secret.h */

/*
 * Every change below is one write of the header by libcryptsetup: first the primary copy with a
 * higher sequence number and a checksum over all of it, synced, then the secondary one
 * (LUKS2_disk_hdr_write in cryptsetup's lib/luks2/luks2_disk_metadata.c, 2.6).  A reader takes the
 * whole copy with the higher number, so that after a power cut at any point the volume has the old
 * header or the new one.
 *
 * So what hangs a volume on a lock goes in this order: luks_slot_add, then luks_token_save.  Cut
 * off between them the volume has a keyslot that nothing names, and opens as before.  To replace
 * the key: luks_slot_add, luks_token_save (which names the new keyslot and has the new blob at
 * once), luks_slot_remove of the old.  To take it off: luks_token_remove, luks_slot_remove.
 */
struct luks;

/* A device, or an image in a file.  What is not LUKS2 is told. */
MUST_USE int luks_load(const char *device, struct luks **ret_luks, struct err *err);
void luks_free(struct luks *luks);
void cleanup_luks(struct luks **luks);
#define AUTO_LUKS CLEANUP(cleanup_luks) struct luks

/* As in the header: the name from which its key is derived. */
const char *luks_uuid(struct luks *luks);

/* *ret_there false: it has no token of ours.  Two of them, or a damaged one, are an error. */
MUST_USE int luks_token_load(struct luks *luks, struct token *ret_token, bool *ret_there,
			     struct err *err);
/* In the place of the one that is there, if any.  Where the header has no room for all of it,
 * without approved. */
MUST_USE int luks_token_save(struct luks *luks, const struct token *token, struct err *err);
MUST_USE int luks_token_remove(struct luks *luks, struct err *err);

/* What opens the volume already: a passphrase of any keyslot, or the volume key itself. */
struct luks_secret {
	const void *data;
	size_t len;
	bool is_volume_key;
};

/* PBKDF2 with the fewest iterations: the key has all its entropy, nothing is to be slowed down. */
MUST_USE int luks_slot_add(struct luks *luks, struct luks_secret by,
			   const uint8_t key[static LUKS_KEY_LEN], int *ret_keyslot,
			   struct err *err);
bool luks_slot_there(struct luks *luks, int keyslot);
/* Is it the only one that is left? */
bool luks_slot_is_last(struct luks *luks, int keyslot);
/* Destroys it, unless it is the volume's last. */
MUST_USE int luks_slot_remove(struct luks *luks, int keyslot, struct err *err);

/* Does the key open the keyslot?  Nothing is activated. */
MUST_USE int luks_slot_check(struct luks *luks, int keyslot, const uint8_t key[static LUKS_KEY_LEN],
			     struct err *err);

/*
 * The keyslot that the key opens: the one that is named (-1: none is), or else another like those
 * of luks_slot_add.  While a rotation is under way each volume has one for either secret.
 */
MUST_USE int luks_slot_find(struct luks *luks, int keyslot, const uint8_t key[static LUKS_KEY_LEN],
			    int *ret_keyslot, struct err *err);

struct luks_open_as {
	const char *name; /* below /dev/mapper */
	int keyslot;
	bool discard;
	bool readonly;
};

/* One that is open by that name already is no error if it is of this volume. */
MUST_USE int luks_open(struct luks *luks, const struct luks_open_as *as,
		       const uint8_t key[static LUKS_KEY_LEN], struct err *err);

#endif
