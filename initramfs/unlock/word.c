/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told to whom comes after. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "initramfs/unlock/unlock.h"
#include "lock/credential.h"

#define WORD_MAX 8192 /* bytes */

static int write_word(const struct unlock *unlock, struct err *err)
{
	AUTO_BUF text = BUF_INIT(WORD_MAX);

	if (buf_putf(&text, err, "opened %s\n",
		     !unlock->blob	   ? "nothing"
		     : unlock->by_recovery ? "recovery"
					   : "seal") < 0)
		return -1;
	if (unlock->by_recovery && buf_putf(&text, err, "why %s\n", unlock->why.text) < 0)
		return -1;
	for (size_t i = 0; i < unlock->list.n; i++)
		if (unlock->volume[i].blob &&
		    buf_putf(&text, err, "volume %s %s\n", unlock->list.volume[i].uuid,
			     unlock->list.volume[i].name) < 0)
			return -1;
	return io_replace_file(LOCK_WORD_PATH, &text, 0644, err);
}

static int write_key(const struct unlock *unlock, const char *name, struct err *err)
{
	struct buf text = BUF_INIT(LOCK_KEY_SIZE);
	char path[sizeof(LOCK_KEYS_DIR) + LOCK_HANG_NAME_MAX];
	AUTO_SECRET(key);
	int result;

	if (!credential_is_name(name))
		return err_set(err, "credential: '%s' is no name of one", name);
	(void)snprintf(path, sizeof(path), LOCK_KEYS_DIR "/%s", name);
	if (lock_secret_derive(unlock->secret, "credential", name, key, err) < 0)
		return -1;
	result = buf_put(&text, key, sizeof(key), err);
	if (result == 0)
		result = io_replace_file(path, &text, 0600, err);
	buf_wipe(&text);
	return result;
}

int unlock_leave_word(struct unlock *unlock, struct err *err)
{
	if (io_make_dirs("/run/assay", err) < 0 || write_word(unlock, err) < 0)
		return -1;
	if (mkdir(LOCK_KEYS_DIR, 0700) < 0 && errno != EEXIST)
		return err_errno(err, LOCK_KEYS_DIR);
	for (size_t i = 0; unlock->blob && i < unlock->blob->n_hangs; i++)
		if (unlock->blob->hangs[i].kind == LOCK_HANG_CREDENTIAL &&
		    write_key(unlock, unlock->blob->hangs[i].name, err) < 0)
			return -1;
	return 0;
}
