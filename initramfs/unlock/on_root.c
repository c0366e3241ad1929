/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock's file on the root file system, which nobody has judged yet. */
#include "initramfs/shared/inside.h"

#include "base/io.h"
#include "initramfs/unlock/unlock.h"

int unlock_read_root(struct unlock *unlock, struct err *err)
{
	AUTO_BUF data = BUF_INIT(LOCK_BLOB_MAX);

	if (!unlock->root)
		return 0;
	unlock->on_root = lock_blob_new();
	if (!unlock->on_root)
		return err_set(err, "out of memory");
	if (inside_read(unlock->root, LOCK_BLOB_PATH, &data, err) < 0)
		return -1;
	if (lock_blob_decode(data.data, data.len, unlock->on_root, err) < 0)
		return err_prepend(err, LOCK_BLOB_PATH);
	return 0;
}
