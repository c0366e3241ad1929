/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sign and verify share: options, operands, results. */
#ifndef ASSAY_SIGN_JOB_H
#define ASSAY_SIGN_JOB_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/cmd.h"
#include "cli/keys.h"
#include "cli/progress.h"
#include "proto/config.h"
#include "sig/engine.h"

enum job_option {
	JOB_KEY = 1,
	JOB_CERT,
	JOB_DIGEST,
	JOB_JOBS,
	JOB_ALL_FILES,
	JOB_RECURSIVE,
	JOB_CROSS,
	JOB_EVM,
	JOB_NO_EVM,
	JOB_PROFILE,
	JOB_PASSPHRASE_FILE,
	JOB_JSON,
	JOB_DRY_RUN,
	JOB_INSTALLED,
	JOB_PACKAGE,
	JOB_ROOT,
	JOB_MANIFEST,
	JOB_CHANGED_CONFFILES,
	JOB_UNOWNED,
	JOB_VERBOSE,
	JOB_REASON,
};

#define JOB_PACKAGES_MAX 1024

enum job_choice { JOB_BY_CONFIG, JOB_YES, JOB_NO };

/* One command's run. */
struct job {
	const struct cmd *cmd;
	struct config *config; /* with a root, its paths lie below that */
	char *config_path;
	char *config_damage; /* why it can't be read, and config has the defaults; NULL: it was */
	struct keys keys;
	bool recursive;
	bool json;
	enum job_choice evm;
	bool profile_given;
	/* Over packages: packages.h. */
	bool installed;
	const char **packages;
	size_t n_packages;
	char *root;	      /* without a slash at its end; NULL: the running system */
	const char *manifest; /* NULL: the usual place, and only over packages */
	bool changed_conffiles;
	bool unowned;
	bool verbose;
	const char *reason; /* of admit */
	struct engine_config engine;
	struct progress progress;
	size_t step; /* of what is counted through instead of files */
	size_t steps;
	char **operands;
	size_t n_operands;
};

/* Loads the configuration and reads the options.  Returns -1 with *ret_exit when the command ends
 * here; else operands and engine are filled as far as options tell. */
MUST_USE int job_init(struct job *job, const struct cmd *cmd, int argc, char **argv, int *ret_exit);

/* The same, but a configuration that can't be read is left to the caller: job->config_damage. */
MUST_USE int job_init_damaged(struct job *job, const struct cmd *cmd, int argc, char **argv,
			      int *ret_exit);

void job_done(struct job *job);

/* The value of --root, without a slash at its end; frees what was there before. */
MUST_USE int job_root_parse(const char *dir, char **ret_root, struct err *err);

/* The path of an operand; with a root it lies below that, links in it followed as the system there
 * would.  The caller frees it. */
MUST_USE int job_operand(const struct job *job, const char *operand, char **ret_path,
			 struct err *err);

/* Prints one value on a line of its own and drops it. */
void job_print_json(json_t *o);

/* Pushes the operands: files, and trees with --recursive. */
int job_feed(struct engine *engine, void *job, struct err *err);

/* Runs the engine over what feed pushes; results go to stdout and stderr. */
MUST_USE int job_run(struct job *job, engine_feed_fn feed, void *feed_ctx,
		     struct engine_totals *ret_totals, struct err *err);

/* The totals, with --json. */
void job_print_summary(const struct job *job, const struct engine_totals *totals);

#endif
