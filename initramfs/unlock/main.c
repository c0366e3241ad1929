/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-unlock: opens what hangs on the lock, before the initramfs looks for the root file system.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

#include <linux/magic.h>

#include "base/attr.h"
#include "base/io.h"
#include "initramfs/unlock/unlock.h"

#define USAGE "usage: assay-unlock [--root DIRECTORY | --list BLOB CRYPTTAB | --help | --version]\n"

struct unlock_step {
	enum boot_reason reason;
	int (*run)(struct unlock *unlock, struct err *err);
};

/* The same steps as assay-boot's, which finds the record measured; nothing is unsealed before. */
static const struct step record_steps[] = {
	{ REASON_ENVIRONMENT, env_prepare_guard, false },
	{ REASON_RECORD, bundle_load_record, false },
	{ REASON_CERTIFICATE, bundle_load_certs, false },
	{ REASON_SIGNATURE, bundle_verify, false },
	{ REASON_CMDLINE, guard_cmdline, false },
	{ REASON_TPM, measure_record, true },
};

static const struct unlock_step unlock_steps[] = {
	{ REASON_LOCK, unlock_read_list },	{ REASON_VOLUME, unlock_find_volumes },
	{ REASON_LOCK, unlock_read_root },	{ REASON_LOCK, unlock_get_secret },
	{ REASON_VOLUME, unlock_open_volumes }, { REASON_ENVIRONMENT, unlock_leave_word },
};

/* In log mode the boot goes on: the initramfs asks for a passphrase, if there is one. */
static void run_steps(struct unlock *unlock)
{
	for (size_t i = 0; i < ARRAY_LEN(unlock_steps); i++) {
		struct err err = ERR_INIT, said = ERR_INIT;

		if (unlock_steps[i].run(unlock, &err) == 0)
			continue;
		if (unlock->boot->record.settings.mode != MODE_LOG) {
			explicit_bzero(unlock->secret, sizeof(unlock->secret));
			stop(unlock->boot, unlock_steps[i].reason, &err);
		}
		say(unlock->boot, "assay: would refuse: %s", err.text);
		if (report_early_refusal(unlock->boot, unlock_steps[i].reason, &err, &said) < 0)
			say(unlock->boot, "assay: no report of it: %s", said.text);
		return;
	}
}

/* Without volumes there is nothing to do before the root is mounted, with them nothing after. */
static bool is_for_us(struct unlock *unlock)
{
	struct err err = ERR_INIT;

	return unlock_read_list(unlock, &err) < 0 || (unlock->list.n == 0) == !!unlock->root;
}

static void free_all(struct unlock *unlock)
{
	for (size_t i = 0; i < unlock->list.n; i++) {
		luks_free(unlock->volume[i].luks);
		token_done(&unlock->volume[i].token);
		lock_blob_free(unlock->volume[i].blob);
	}
	lock_blob_free(unlock->on_root);
	explicit_bzero(unlock, sizeof(*unlock));
	free(unlock);
}

/* What stops a boot there would stop a host that runs. */
static bool is_initramfs(void)
{
	struct statfs fs;

	return statfs("/", &fs) == 0 && (fs.f_type == RAMFS_MAGIC || fs.f_type == TMPFS_MAGIC) &&
	       io_exists("/init");
}

static int unlock_boot(struct boot *boot, char **args)
{
	struct unlock *unlock;

	if (!is_initramfs()) {
		(void)fprintf(stderr, "assay-unlock: is for the initramfs\n");
		return 2;
	}
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
		say(boot, "assay: the lock's secret may leave memory");
	unlock = calloc(1, sizeof(*unlock));
	if (!unlock)
		return 2;
	unlock->boot = boot;
	unlock->root = args[0];
	if (is_for_us(unlock)) {
		boot_run(boot, record_steps, ARRAY_LEN(record_steps));
		run_steps(unlock);
		env_unmount_guard(boot);
	}
	free_all(unlock);
	return 0;
}

static int print_list(struct boot *boot UNUSED, char **args)
{
	struct err err = ERR_INIT;

	if (unlock_print_list(args[0], args[1], &err) == 0)
		return 0;
	(void)fprintf(stderr, "assay-unlock: %s\n", err.text);
	return 1;
}

static int help(struct boot *boot UNUSED, char **args UNUSED)
{
	return printf(USAGE) < 0 ? 2 : 0;
}

static int version(struct boot *boot UNUSED, char **args UNUSED)
{
	return printf("assay-unlock %s\n", ASSAY_VERSION) < 0 ? 2 : 0;
}

static const struct verb {
	const char *name;
	int args;
	int (*run)(struct boot *boot, char **args);
} verbs[] = {
	{ "--list", 2, print_list },
	{ "--root", 1, unlock_boot },
	{ "--help", 0, help },
	{ "--version", 0, version },
};

int main(int argc, char **argv)
{
	AUTO_MEM struct boot *boot = boot_new();

	if (!boot)
		return 2;
	if (argc == 1)
		return unlock_boot(boot, argv + 1);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0 && argc - 2 == verbs[i].args)
			return verbs[i].run(boot, argv + 2);
	(void)fprintf(stderr, USAGE);
	return 2;
}
