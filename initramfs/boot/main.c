/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-boot: the last program of the initramfs, which starts enforcement and executes init. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "crypto/init.h"
#include "initramfs/boot/parts.h"

#define USAGE \
	"usage: assay-boot [-d CAPABILITIES] [-c CONSOLE] [-n] [-p] ROOT INIT [ARGUMENT...]\n" \
	"       assay-boot --check DIRECTORY [KERNEL-CONFIGURATION] | --help | --version\n"

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
	{ "--check", 1, 2, check },
	{ "--help", 0, 0, help },
	{ "--version", 0, 0, version },
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
	/* --check, too, as what it says is about the boot. */
	crypto_init_plain();
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
