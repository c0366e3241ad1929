/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one thread that writes to the store: what waits is committed together. */
#ifndef ASSAY_ATTEST_VERIFIER_COMMIT_H
#define ASSAY_ATTEST_VERIFIER_COMMIT_H

#include <stdint.h>

#include "attest/verifier/store.h"

#define COMMIT_BATCH_MAX 256 /* changes of one transaction */

struct committer;

enum commit_outcome {
	COMMIT_FAILED,	 /* nothing is known to have been written */
	COMMIT_CONFLICT, /* the host was changed meanwhile, or is gone */
	COMMIT_DONE,	 /* it is on the disk */
};

/* One change; it and what its change leads to live until done was called, by the committer's
 * thread. */
struct commit_job {
	struct commit_job *next;
	struct host_change change;
	void (*done)(struct commit_job *job, enum commit_outcome outcome, const struct err *err);
};

MUST_USE int committer_new(const char *where, struct committer **ret_committer, struct err *err);
/* What waits is committed first. */
void committer_free(struct committer *committer);

void committer_submit(struct committer *committer, struct commit_job *job);

/* The same, waiting for it. */
MUST_USE enum commit_outcome committer_change(struct committer *committer,
					      const struct host_change *change, struct err *err);

/* Runs the function in the committer's thread, with its connection, and waits for it. */
typedef int (*commit_fn)(void *ctx, struct store_conn *conn, struct err *err);
MUST_USE int committer_call(struct committer *committer, commit_fn fn, void *ctx, struct err *err);

struct commit_figures {
	uint64_t transactions, changes, conflicts, failures;
};
void committer_figures(struct committer *committer, struct commit_figures *ret);

#endif
