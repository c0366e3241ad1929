/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock reseal: after a recovery, or with another TPM. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/passphrase.h"
#include "lock/commands.h"
#include "lock/host.h"
#include "lock/next.h"
#include "lock/rotate.h"
#include "lock/seal.h"
#include "lock/work.h"
#include "tpm/nv.h"

enum option_id { AUTHORITY = 1, PASSPHRASE_FILE, KEY_FILE, VALUES };

static const struct cmd_option options[] = {
	{ "authority", AUTHORITY, 0, "URI",
	  "the key that approves from now on (default: as before)" },
	{ "passphrase-file", PASSPHRASE_FILE, 0, "FILE", "the authority's passphrase, first line" },
	{ "recovery-key-file", KEY_FILE, 0, "FILE", "the recovery key (default: ask)" },
	{ "pcr-values", VALUES, 0, "FILE", "predicted values of the next boot (default: as now)" },
	{ .name = NULL },
};

struct reseal {
	struct lock_blob *blob;
	struct lock_authority *authority;
	const char *authority_uri;
	const char *key_file;
	struct next next;
	bool another; /* authority than before */
};

static void reseal_done(struct reseal *r)
{
	lock_blob_free(r->blob);
	lock_authority_free(r->authority);
}

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct reseal *r = ctx;

	switch ((enum option_id)id) {
	case AUTHORITY:
		if (strlen(value) >= LOCK_SOURCE_MAX)
			return err_set(err, "--authority: longer than %d bytes",
				       LOCK_SOURCE_MAX - 1);
		r->authority_uri = value;
		return 0;
	case PASSPHRASE_FILE:
		passphrase_use_file(value);
		return 0;
	case KEY_FILE:
		r->key_file = value;
		return 0;
	case VALUES:
		r->next.values = value;
		return 0;
	}
	return err_set(err, "unknown option");
}

/* Another key takes the old one's place; nothing that the old one approved stays. */
static int take_authority(struct reseal *r, struct err *err)
{
	struct lock_blob *b = r->blob;
	const char *source = r->authority_uri ? r->authority_uri : b->source;

	if (!*source)
		return err_set(err, "where the authority's key is is not known: --authority URI");
	if (lock_authority_open(source, LOCK_HELD_PATH, passphrase_ask, &r->authority, err) < 0)
		return -1;
	r->another = memcmp(lock_authority_public(r->authority)->name, b->authority.name,
			    TPM_NAME_SIZE) != 0;
	if (r->another)
		b->n_approvals = 0;
	b->authority = *lock_authority_public(r->authority);
	b->mode = lock_authority_mode(r->authority);
	memmove(b->source, source, strlen(source) + 1);
	return 0;
}

/* One that is gone, or of another TPM, is made anew; nothing that was bound to it holds then. */
static int take_counter(struct reseal *r, struct err *err)
{
	uint64_t value;
	bool there = false;

	if (tpm_counter_read(&r->blob->counter, &value, &there, err) < 0)
		return -1;
	if (there)
		return 0;
	r->blob->n_approvals = 0;
	return tpm_counter_make(&r->blob->counter, err);
}

static int approve(struct reseal *r, struct err *err)
{
	AUTO_MEM struct lock_approval *approval = calloc(1, sizeof(*approval));
	AUTO_MEM struct tpm_pcrs *pcrs = calloc(1, sizeof(*pcrs));
	uint32_t dropped;

	if (!approval || !pcrs)
		return err_set(err, "out of memory");
	if (next_pcrs(&r->next, r->blob, pcrs, err) < 0 ||
	    work_approval(r->blob, NULL, pcrs, approval, err) < 0 ||
	    work_approve(r->blob, r->authority, approval, &dropped, err) < 0)
		return -1;
	return lock_would_unseal(r->blob, r->blob->n_approvals - 1, err);
}

/* The present recovery key wraps it: it was just typed, and is kept already. */
static int make_secret(struct lock_blob *blob, const struct recovery_key *key, uint8_t *ret_secret,
		       struct err *err)
{
	if (lock_secret_make(ret_secret, err) < 0)
		return -1;
	blob->recovery_len = RECOVERY_WRAPPED_LEN;
	return recovery_wrap(key, blob->id, ret_secret, blob->recovery, err);
}

/*
 * The old authority's key and an old copy of the lock's file still give out the old secret: with
 * another authority there is a new one, by which everything opens from then on.
 */
static int seal_anew(struct reseal *r, const struct recovery_key *key, const uint8_t *secret,
		     struct err *err)
{
	AUTO_SECRET(new) = { 0 };
	struct rotation change = { .from = secret, .to = new, .mends = true };

	if (make_secret(r->blob, key, new, err) < 0 || lock_seal(r->blob, new, err) < 0 ||
	    approve(r, err) < 0)
		return -1;
	return rotate_to(r->blob, &change, err);
}

static int seal_again(struct reseal *r, const uint8_t *secret, struct err *err)
{
	if (lock_seal(r->blob, secret, err) < 0 || approve(r, err) < 0 ||
	    rotate_tokens(r->blob, secret, err) < 0)
		return -1;
	return lock_blob_save(LOCK_BLOB_PATH, r->blob, err);
}

static int reseal(struct reseal *r, struct err *err)
{
	AUTO_SECRET(secret) = { 0 };
	AUTO_RECOVERY key = { .data = { 0 } };

	if (work_load(&r->blob, err) < 0 || work_settle(r->blob, err) < 0 ||
	    host_meets(r->blob, err) < 0 ||
	    work_recover_key(r->blob, r->key_file, &key, secret, err) < 0 ||
	    take_authority(r, err) < 0 || take_counter(r, err) < 0)
		return -1;
	if (r->another ? seal_anew(r, &key, secret, err) < 0 : seal_again(r, secret, err) < 0)
		return -1;
	work_remember(r->blob, &r->next);
	return 0;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(reseal_done) struct reseal r = { .blob = NULL };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, set_option, &r, &ret);

	if (first < 0)
		return ret;
	if (first < argc)
		return cmd_misuse(cmd, "'%s' is one word too many", argv[first]);
	return reseal(&r, &err) < 0 ? cmd_fail(cmd, &err) : CMD_YES;
}

const struct cmd cmd_reseal = {
	.name = "reseal",
	.operands = "",
	.summary = "seal anew, by the recovery key: after a recovery, or with another TPM",
	.about =
		"Seals the secret to this TPM and approves the next boot, with the authority's "
		"key\n"
		"or with a new one, for which there is a new secret, too.  A counter that is gone\n"
		"is made anew.  What hangs on the lock stays.",
	.options = options,
	.run = run,
};
