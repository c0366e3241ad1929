/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The linter's checks of single rules; inside of lib/ima only. */
#ifndef ASSAY_IMA_POLICY_LINT_RULE_H
#define ASSAY_IMA_POLICY_LINT_RULE_H

#include "ima/policy_lint.h"

#define LINT_TEXT_MAX 512 /* bytes of one finding, NUL included */

/* What the other rules leave to one of them. */
struct lint_place {
	bool idle;    /* nothing: it is never asked, or has never anything to say */
	size_t taker; /* index of the first rule that appraises (for a measure rule; and the other
		       * way round) whatever this one matches, or does not; n: none does */
};

struct lint {
	const struct policy *policy;
	const struct policy_kernel *kernel;
	enum lint_intent intent;
	const struct lint_sink *sink;
	struct lint_place *place; /* one each rule, filled before lint_rule() is called */
	struct err *err;
};

MUST_USE int lint_say(const struct lint *lint, unsigned int line, enum lint_kind kind,
		      const char *fmt, ...) PRINTF_LIKE(4, 5);

/* What the nth rule, not an idle one, does by itself, and to those behind it. */
MUST_USE int lint_rule(const struct lint *lint, size_t nth);

#endif
