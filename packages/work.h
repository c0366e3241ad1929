/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands share: options, and packages looked at on all processors. */
#ifndef ASSAY_PACKAGES_WORK_H
#define ASSAY_PACKAGES_WORK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <jansson.h>

#include "cli/cmd.h"
#include "cli/keys.h"
#include "cli/progress.h"
#include "pkg/package.h"

#define WORK_JOBS_MAX 256

enum work_option {
	WORK_KEY = 1,
	WORK_CERT,
	WORK_DIGEST,
	WORK_PROFILE,
	WORK_NO_EVM,
	WORK_DETACHED,
	WORK_REPLACE,
	WORK_JOBS,
	WORK_PASSPHRASE_FILE,
	WORK_FILES,
	WORK_VERBOSE,
	WORK_JSON,
};

/* How one package came out. */
enum work_outcome { WORK_SIGNED, WORK_KEPT, WORK_VALID, WORK_DENIED, WORK_FAILED };

#define WORK_OUTCOMES 5

/* One command's run. */
struct work {
	const struct cmd *cmd;
	struct config *config;
	struct keys keys;
	struct package_signing how; /* signer: each thread's own */
	bool detached;
	bool replace;
	bool files;
	bool verbose;
	bool json;
	unsigned long jobs;
	char **paths;
	size_t n;
	size_t *order;		     /* in which they are worked on */
	size_t count[WORK_OUTCOMES]; /* under lock */
	atomic_size_t next;
	pthread_mutex_t lock;
	struct progress progress;
};

/* One package, in one thread; err says what was wrong with DENIED and FAILED. */
struct work_item {
	const struct work *work;
	const char *path;      /* as it was named */
	char *real;	       /* links followed: what is written, and what lies beside it */
	struct signer *signer; /* NULL: the command has no key */
	const struct cert_set *trusted;
	int fd;
	struct deb deb;
	struct package package;
	const struct cert *by;
	struct err err;
};

typedef enum work_outcome (*work_fn)(struct work_item *item);

/* *ret_item is for work_item_done in any case, which frees it; NULL: out of memory. */
struct work_item *work_item_new(const struct work *work, const char *path);
void work_item_done(struct work_item **item);

/* Opens the package and reads it without unpacking its files. */
MUST_USE int work_item_open(struct work_item *item, struct err *err);

/* Reads configuration and options.  -1: the command ends with *ret_exit. */
MUST_USE int work_init(struct work *work, const struct cmd *cmd, int argc, char **argv,
		       int *ret_exit);
void work_done(struct work *work);

/* Runs fn for every operand; prints and counts.  Returns the exit status. */
MUST_USE int work_run(struct work *work, const struct cert_set *trusted, work_fn fn);

/* Where that is; the caller frees it.  NULL: out of memory. */
char *work_beside_path(const struct work_item *item);

/* The text beside the package, for --detached. */
MUST_USE int work_beside(const struct work_item *item, struct buf *out, bool *ret_there,
			 struct err *err);

/*
 * The text beside the package where there is one, else that in it; an empty one where neither is.
 * work_blame puts before a complaint of it where it lies.
 */
MUST_USE int work_signatures(const struct work_item *item, struct buf *out, struct err *err);
void work_blame(const struct work_item *item, struct err *err);

#endif
