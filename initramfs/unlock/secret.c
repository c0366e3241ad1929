/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's secret, out of the TPM or by the recovery key. */
#include <string.h>

#include "base/io.h"
#include "initramfs/unlock/unlock.h"
#include "lock/unseal.h"
#include "tpm/pcr.h"

static bool unseal(struct unlock *unlock, const struct lock_blob *blob)
{
	struct err err = ERR_INIT;
	size_t approval;

	unlock->blob = blob;
	if (lock_unseal(blob, unlock->secret, &approval, &err) == 0)
		return true;
	unlock->why = err;
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

int unlock_get_secret(struct unlock *unlock, struct err *err)
{
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
	if (!unlock->blob)
		return err_set(err, "%s",
			       *unlock->why.text ? unlock->why.text : "no volume has a token");
	unlock->by_recovery = true;
	return unlock_ask(unlock, err);
}
