/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated operation in words. */
#ifndef ASSAY_IMA_POLICY_EXPLAIN_H
#define ASSAY_IMA_POLICY_EXPLAIN_H

#include "base/buf.h"
#include "ima/policy_sim.h"

/*
 * Appends a few lines: verdict, the rules that decided, signature and key, e.g.
 *
 *	exec: allowed
 *	  rule 16: appraise func=BPRM_CHECK appraise_type=imasig
 *	  signature: v2, sha256, key 1a2b3c4d (CN=Assay signing key of host)
 *	  also: measured by rule 9
 */
MUST_USE int policy_explain(const struct sim_result *result, const struct policy_file *file,
			    struct buf *out, struct err *err);

/* The same without the verdict's line. */
MUST_USE int policy_explain_reasons(const struct sim_result *result, const struct policy_file *file,
				    struct buf *out, struct err *err);

/* "allowed", "denied (EACCES): IMA-signature-required" and so on, one line without a newline. */
MUST_USE int policy_explain_verdict(const struct sim_result *result, struct buf *out,
				    struct err *err);

/* What the kernel's cause means and what to do, one sentence; NULL: nothing is known of it. */
const char *policy_cause_meaning(const char *cause);

/* The same of what a step found: the kernel has one cause for a change and for a foreign key. */
const char *policy_step_meaning(const struct sim_step *step);

/* Was the signature that it fell by made by a key that is not trusted? */
bool policy_step_untrusted(const struct sim_step *step);

/* EACCES as "EACCES". */
const char *policy_errno_name(int error);

#endif
