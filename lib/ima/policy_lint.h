/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a policy: lines that the kernel rejects, and holes in what it accepts. */
#ifndef ASSAY_IMA_POLICY_LINT_H
#define ASSAY_IMA_POLICY_LINT_H

#include "ima/policy.h"

enum lint_kind {
	LINT_GRAMMAR,	  /* the kernel rejects the line, and with it the whole policy */
	LINT_HOLE,	  /* something runs that should not */
	LINT_WEAK,	  /* it holds less than it seems */
	LINT_UNREACHABLE, /* the line does nothing */
};

/* What a policy is meant to do. */
enum lint_intent {
	LINT_INTENT_ANY,     /* enforce when it appraises anything, else log */
	LINT_INTENT_ENFORCE, /* appraise rules must cover every hook */
	LINT_INTENT_LOG,     /* audit rules must */
};

/* line 0: the policy as a whole. */
typedef int (*lint_fn)(void *ctx, unsigned int line, enum lint_kind kind, const char *text,
		       struct err *err);
struct lint_sink {
	lint_fn fn;
	void *ctx;
};

/*
 * Tells the sink every finding, in the order of the lines for each kind of check.  0 also when
 * there are findings; -1 when the policy could not be judged (too large, no memory, fn failed).
 */
MUST_USE int policy_lint(struct policy_text text, const struct policy_kernel *kernel,
			 enum lint_intent intent, const struct lint_sink *sink, struct err *err);

const char *lint_kind_name(enum lint_kind kind);

#endif
