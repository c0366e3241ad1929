/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-unlock: the lock in the initramfs, before the root file system is mounted. */
#ifndef ASSAY_INITRAMFS_UNLOCK_H
#define ASSAY_INITRAMFS_UNLOCK_H

#include "initramfs/record/record.h"
#include "lock/word.h"
#include "lock/blob.h"
#include "lock/boot_list.h"
#include "lock/luks.h"
#include "lock/secret.h"
#include "lock/unseal.h"

#define UNLOCK_DEVICE_SECONDS 30  /* to wait for a volume's device */
#define UNLOCK_ANSWER_SECONDS 300 /* to wait for the next key at the prompt */
#define UNLOCK_TRIES 3

struct unlock_volume {
	const struct boot_volume *as;
	struct luks *luks; /* NULL: its device is not there, or no LUKS2 volume */
	struct token token;
	struct lock_blob *blob; /* NULL: it has no token, or a damaged one */
};

/* One boot's unlocking; in memory that is locked and not dumped. */
struct unlock {
	struct boot *boot;
	struct boot_list list;
	struct unlock_volume volume[BOOT_LIST_VOLUMES];
	const char *root;	      /* where it is mounted, or NULL: it is not */
	struct lock_blob *on_root;    /* the lock's file there */
	const struct lock_blob *blob; /* one of those: that whose secret it is */
	uint8_t secret[LOCK_SECRET_SIZE];
	bool by_recovery;
	struct err why; /* what kept the TPM from unsealing; "": nothing did */
};

/* list.c: reads the list of the bundle; and writes one, for the hook: 0, or 2 with a line said. */
MUST_USE int unlock_read_list(struct unlock *unlock, struct err *err);
MUST_USE int unlock_print_list(const char *blob, const char *crypttab, struct err *err);

/* volumes.c: waits for the devices and reads their tokens; opens them with keys of the secret. */
MUST_USE int unlock_find_volumes(struct unlock *unlock, struct err *err);
MUST_USE int unlock_open_volumes(struct unlock *unlock, struct err *err);

/* on_root.c: for a lock on which no volume hangs. */
MUST_USE int unlock_read_root(struct unlock *unlock, struct err *err);

/* secret.c: by the TPM, or else by the recovery key. */
MUST_USE int unlock_get_secret(struct unlock *unlock, struct err *err);

/* words.c: makes the TPM's answer one for whoever stands before the machine; err has it before. */
void unlock_words(const struct lock_blob *blob, const struct lock_why *why, struct err *err);

/* explain.c: better ones, where the volume's token remembers the approved boot. */
void unlock_explain(struct unlock *unlock, const struct lock_blob *blob);

/* recovery.c: says why, and asks. */
MUST_USE int unlock_ask(struct unlock *unlock, struct err *err);
/* One line that was typed: the key of any of the copies of the lock's file; its secret. */
MUST_USE int unlock_try_key(struct unlock *unlock, const char *line, struct err *err);

/* word.c: what assay-boot and the running system are told; keys of credentials for the former. */
MUST_USE int unlock_leave_word(struct unlock *unlock, struct err *err);

#endif
