/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules match what other rules match; inside of lib/ima only. */
#ifndef ASSAY_IMA_POLICY_COVER_H
#define ASSAY_IMA_POLICY_COVER_H

#include "ima/policy.h"

/* measure and dont_measure decide the same thing, and so on: the first match of a group decides. */
enum policy_group { GROUP_MEASURE, GROUP_APPRAISE, GROUP_AUDIT, GROUP_HASH, GROUP_NONE };

enum policy_group policy_action_group(enum policy_action action);
bool policy_action_is_exemption(enum policy_action action);

/* Does a match everything that b matches?  Errs towards no. */
bool policy_rule_covers(const struct policy_rule *a, const struct policy_rule *b);

/* Can a file and operation be matched by both?  Errs towards yes. */
bool policy_rule_overlaps(const struct policy_rule *a, const struct policy_rule *b);

/* Has the rule a condition on file or task other than its hook and that hook's own mask? */
bool policy_rule_is_conditional(const struct policy_rule *rule);

/* Does it name a mask with which its hook is never called? */
bool policy_rule_mask_is_wrong(const struct policy_rule *rule);

/* Is the rule asked when this hook is called? */
bool policy_rule_is_for(const struct policy_rule *rule, enum policy_func func);

#endif
