/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules decide: ima_match_policy() of ima_policy.c, Linux 5.10 to 7.3. */
#ifndef ASSAY_IMA_POLICY_MATCH_H
#define ASSAY_IMA_POLICY_MATCH_H

#include "ima/policy_cover.h"
#include "ima/policy_ctx.h"

/* What a hook asks the policy. */
struct policy_query {
	enum policy_func func;
	unsigned int mask; /* enum policy_mask, or-ed */
	const struct policy_file *file;
	const struct policy_task *task;
};

struct policy_decision {
	/* By enum policy_group: the rule that decided, maybe a dont_ one; NULL: none matched. */
	const struct policy_rule *by[GROUP_NONE];
	bool on[GROUP_NONE]; /* measure, appraise, audit, hash is to be done */
	uint32_t flags;	     /* the options (PF_DIGSIG, PF_VERITY, ...) of all rules that matched */
	uint32_t algos;	     /* appraise_algos= of the rule that appraises; 0: any */
	bool hook_specific;  /* it named a hook */
	bool has_unknown;    /* a condition could not be judged and was taken for not matching */
};

/* Rules point into the policy. */
void policy_match(const struct policy *policy, const struct policy_query *query,
		  struct policy_decision *ret_decision);

/* Is there any rule that does this, so that the kernel asks at all? */
bool policy_does(const struct policy *policy, enum policy_group group);

#endif
