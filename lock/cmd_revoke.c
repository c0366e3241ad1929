/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock revoke: an approval that must never unseal again. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/passphrase.h"
#include "lock/commands.h"
#include "lock/seal.h"
#include "lock/work.h"
#include "tpm/nv.h"

enum option_id { AUTHORITY = 1, PASSPHRASE_FILE, FORCE };

static const struct cmd_option options[] = {
	{ "authority", AUTHORITY, 0, "URI", "where the authority's key is" },
	{ "passphrase-file", PASSPHRASE_FILE, 0, "FILE", "the authority's passphrase, first line" },
	{ "force", FORCE, 0, NULL,
	  "though no approval is left: the next boot needs the recovery key" },
	{ .name = NULL },
};

struct revoke {
	const char *authority;
	bool force;
};

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct revoke *r = ctx;

	switch ((enum option_id)id) {
	case AUTHORITY:
		r->authority = value;
		return 0;
	case PASSPHRASE_FILE:
		passphrase_use_file(value);
		return 0;
	case FORCE:
		r->force = true;
		return 0;
	}
	return err_set(err, "unknown option");
}

static int drop(struct lock_blob *blob, unsigned long id, struct err *err)
{
	for (size_t i = 0; i < blob->n_approvals; i++) {
		if (blob->approvals[i].id == id) {
			lock_approval_drop(blob, i);
			return 0;
		}
	}
	if (id == 0 || id >= blob->next_id)
		return err_set(err, "approval %lu: there never was one", id);
	/* It is dropped already, and may still be in a backup: counting ends it there, too. */
	return 0;
}

/*
 * What stays is signed anew for the counter's next value, which holds for the present one as well;
 * that is saved; then the counter counts, and whatever is bound to less is revoked.  Cut off in
 * between, the next command counts (work_settle).  Where nothing stays there is nothing to sign,
 * and it counts first.
 */
static int revoke(const struct revoke *r, unsigned long id, struct err *err)
{
	AUTO_LOCK_BLOB blob = NULL;
	AUTO_LOCK_AUTHORITY authority = NULL;
	uint64_t value = 0;
	bool there = false;

	if (work_load(&blob, err) < 0 || work_settle(blob, err) < 0 || drop(blob, id, err) < 0)
		return -1;
	if (blob->n_approvals == 0 && !r->force)
		return err_set(err,
			       "approval %lu: the only one: 'assay lock approve' another, or "
			       "--force and have the recovery key at hand",
			       id);
	if (tpm_counter_read(&blob->counter, &value, &there, err) < 0)
		return -1;
	if (!there)
		return err_set(err, "the TPM's counter of revocations was deleted or replaced: "
				    "'assay lock reseal'");
	if (blob->n_approvals && work_authority(blob, r->authority, &authority, err) < 0)
		return -1;
	for (size_t i = 0; i < blob->n_approvals; i++) {
		blob->approvals[i].bound = value + 1;
		if (lock_authority_sign(authority, blob, &blob->approvals[i], err) < 0)
			return -1;
	}
	if (blob->n_approvals == 0)
		return tpm_counter_increment(&blob->counter, err) < 0 ? -1 : work_save(blob, err);
	if (work_save(blob, err) < 0)
		return -1;
	return tpm_counter_increment(&blob->counter, err);
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	struct revoke r = { .force = false };
	struct err err = ERR_INIT;
	unsigned long id;
	int ret = CMD_TROUBLE;
	int first = cmd_options(cmd, argc, argv, set_option, &r, &ret);

	if (first < 0)
		return ret;
	if (first + 1 != argc)
		return cmd_misuse(cmd, "one ID, as 'assay lock get' lists them");
	if (cmd_parse_uint(argv[first], 1, UINT32_MAX, &id, &err) < 0)
		return cmd_misuse(cmd, "%s", err.text);
	return revoke(&r, id, &err) < 0 ? cmd_fail(cmd, &err) : CMD_YES;
}

const struct cmd cmd_revoke = {
	.name = "revoke",
	.operands = "ID",
	.summary = "an approval that must never unseal again",
	.about = "The approvals that stay are signed anew, by the authority, and a counter in the\n"
		 "TPM counts: then no copy of the old ones unseals, from whatever backup.",
	.options = options,
	.run = run,
};
