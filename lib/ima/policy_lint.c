/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a policy: grammar, missing hooks, exemptions, lines that do nothing. */
#include "ima/policy_lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ima/policy_cover.h"
#include "ima/policy_lint_rule.h"

const char *lint_kind_name(enum lint_kind kind)
{
	switch (kind) {
	case LINT_GRAMMAR:
		return "grammar";
	case LINT_HOLE:
		return "hole";
	case LINT_WEAK:
		return "weak";
	case LINT_UNREACHABLE:
		break;
	}
	return "unreachable";
}

int lint_say(const struct lint *lint, unsigned int line, enum lint_kind kind, const char *fmt, ...)
{
	char text[LINT_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return lint->sink->fn(lint->sink->ctx, line, kind, text, lint->err);
}

/* By which code gets to run, or replaces the kernel. */
static const struct {
	enum policy_func func;
	const char *what;
} required[] = {
	{ FUNC_BPRM_CHECK, "programs are executed unchecked" },
	{ FUNC_MMAP_CHECK, "libraries are mapped unchecked, and 'ld.so FILE' runs any program" },
	{ FUNC_MODULE_CHECK, "kernel modules are loaded unchecked" },
	{ FUNC_FIRMWARE_CHECK, "firmware is loaded unchecked" },
	{ FUNC_KEXEC_KERNEL_CHECK, "any kernel can be booted by kexec" },
	{ FUNC_KEXEC_INITRAMFS_CHECK, "any initramfs can be booted by kexec" },
	{ FUNC_POLICY_CHECK, "where the kernel lets policies be added, any is taken" },
};

static enum policy_action covering_action(const struct lint *lint)
{
	if (lint->intent == LINT_INTENT_ENFORCE)
		return ACTION_APPRAISE;
	if (lint->intent == LINT_INTENT_LOG)
		return ACTION_AUDIT;
	for (size_t i = 0; i < lint->policy->n; i++)
		if (lint->policy->rule[i].action == ACTION_APPRAISE)
			return ACTION_APPRAISE;
	for (size_t i = 0; i < lint->policy->n; i++)
		if (lint->policy->rule[i].action == ACTION_AUDIT)
			return ACTION_AUDIT;
	return ACTION_APPRAISE;
}

/* The rule that is for the hook whoever the file and the task are; NULL: none. */
static const struct policy_rule *find_whole(const struct lint *lint, enum policy_func func,
					    enum policy_action action,
					    const struct policy_rule **ret_partial)
{
	*ret_partial = NULL;
	for (size_t i = 0; i < lint->policy->n; i++) {
		const struct policy_rule *r = &lint->policy->rule[i];

		if (r->action != action || !policy_rule_is_for(r, func) ||
		    policy_rule_mask_is_wrong(r))
			continue;
		if (!policy_rule_is_conditional(r))
			return r;
		if (!*ret_partial)
			*ret_partial = r;
	}
	return NULL;
}

static int lint_hooks(const struct lint *lint)
{
	enum policy_action action = covering_action(lint);
	const char *name = policy_action_name(action);

	for (size_t i = 0; i < ARRAY_LEN(required); i++) {
		const struct policy_rule *partial;
		const char *func = policy_func_name(required[i].func);

		if (find_whole(lint, required[i].func, action, &partial))
			continue;
		if (partial ? lint_say(lint, partial->line, LINT_HOLE,
				       "only what these conditions match is covered, and no rule "
				       "'%s func=%s' follows for the rest: %s",
				       name, func, required[i].what)
			    : lint_say(lint, 0, LINT_HOLE, "no rule '%s func=%s': %s", name, func,
				       required[i].what))
			return -1;
	}
	return 0;
}

/* The first earlier rule of the same group that leaves nothing to this one; nth: none. */
static size_t find_before(const struct policy *policy, size_t nth)
{
	const struct policy_rule *r = &policy->rule[nth];
	enum policy_group group = policy_action_group(r->action);

	for (size_t i = 0; i < nth; i++)
		if (policy_action_group(policy->rule[i].action) == group &&
		    policy_rule_covers(&policy->rule[i], r))
			return i;
	return nth;
}

/* Says so when the rule does nothing. */
static int lint_reach(const struct lint *lint, size_t nth)
{
	const struct policy_rule *r = &lint->policy->rule[nth];
	size_t before = find_before(lint->policy, nth);

	lint->place[nth].idle = true;
	if (policy_rule_mask_is_wrong(r))
		return lint_say(lint, r->line, LINT_UNREACHABLE,
				"func=%s is never called with this mask",
				policy_func_name(r->func));
	if (before < nth)
		return lint_say(lint, r->line, LINT_UNREACHABLE,
				"line %u matches all of this first",
				lint->policy->rule[before].line);
	lint->place[nth].idle = false;
	return 0;
}

/* The first rule of the other group that matches all that this one does; n: none. */
static size_t find_taker(const struct policy *policy, const struct policy_rule *r)
{
	enum policy_group group = policy_action_group(r->action);
	enum policy_group other = group == GROUP_MEASURE    ? GROUP_APPRAISE
				  : group == GROUP_APPRAISE ? GROUP_MEASURE
							    : GROUP_NONE;

	for (size_t i = 0; other != GROUP_NONE && i < policy->n; i++)
		if (policy_action_group(policy->rule[i].action) == other &&
		    policy_rule_covers(&policy->rule[i], r))
			return i;
	return policy->n;
}

/* Pairs of rules are looked at here, once, so that no check looks at triples. */
static int lint_rules(const struct lint *lint)
{
	const struct policy *policy = lint->policy;

	for (size_t i = 0; i < policy->n; i++) {
		if (lint_reach(lint, i) < 0)
			return -1;
		if (!lint->place[i].idle)
			lint->place[i].taker = find_taker(policy, &policy->rule[i]);
	}
	for (size_t i = 0; i < policy->n; i++)
		if (!lint->place[i].idle && lint_rule(lint, i) < 0)
			return -1;
	return 0;
}

static int tell_grammar(void *ctx, unsigned int line, const char *reason, struct err *err)
{
	(void)err; /* the same one */
	return lint_say(ctx, line, LINT_GRAMMAR, "%s", reason);
}

int policy_lint(struct policy_text text, const struct policy_kernel *kernel,
		enum lint_intent intent, const struct lint_sink *sink, struct err *err)
{
	AUTO_POLICY policy = POLICY_INIT;
	struct lint lint = {
		.policy = &policy, .kernel = kernel, .intent = intent, .sink = sink, .err = err
	};
	const struct policy_sink grammar = { .fn = tell_grammar, .ctx = &lint };
	AUTO_MEM struct lint_place *place = NULL;

	if (policy_parse(text, kernel, &grammar, &policy, err) < 0)
		return -1;
	if (policy.n == 0)
		return lint_say(&lint, 0, LINT_HOLE, "it has no rule");
	lint.place = place = calloc(policy.n, sizeof(*place));
	if (!place)
		return err_set(err, "out of memory");
	return lint_hooks(&lint) < 0 ? -1 : lint_rules(&lint);
}
