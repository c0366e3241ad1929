/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's secret, out of the TPM or by the recovery key. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "base/io.h"
#include "initramfs/unlock/unlock.h"
#include "tpm/pcr.h"

/* Where nothing is lost by stopping all that runs for a moment: in memory, and the first process's
 * root, too. */
static bool in_initramfs(void)
{
	struct statfs fs;
	struct stat ours, first;

	return statfs("/", &fs) == 0 && (fs.f_type == RAMFS_MAGIC || fs.f_type == TMPFS_MAGIC) &&
	       stat("/", &ours) == 0 && stat("/proc/1/root/", &first) == 0 &&
	       ours.st_dev == first.st_dev && ours.st_ino == first.st_ino;
}

static bool unseal(struct unlock *unlock, const struct lock_blob *blob)
{
	AUTO_MEM struct lock_why *why = calloc(1, sizeof(*why));
	struct err err = ERR_INIT;

	unlock->blob = blob;
	if (!why)
		return err_set(&unlock->why, "out of memory") == 0;
	if (lock_unseal_why(blob, in_initramfs(), unlock->secret, why, &err) == 0)
		return true;
	unlock->why = err;
	if (why->asked)
		unlock_words(blob, why, &unlock->why);
	if (why->asked && why->answer == LOCK_NOT_APPROVED)
		unlock_explain(unlock, blob);
	return false;
}

/* Each volume has a copy of the lock's file; one of them may be older than the others. */
static bool unseal_any(struct unlock *unlock)
{
	if (unlock->on_root)
		return unseal(unlock, unlock->on_root);
	for (size_t i = 0; i < unlock->list.n; i++)
		if (unlock->volume[i].blob && unseal(unlock, unlock->volume[i].blob))
			return true;
	return false;
}

/* Each of them may be missing, or its token: it was said, and the boot goes on without a secret. */
static bool nothing_is_here(const struct unlock *unlock)
{
	for (size_t i = 0; i < unlock->list.n; i++)
		if (unlock->volume[i].blob)
			return false;
	return !unlock->on_root;
}

int unlock_get_secret(struct unlock *unlock, struct err *err)
{
	if (nothing_is_here(unlock))
		return 0;
	if (!io_exists(TPM_DEVICE))
		(void)err_set(&unlock->why, "TPM: there is none");
	else if (unseal_any(unlock)) {
		unlock->why.text[0] = '\0';
		return 0;
	}
	if (!unlock->blob)
		unlock->blob = unlock->on_root;
	for (size_t i = 0; i < unlock->list.n && !unlock->blob; i++)
		unlock->blob = unlock->volume[i].blob;
	unlock->by_recovery = true;
	return unlock_ask(unlock, err);
}
