/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --installed and --package: files chosen through dpkg's database instead of by name. */
#ifndef ASSAY_SIGN_PACKAGES_H
#define ASSAY_SIGN_PACKAGES_H

#include "evmctl-plugins/job.h"
#include "sig/installed.h"
#include "sig/manifest.h"

/* One run over packages. */
struct packages {
	struct job *job;
	struct dpkg *db;
	struct installed *installed;
	bool *chosen;		   /* by the package's index */
	size_t objections;	   /* packages of which nothing was done */
	struct manifest *manifest; /* what this run signs; NULL: none is kept */
	char *manifest_path;
	int manifest_fd;	 /* its lock, held to the end; -1: none */
	struct err manifest_err; /* the first that went wrong while recording */
	engine_report_fn report; /* what job_init had set */
	engine_tick_fn tick;
};

#define PACKAGES_INIT \
	{ \
		.job = NULL, .manifest_fd = -1 \
	}

/* Is this run one over packages? */
bool packages_wanted(const struct job *job);

/* Options that contradict each other: prints the misuse line, -1 with *ret_exit. */
MUST_USE int packages_check_options(const struct job *job, int *ret_exit);

/* Loads the database when it is wanted, and the manifest when one is to be written; hooks itself
 * into job->engine, whose act is set. */
MUST_USE int packages_init(struct packages *p, struct job *job, struct err *err);
void packages_done(struct packages *p);

/* For job_run: pushes the files of the chosen packages, or the operands; reports packages that
 * can't be done. */
int packages_feed(struct engine *engine, void *packages, struct err *err);

/* A second run, --unowned: what is executable, belongs to no package, and does not verify. */
MUST_USE int packages_verify_unowned(struct packages *p, struct engine_totals *totals,
				     struct err *err);

/* Where a manifest is to be written: fails at once while another run does that. */
MUST_USE int packages_lock(struct packages *p, struct err *err);

/* Notes what a file carries now; trouble waits for packages_save. */
void packages_record(struct packages *p, const struct engine_result *result);

/* Writes the manifest. */
MUST_USE int packages_save(struct packages *p, struct err *err);

/* "3 signed, ..." on stderr, with --verbose or on a terminal. */
void packages_print_summary(const struct packages *p, const struct engine_totals *totals);

#endif
