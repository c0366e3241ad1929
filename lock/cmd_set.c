/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-lock set: seals, approves the next boot, and hangs volumes and credentials on it. */
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/random.h"
#include "cli/passphrase.h"
#include "lock/commands.h"
#include "lock/credential.h"
#include "lock/host.h"
#include "lock/initramfs.h"
#include "lock/installed.h"
#include "lock/seal.h"
#include "lock/set.h"
#include "lock/show.h"
#include "tpm/nv.h"
#include "tpm/pcr.h"

enum option_id {
	ENFORCEMENT = 1,
	SECURE_BOOT,
	PROFILE,
	LUKS,
	LUKS_KEY_FILE,
	CREDENTIAL,
	AUTHORITY,
	PASSPHRASE_FILE,
	RECOVERY_OUT,
	VALUES,
};

static const struct cmd_option options[] = {
	{ "require-enforcement", ENFORCEMENT, 0, NULL, "unseal only for boots that enforce" },
	{ "require-secure-boot", SECURE_BOOT, 0, NULL, "approve only boots with Secure Boot" },
	{ "profile", PROFILE, 0, "NAME", "uki, efistub, grub or minimal (default: as booted)" },
	{ "luks", LUKS, 0, "DEV", "a LUKS2 volume that the lock opens; several times" },
	{ "luks-key-file", LUKS_KEY_FILE, 0, "FILE",
	  "what opens the volumes now (default: ask for a passphrase)" },
	{ "credential", CREDENTIAL, 0, "NAME=FILE",
	  "a file that the lock decrypts; several times" },
	{ "authority", AUTHORITY, 0, "URI",
	  "the key that approves: tpm (default), a file, pkcs11:" },
	{ "passphrase-file", PASSPHRASE_FILE, 0, "FILE", "the authority's passphrase, first line" },
	{ "recovery-key-out", RECOVERY_OUT, 0, "FILE",
	  "write the recovery key there (default: show it and have it typed)" },
	{ "pcr-values", VALUES, 0, "FILE", "predicted values of the next boot (default: as now)" },
	{ .name = NULL },
};

static int add_credential(struct set *s, const char *value, struct err *err)
{
	const char *equals = strchr(value, '=');
	struct set_credential *c = &s->credentials[s->n_credentials];

	if (s->n_credentials == LOCK_HANGS_MAX)
		return err_set(err, "more than %d", LOCK_HANGS_MAX);
	if (!equals || (size_t)(equals - value) >= sizeof(c->name) || !equals[1])
		return err_set(err, "'%s': not NAME=FILE", value);
	memcpy(c->name, value, (size_t)(equals - value));
	c->name[equals - value] = '\0';
	if (!credential_is_name(c->name))
		return err_set(err, "'%s' is no name of a credential", c->name);
	c->path = equals + 1;
	s->n_credentials++;
	return 0;
}

static int set_option(void *ctx, int id, const char *value, struct err *err)
{
	struct set *s = ctx;

	switch ((enum option_id)id) {
	case ENFORCEMENT:
		s->blob->require_enforcement = true;
		return 0;
	case SECURE_BOOT:
		s->blob->require_secure_boot = true;
		return 0;
	case PROFILE:
		s->has_profile = true;
		return lock_profile_parse(value, &s->blob->profile, err);
	case LUKS:
		if (s->n_volumes == LOCK_HANGS_MAX)
			return err_set(err, "more than %d", LOCK_HANGS_MAX);
		s->volumes[s->n_volumes++].device = value;
		return 0;
	case LUKS_KEY_FILE:
		s->luks_key_file = value;
		return 0;
	case CREDENTIAL:
		return add_credential(s, value, err);
	case AUTHORITY:
		s->authority_uri = value;
		return 0;
	case PASSPHRASE_FILE:
		passphrase_use_file(value);
		return 0;
	case RECOVERY_OUT:
		s->recovery_out = value;
		return 0;
	case VALUES:
		s->next.values = value;
		return 0;
	}
	return err_set(err, "unknown option");
}

/* Whatever refuses, refuses before anything is made. */
static int check(struct set *s, struct err *err)
{
	AUTO_MEM struct record *next = calloc(1, sizeof(*next));
	AUTO_BUF text = BUF_INIT(RECORD_MAX);

	if (!next)
		return err_set(err, "out of memory");
	if (io_exists(LOCK_BLOB_PATH))
		return err_set(err, "this host has a lock: 'assay lock get', 'assay lock remove'");
	if (s->n_volumes + s->n_credentials == 0)
		return err_set(err,
			       "nothing would hang on the lock, so that it would hold nothing: "
			       "--luks DEV, --credential NAME=FILE");
	if (s->n_volumes + s->n_credentials > LOCK_HANGS_MAX)
		return err_set(err, "more than %d things would hang on the lock", LOCK_HANGS_MAX);
	if (host_has_tpm(err) < 0 || host_meets(s->blob, err) < 0 ||
	    host_next_record(next, &text, err) < 0)
		return -1;
	s->blob->record_pcr = (uint8_t)next->settings.pcr;
	if (!s->has_profile && host_profile(&s->blob->profile, err) < 0)
		return -1;
	if (s->blob->profile == LOCK_UKI && !s->blob->require_secure_boot)
		return err_set(err, "profile uki: without Secure Boot whoever writes to the EFI "
				    "partition measures what he likes: --require-secure-boot, or "
				    "--profile efistub");
	return 0;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(set_done) struct set s = { .blob = lock_blob_new() };
	struct err err = ERR_INIT;
	int ret = CMD_TROUBLE;
	int first;

	if (!s.blob) {
		(void)err_set(&err, "out of memory");
		return cmd_fail(cmd, &err);
	}
	first = cmd_options(cmd, argc, argv, set_option, &s, &ret);
	if (first < 0)
		return ret;
	if (first < argc)
		return cmd_misuse(cmd, "'%s' is one word too many", argv[first]);
	if (!s.blob->require_enforcement)
		return cmd_misuse(cmd, "give --require-enforcement: there is no lock without it");
	if (check(&s, &err) < 0 || set_open(&s, &err) < 0)
		return cmd_fail(cmd, &err);
	if (set_make(&s, &err) < 0)
		return cmd_fail(cmd, &err);
	work_remember(s.blob, &s.next);
	installed_keep(s.blob);
	show_warnings(s.blob);
	if (initramfs_renew(&err) < 0) {
		(void)err_prepend(&err, "the lock is set, but the next boot can't open it yet");
		return cmd_fail(cmd, &err);
	}
	cmd_next("assay lock get, then put the recovery key away");
	return CMD_YES;
}

const struct cmd cmd_set = {
	.name = "set",
	.operands = "",
	.summary = "seal a secret to this host's enforcement, and hang volumes on it",
	.about = "Makes a secret, seals it to the TPM under whatever the lock authority approves,\n"
		 "approves the next boot, and gives volumes and credentials keys derived from the\n"
		 "secret.  Refuses what this host does not meet now.  If any of it fails, all is "
		 "as\n"
		 "before.  A recovery key is shown, and must be typed again.  At the end every\n"
		 "initramfs is made anew.",
	.options = options,
	.run = run,
};
