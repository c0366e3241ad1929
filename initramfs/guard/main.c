/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-guard: what the scripts of the initramfs ask before they go on.  Linked without a library.
 */
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "initramfs/shared/boot.h"

#define USAGE \
	"usage: assay-guard cmdline | panic | refuse WHY | init ROOT INIT | --help | --version\n"

/* Before /init reads the command line: no signature is checked yet, but nothing is given either. */
static const struct step cmdline_steps[] = {
	{ REASON_ENVIRONMENT, env_prepare_guard, false },
	{ REASON_RECORD, bundle_load_record, false },
	{ REASON_CMDLINE, guard_cmdline, false },
	{ REASON_SWITCH, switches_lockdown, false },
};

static int cmdline(struct boot *boot, char **args UNUSED)
{
	boot_run(boot, cmdline_steps, ARRAY_LEN(cmdline_steps));
	env_unmount_guard(boot);
	return 0;
}

/* Leaves nothing mounted where it says yes; where it says no, what stop needs. */
static bool is_log_mode(struct boot *boot)
{
	struct err err = ERR_INIT;

	if (env_prepare_guard(boot, &err) < 0 || bundle_load_record(boot, &err) < 0 ||
	    boot->record.settings.mode != MODE_LOG)
		return false;
	env_unmount_guard(boot);
	return true;
}

/* The initramfs has failed and would give a shell: in log mode it may. */
static int panic_shell(struct boot *boot, char **args UNUSED)
{
	struct err why = ERR_INIT;

	if (is_log_mode(boot))
		return 0;
	(void)err_set(&why, "the initramfs failed and would give a shell");
	stop(boot, REASON_SHELL, &why);
}

/* A script of the initramfs found a root file system that it must not use; in log mode it may. */
static int refuse_root(struct boot *boot, char **args)
{
	struct err why = ERR_INIT;
	struct err err = ERR_INIT;

	(void)err_set(&why, "%s", args[0]);
	if (!is_log_mode(boot))
		stop(boot, REASON_ROOT, &why);
	say(boot, "assay: would refuse: %s", why.text);
	if (report_early_refusal(boot, REASON_ROOT, &why, &err) < 0)
		say(boot, "assay: no report of it: %s", err.text);
	return 0;
}

/* What /init asks before it hands over, as run-init -n; assay-boot would load its libraries to say
 * it. */
static int find_init(struct boot *boot, char **args)
{
	struct err err = ERR_INIT;

	boot->options.root = args[0];
	boot->options.init = args + 1;
	if (root_dry_run(boot, &err) == 0)
		return 0;
	(void)fprintf(stderr, "assay-guard: %s\n", err.text);
	return 1;
}

static int help(struct boot *boot UNUSED, char **args UNUSED)
{
	return printf(USAGE) < 0 ? 2 : 0;
}

static int version(struct boot *boot UNUSED, char **args UNUSED)
{
	return printf("assay-guard %s\n", ASSAY_VERSION) < 0 ? 2 : 0;
}

static const struct verb {
	const char *name;
	int args;
	int (*run)(struct boot *boot, char **args);
} verbs[] = {
	{ "cmdline", 0, cmdline }, { "panic", 0, panic_shell }, { "refuse", 1, refuse_root },
	{ "init", 2, find_init },  { "--help", 0, help },	{ "--version", 0, version },
};

int main(int argc, char **argv)
{
	AUTO_MEM struct boot *boot = boot_new();

	if (!boot)
		return 2;
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0 && argc - 2 == verbs[i].args)
			return verbs[i].run(boot, argv + 2);
	(void)fprintf(stderr, USAGE);
	return 2;
}
