/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-sign sign: puts signatures on files. */
#include <stdio.h>

#include "evmctl-plugins/commands.h"
#include "evmctl-plugins/packages.h"
#include "evmctl-plugins/signed.h"

static const struct cmd_option options[] = {
	{ "key", JOB_KEY, 'k', "URI", "private key: file or OSSL_STORE URI" },
	{ "cert", JOB_CERT, 'c', "FILE", "its certificate, which tells the key ID (repeatable)" },
	{ "digest", JOB_DIGEST, 'a', "NAME", "sha256 (default), sha384 or sha512" },
	{ "evm", JOB_EVM, 0, NULL, "write portable EVM signatures too" },
	{ "no-evm", JOB_NO_EVM, 0, NULL, "write none, whatever the configuration says" },
	{ "profile", JOB_PROFILE, 0, "NAME", "auto, signature or verity" },
	{ "installed", JOB_INSTALLED, 0, NULL, "what dpkg installed and nobody changed since" },
	{ "package", JOB_PACKAGE, 'p', "NAME", "the same of one package (repeatable)" },
	{ "changed-conffiles", JOB_CHANGED_CONFFILES, 0, NULL, "with it: conffiles as they are" },
	{ "root", JOB_ROOT, 0, "DIR", "the system below this directory" },
	{ "manifest", JOB_MANIFEST, 0, "FILE", "note the signatures there, for repair" },
	{ "recursive", JOB_RECURSIVE, 'r', NULL, "go into directories" },
	{ "cross-file-systems", JOB_CROSS, 0, NULL, "and into what is mounted in them" },
	{ "all-files", JOB_ALL_FILES, 0, NULL, "every regular file, not only what is appraised" },
	{ "jobs", JOB_JOBS, 'j', "N", "threads (default: one per processor)" },
	{ "passphrase-file", JOB_PASSPHRASE_FILE, 0, "FILE", "the key's passphrase, first line" },
	{ "dry-run", JOB_DRY_RUN, 'n', NULL, "do all but write" },
	{ "verbose", JOB_VERBOSE, 'v', NULL, "say at the end how many" },
	{ "json", JOB_JSON, 0, NULL, "one JSON object per line" },
	{ .name = NULL },
};

static void cleanup_key(struct key **key)
{
	key_free(*key);
}

static int conclude(const struct job *job, const struct engine_totals *t)
{
	size_t failed = t->count[ENGINE_FAILED];
	size_t total =
		failed + t->count[ENGINE_SIGNED] + t->count[ENGINE_KEPT] + t->count[ENGINE_DENIED];

	job_print_summary(job, t);
	if (failed && total > 1)
		(void)fprintf(stderr, "%s: %s: %zu of %zu files could not be signed\n",
			      cmd_program_name(), job->cmd->name, failed, total);
	if (failed)
		return CMD_TROUBLE;
	return t->count[ENGINE_DENIED] ? CMD_NO : CMD_YES;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(cleanup_key) struct key *key = NULL;
	struct engine_totals totals = { { 0 } };
	struct err err = ERR_INIT;
	CLEANUP(job_done) struct job job = { .config = NULL };
	CLEANUP(packages_done) struct packages packages = PACKAGES_INIT;
	int ret = CMD_TROUBLE;

	if (job_init(&job, cmd, argc, argv, &ret) < 0)
		return ret;
	if (packages_check_options(&job, &ret) < 0)
		return ret;
	job.engine.act = ENGINE_SIGN;
	/* With the manifest's lock: whoever may not go on is not asked for a passphrase. */
	if (packages_init(&packages, &job, &err) < 0 ||
	    keys_load_signing(&job.keys, &key, &err) < 0 ||
	    keys_find_id(&job.keys, key, &job.engine.keyid, &err) < 0)
		return cmd_fail(cmd, &err);
	job.engine.key = key;
	if (job_run(&job, packages_feed, &packages, &totals, &err) < 0 ||
	    packages_save(&packages, &err) < 0 ||
	    signed_log(&job, totals.count[ENGINE_SIGNED], &err) < 0)
		return cmd_fail(cmd, &err);
	totals.count[ENGINE_DENIED] += packages.objections;
	packages_print_summary(&packages, &totals);
	ret = conclude(&job, &totals);
	if (ret == CMD_YES && job.installed && !job.engine.dry_run && !job.root && !job.json)
		cmd_next("assay enable --log");
	return ret;
}

const struct cmd cmd_sign = {
	.name = "sign",
	.operands = "FILE...",
	.summary = "sign files and trees",
	.about = "Signs what the kernel would appraise: programs, libraries, scripts, modules,\n"
		 "firmware, kernels.  A file that is named is signed whatever it is.  Files that\n"
		 "carry a valid signature by the key already are left alone.  'assay admit' does\n"
		 "it for files that no package brought, with the reason on record.\n\n"
		 "With --installed or --package, files are compared with the digests that dpkg\n"
		 "recorded first, and one that differs is not signed; the signatures are noted in\n"
		 "/var/lib/assay/manifest.\n"
		 "Exit status: 0 all are signed, 1 something was left unsigned, 2 trouble.",
	.options = options,
	.run = run,
};
