/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The policy, keys and file that `assay explain` judges by lib/ima's simulator. */
#ifndef ASSAY_VERDICT_EXPLAIN_H
#define ASSAY_VERDICT_EXPLAIN_H

#include "assay/host/state.h"
#include "ima/policy_explain.h"
#include "sig/classify.h"

#define EXPLAIN_OPS_MAX 2

struct explainer {
	struct policy policy;
	struct cert_set certs;
	struct sim_host sim;
	struct policy_task task; /* root */
	const char *origin;	 /* where the policy comes from, in words */
};

/*
 * The policy in force or of the next boot where that enforces, else the one that `assay enable`
 * would make; policy_path (may be NULL) overrides it.
 */
MUST_USE int explainer_init(struct explainer *ret_explainer, const struct host *host,
			    const char *policy_path, struct err *err);
void explainer_done(struct explainer *explainer);

struct explained {
	int fd;
	char *path; /* real, below the host's root */
	enum sig_kind kind;
	struct policy_file file;
};

MUST_USE int explained_new(const struct host *host, const char *path, struct explained **ret_file,
			   struct err *err);
void explained_free(struct explained **file);

/* The path of the "#!" or of PT_INTERP; NULL: there is none.  The caller frees it. */
MUST_USE int explained_interpreter(const struct explained *file, char **ret_path, struct err *err);

/*
 * Is it the owner that the denial hangs on, so that no signature mends it?  So it is in the
 * signature profile, whose rules for files of other users than 0 to 2 ask for fs-verity.
 */
MUST_USE int explained_owner_decides(const struct explainer *explainer, struct explained *file,
				     const struct sim_result *denied, bool *ret_decides,
				     struct err *err);

/* What a file of this kind is used for. */
size_t explain_operations(enum sig_kind kind, enum sim_op ret_op[static EXPLAIN_OPS_MAX]);

#endif
