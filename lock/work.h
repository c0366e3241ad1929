/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock of this host: loading it, and keeping it everywhere at once. */
#ifndef ASSAY_LOCK_WORK_H
#define ASSAY_LOCK_WORK_H

#include "base/err.h"
#include "lock/authority.h"
#include "lock/blob.h"
#include "lock/luks.h"
#include "lock/recovery.h"
#include "lock/secret.h"

#define WORK_VOLUMES LOCK_DIR "/volumes" /* UUID -> device, for those that udev does not name */

/* A lock there must be; a rotation that was cut short is finished first. */
MUST_USE int work_load(struct lock_blob **ret_blob, struct err *err);

/*
 * The volumes' tokens first, one after the other, the file last: the initramfs goes by the token of
 * the volume that it opens.  Each is the old one or the new one, and either opens its boot.  A
 * volume that is not here is left out, and said to be: the secret stays, so that the others' tokens
 * open it.  One of them must be here.
 */
MUST_USE int work_save(struct lock_blob *blob, struct err *err);

/* Keeps the next boot in the tokens: what a later boot that is not approved is told beside.  What
 * fails of it is said. */
struct next;
void work_remember(const struct lock_blob *blob, const struct next *next);

/* The volume that hangs on the lock, by its UUID. */
MUST_USE int work_open_volume(const char *uuid, struct luks **ret_luks, struct err *err);
/* Is its disk here?  One that is, and damaged, is. */
bool work_volume_here(const char *uuid);

enum work_state { WORK_HERE, WORK_BEHIND, WORK_ABSENT, WORK_NO_TOKEN, WORK_UNREADABLE };
/* BEHIND: the copy in its token is not the lock's file as it is. */
enum work_state work_volume_state(const struct lock_blob *blob, const char *uuid);
const char *work_state_words(enum work_state state);
const char *work_state_name(enum work_state state);

/* Calls save for each volume that is here, and says which are not; fails where none is. */
typedef int work_volume_fn(void *ctx, const char *uuid, struct err *err);
MUST_USE int work_each_volume(const struct lock_blob *blob, work_volume_fn *save, void *ctx,
			      struct err *err);
/* Remembers where it is. */
MUST_USE int work_note_volume(const char *uuid, const char *device, struct err *err);

/* given: --authority, NULL: the one that the lock names.  It must be the lock's. */
MUST_USE int work_authority(const struct lock_blob *blob, const char *given,
			    struct lock_authority **ret_authority, struct err *err);

/* From the file, or asked for; and it must open the blob's wrap. */
MUST_USE int work_recover(const struct lock_blob *blob, const char *key_path,
			  uint8_t ret_secret[static LOCK_SECRET_SIZE], struct err *err);

/* The same, and the key itself, to wrap another secret by. */
MUST_USE int work_recover_key(const struct lock_blob *blob, const char *key_path,
			      struct recovery_key *ret_key,
			      uint8_t ret_secret[static LOCK_SECRET_SIZE], struct err *err);

/*
 * A new recovery key for the blob and the secret: wrapped in the blob, shown, and confirmed.  path:
 * a new file that is to have it; NULL: it is printed, and must be typed again.
 */
MUST_USE int work_new_recovery(struct lock_blob *blob,
			       const uint8_t secret[static LOCK_SECRET_SIZE], const char *path,
			       struct err *err);

/* A keyslot for the volume's key of this secret, and the token with the blob.  What another token
 * named is removed.  by opens the volume already. */
MUST_USE int work_hang_volume(struct luks *luks, struct luks_secret by,
			      const uint8_t secret[static LOCK_SECRET_SIZE],
			      const struct lock_blob *blob, struct err *err);
/* Token and keyslot; one that has none is no error. */
MUST_USE int work_unhang_volume(struct luks *luks, struct err *err);

/* Encrypts the bytes for the name, into the directory. */
MUST_USE int work_hang_credential(const char *dir, const char *name, const struct buf *data,
				  const uint8_t secret[static LOCK_SECRET_SIZE], struct err *err);

/* Signs an approval of these PCRs and appends it; *ret_dropped as lock_approval_add. */
MUST_USE int work_approve(struct lock_blob *blob, const struct lock_authority *authority,
			  struct lock_approval *approval, uint32_t *ret_dropped, struct err *err);

/* An unsigned approval of the PCRs, bounded by what the counter is at; kernel NULL: the running.
 * Refused where one of the PCRs is empty (lock/empty.h). */
MUST_USE int work_approval(const struct lock_blob *blob, const char *kernel,
			   const struct tpm_pcrs *pcrs, struct lock_approval *ret_approval,
			   struct err *err);

/* Finishes a revocation that was cut short: the approvals are bound to more than the counter. */
MUST_USE int work_settle(const struct lock_blob *blob, struct err *err);

#endif
