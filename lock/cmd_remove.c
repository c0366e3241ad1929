/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock remove: takes everything off the lock, and the lock away. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/passphrase.h"
#include "lock/commands.h"
#include "lock/initramfs.h"
#include "lock/credential.h"
#include "lock/work.h"
#include "tpm/nv.h"

enum option_id { AUTHORITY = 1, PASSPHRASE_FILE, KEY_FILE };

static const struct cmd_option options[] = {
	{ "authority", AUTHORITY, 0, "URI", "where the authority's key is" },
	{ "passphrase-file", PASSPHRASE_FILE, 0, "FILE", "the authority's passphrase, first line" },
	{ "recovery-key-file", KEY_FILE, 0, "FILE",
	  "the recovery key, instead of the authority's" },
	{ .name = NULL },
};

struct removal {
	const char *authority;
	const char *key_file;
};

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct removal *r = ctx;

	switch ((enum option_id)id) {
	case AUTHORITY:
		r->authority = value;
		return 0;
	case PASSPHRASE_FILE:
		passphrase_use_file(value);
		return 0;
	case KEY_FILE:
		r->key_file = value;
		return 0;
	}
	return err_set(err, "unknown option");
}

/* An approval of nothing, which is thrown away: only the key can sign it. */
static int prove_authority(const struct lock_blob *blob, const char *uri, struct err *err)
{
	AUTO_LOCK_AUTHORITY authority = NULL;
	struct lock_approval proof = { .id = 1, .kernel = "none" };

	proof.pcrs.mask = 1;
	if (work_authority(blob, uri, &authority, err) < 0)
		return -1;
	return lock_authority_sign(authority, blob, &proof, err);
}

static int prove(const struct lock_blob *blob, const struct removal *r, struct err *err)
{
	AUTO_SECRET(secret) = { 0 };

	if (r->key_file)
		return work_recover(blob, r->key_file, secret, err);
	return prove_authority(blob, r->authority, err);
}

static int remove_file(const char *path, struct err *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(err, "%s", path);
	return 0;
}

static int unhang(const struct lock_hang *h, struct err *err)
{
	char path[sizeof(CREDENTIAL_DIR) + LOCK_HANG_NAME_MAX + 1];
	AUTO_LUKS *luks = NULL;

	if (h->kind == LOCK_HANG_CREDENTIAL) {
		(void)snprintf(path, sizeof(path), "%s/%s", CREDENTIAL_DIR, h->name);
		return remove_file(path, err);
	}
	if (work_open_volume(h->name, &luks, err) < 0 || work_unhang_volume(luks, err) < 0)
		return err_prepend(err, "volume %s", h->name);
	return 0;
}

/* Where the volumes are: last, since a removal that is cut off is done again by them. */
static void forget_volumes(const struct lock_blob *blob)
{
	char path[sizeof(WORK_VOLUMES) + LOCK_HANG_NAME_MAX + 1];

	for (size_t i = 0; i < blob->n_hangs; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", WORK_VOLUMES, blob->hangs[i].name);
		if (blob->hangs[i].kind == LOCK_HANG_LUKS)
			(void)unlink(path);
	}
}

/* Before anything is written: whatever opens a volume without the lock must be there already. */
static int check_other_slots(const struct lock_hang *h, struct err *err)
{
	AUTO_TOKEN token = TOKEN_INIT;
	AUTO_LUKS *luks = NULL;
	bool there = false;

	if (h->kind == LOCK_HANG_CREDENTIAL)
		return 0;
	if (work_open_volume(h->name, &luks, err) < 0 ||
	    luks_token_load(luks, &token, &there, err) < 0)
		return err_prepend(err, "volume %s", h->name);
	if (there && luks_slot_is_last(luks, token.keyslot))
		return err_set(err,
			       "volume %s: nothing but the lock opens it: give it a passphrase "
			       "first, 'cryptsetup luksAddKey'",
			       h->name);
	return 0;
}

/* The file last but for the counter, which is in nobody's way: cut off before, the lock is there
 * and can be removed again. */
static int remove_lock(const struct removal *r, struct err *err)
{
	AUTO_LOCK_BLOB blob = NULL;
	struct err why = ERR_INIT;

	if (work_load(&blob, err) < 0 || prove(blob, r, err) < 0)
		return -1;
	for (size_t i = 0; i < blob->n_hangs; i++)
		if (check_other_slots(&blob->hangs[i], err) < 0)
			return -1;
	for (size_t i = 0; i < blob->n_hangs; i++)
		if (unhang(&blob->hangs[i], err) < 0)
			return -1;
	if (remove_file(LOCK_BLOB_PATH, err) < 0)
		return -1;
	forget_volumes(blob);
	if (tpm_counter_remove(&blob->counter, &why) < 0)
		(void)fprintf(stderr, "assay lock: its counter stays in the TPM: %s\n", why.text);
	return 0;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	struct removal r = { .authority = NULL };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, set_option, &r, &ret);

	if (first < 0)
		return ret;
	if (first < argc)
		return cmd_misuse(cmd, "'%s' is one word too many", argv[first]);
	if (r.authority && r.key_file)
		return cmd_misuse(cmd, "--authority and --recovery-key-file exclude each other");
	if (remove_lock(&r, &err) < 0)
		return cmd_fail(cmd, &err);
	if (initramfs_renew(&err) < 0) {
		(void)err_prepend(&err, "the lock is gone, but the next boot would look for it");
		return cmd_fail(cmd, &err);
	}
	return CMD_YES;
}

const struct cmd cmd_remove = {
	.name = "remove",
	.operands = "",
	.summary = "take everything off the lock, and the lock away",
	.about = "Takes the authority's key, or the recovery key.  Credentials are deleted; "
		 "volumes\n"
		 "open by their other keyslots.  At the end every initramfs is made anew.",
	.options = options,
	.run = run,
};
