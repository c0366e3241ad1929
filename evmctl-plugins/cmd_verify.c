/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assay-sign verify: would the kernel accept these files? */
#include <stdio.h>

#include "evmctl-plugins/commands.h"
#include "evmctl-plugins/packages.h"

static const struct cmd_option options[] = {
	{ "cert", JOB_CERT, 'c', "FILE", "certificate that is trusted (repeatable)" },
	{ "evm", JOB_EVM, 0, NULL, "require portable EVM signatures too" },
	{ "no-evm", JOB_NO_EVM, 0, NULL, "require none, whatever the configuration says" },
	{ "profile", JOB_PROFILE, 0, "NAME", "auto, signature or verity" },
	{ "installed", JOB_INSTALLED, 0, NULL, "what dpkg installed" },
	{ "package", JOB_PACKAGE, 'p', "NAME", "the same of one package (repeatable)" },
	{ "unowned", JOB_UNOWNED, 0, NULL, "executables that belong to no package" },
	{ "root", JOB_ROOT, 0, "DIR", "the system below this directory" },
	{ "recursive", JOB_RECURSIVE, 'r', NULL, "go into directories" },
	{ "cross-file-systems", JOB_CROSS, 0, NULL, "and into what is mounted in them" },
	{ "all-files", JOB_ALL_FILES, 0, NULL, "every regular file, not only what is appraised" },
	{ "jobs", JOB_JOBS, 'j', "N", "threads (default: one per processor)" },
	{ "verbose", JOB_VERBOSE, 'v', NULL, "say at the end how many" },
	{ "json", JOB_JSON, 0, NULL, "one JSON object per line" },
	{ .name = NULL },
};

/* Yes only when something was verified and nothing was wrong; that nothing is unowned is well. */
static int conclude(const struct job *job, const struct engine_totals *t)
{
	size_t failed = t->count[ENGINE_FAILED];
	size_t denied = t->count[ENGINE_DENIED];
	size_t total = failed + denied + t->count[ENGINE_VALID];

	job_print_summary(job, t);
	if (failed && total > 1)
		(void)fprintf(stderr, "%s: %s: %zu of %zu files could not be verified\n",
			      cmd_program_name(), job->cmd->name, failed, total);
	if (failed)
		return CMD_TROUBLE;
	if ((t->count[ENGINE_VALID] || job->unowned) && !denied)
		return CMD_YES;
	if (!denied)
		(void)fprintf(stderr, "%s: %s: nothing there that the kernel would appraise\n",
			      cmd_program_name(), job->cmd->name);
	return CMD_NO;
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	CLEANUP(cert_set_done) struct cert_set trusted = CERT_SET_INIT;
	struct engine_totals totals = { { 0 } };
	struct err err = ERR_INIT;
	CLEANUP(job_done) struct job job = { .config = NULL };
	CLEANUP(packages_done) struct packages packages = PACKAGES_INIT;
	int ret = CMD_TROUBLE;

	if (job_init(&job, cmd, argc, argv, &ret) < 0)
		return ret;
	if (packages_check_options(&job, &ret) < 0)
		return ret;
	if (keys_load_trusted(&job.keys, &trusted, &err) < 0)
		return cmd_fail(cmd, &err);
	job.engine.act = ENGINE_VERIFY;
	job.engine.trusted = &trusted;
	if (packages_init(&packages, &job, &err) < 0)
		return cmd_fail(cmd, &err);
	if ((packages_wanted(&job) || job.n_operands) &&
	    job_run(&job, packages_feed, &packages, &totals, &err) < 0)
		return cmd_fail(cmd, &err);
	if (job.unowned && packages_verify_unowned(&packages, &totals, &err) < 0)
		return cmd_fail(cmd, &err);
	totals.count[ENGINE_DENIED] += packages.objections;
	packages_print_summary(&packages, &totals);
	return conclude(&job, &totals);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.operands = "FILE...",
	.summary = "verify the signatures of files and trees",
	.about = "Prints a line for each file whose signature is missing or wrong.\n"
		 "Exit status: 0 all are good, 1 some are not, 2 trouble.",
	.options = options,
	.run = run,
};
