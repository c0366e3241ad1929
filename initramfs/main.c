/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-boot: the last program of the initramfs, which starts enforcement and executes init. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "initramfs/boot.h"

#define USAGE \
	"usage: assay-boot [-d CAPABILITIES] [-c CONSOLE] [-n] [-p] ROOT INIT [ARGUMENT...]\n" \
	"       assay-boot --guard | --panic | --refuse WHY | --help | --version\n" \
	"       assay-boot --check DIRECTORY [KERNEL-CONFIGURATION]\n"

static struct boot *boot_new(void)
{
	struct boot *boot = calloc(1, sizeof(*boot));

	if (!boot)
		return NULL;
	boot->options.console = "/dev/console";
	boot->bundle = BUNDLE_INITRAMFS_DIR;
	boot->dirs = (struct boot_dirs){ .proc = -1, .sys = -1, .security = -1 };
	boot->kmsg = -1;
	boot->console = -1;
	boot->record_text.max = RECORD_MAX;
	boot->policy.max = RECORD_POLICY_MAX;
	boot->report.max = REPORT_MAX;
	(void)clock_gettime(CLOCK_MONOTONIC, &boot->start);
	return boot;
}

static int parse_options(int argc, char **argv, struct boot_options *o, struct err *err)
{
	int c;

	opterr = 0;
	while ((c = getopt(argc, argv, "+d:c:np")) != -1) {
		if (c == 'd')
			o->caps = optarg;
		else if (c == 'c')
			o->console = optarg;
		else if (c == 'n')
			o->dry_run = true;
		else if (c == 'p')
			o->persist = true;
		else
			return err_set(err, "option -%c is unknown", optopt);
	}
	if (argc - optind < 2)
		return err_set(err, "the root and the init are missing");
	o->root = argv[optind];
	o->init = argv + optind + 1;
	return 0;
}

static int dry_run(struct boot *boot)
{
	struct err err = ERR_INIT;

	if (root_dry_run(boot, &err) == 0)
		return 0;
	(void)fprintf(stderr, "assay-boot: %s\n", err.text);
	return 1;
}

static int guard(struct boot *boot, char **args UNUSED)
{
	steps_guard(boot);
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

/* For the hook that makes the initramfs: exit 1 where a boot would stop. */
static int check(struct boot *boot, char **args)
{
	struct err err = ERR_INIT;

	boot->bundle = args[0];
	if (bundle_load_record(boot, &err) == 0 && bundle_load_certs(boot, &err) == 0 &&
	    bundle_verify(boot, &err) == 0 && bundle_load_policy(boot, &err) == 0 &&
	    (!args[1] || kernel_check(boot, args[1], &err) == 0))
		return 0;
	(void)fprintf(stderr, "assay-boot: %s\n", err.text);
	return 1;
}

static int help(struct boot *boot UNUSED, char **args UNUSED)
{
	return printf(USAGE) < 0 ? 2 : 0;
}

static int version(struct boot *boot UNUSED, char **args UNUSED)
{
	return printf("assay-boot %s\n", ASSAY_VERSION) < 0 ? 2 : 0;
}

static const struct verb {
	const char *name;
	int min_args, max_args;
	int (*run)(struct boot *boot, char **args);
} verbs[] = {
	{ "--guard", 0, 0, guard },	   { "--panic", 0, 0, panic_shell },
	{ "--refuse", 1, 1, refuse_root }, { "--check", 1, 2, check },
	{ "--help", 0, 0, help },	   { "--version", 0, 0, version },
};

static const struct verb *find_verb(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0 && argc - 2 >= verbs[i].min_args &&
		    argc - 2 <= verbs[i].max_args)
			return &verbs[i];
	return NULL;
}

int main(int argc, char **argv)
{
	AUTO_MEM struct boot *boot = boot_new();
	struct err err = ERR_INIT;
	const struct verb *verb = find_verb(argc, argv);

	if (!boot)
		return 2;
	if (verb)
		return verb->run(boot, argv + 2);
	if (parse_options(argc, argv, &boot->options, &err) == 0) {
		if (boot->options.dry_run)
			return dry_run(boot);
		if (getpid() == 1)
			steps_run(boot);
		(void)err_set(&err, "only the first process, in an initramfs, may change root");
	}
	if (getpid() == 1) {
		struct err why = ERR_INIT;

		if (env_prepare(boot, &why) < 0)
			say(boot, "assay: %s", why.text);
		stop(boot, REASON_USAGE, &err);
	}
	(void)fprintf(stderr, "assay-boot: %s; see 'assay-boot --help'\n", err.text);
	return 2;
}
