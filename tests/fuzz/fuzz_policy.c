/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IMA policies: the first byte chooses the kernel; rules that are taken are taken again, and judge.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ima/policy_lint.h"
#include "ima/policy_sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct policy_kernel kernels[] = {
	{ { 5, 10 }, LSM_NONE, true },	   { { 5, 19 }, LSM_APPARMOR, false },
	{ { 6, 1 }, LSM_APPARMOR, false }, { { 6, 12 }, LSM_SELINUX, true },
	{ { 6, 19 }, LSM_SMACK, false },   { { 7, 3 }, LSM_APPARMOR, true },
};

static int count(void *ctx, unsigned int line, enum lint_kind kind, const char *text,
		 struct err *err)
{
	size_t *findings = ctx;

	(void)line;
	(void)err;
	if (!*text || !*lint_kind_name(kind))
		abort();
	(*findings)++;
	return 0;
}

static int skip(void *ctx, unsigned int line, const char *reason, struct err *err)
{
	(void)ctx;
	(void)line;
	(void)err;
	if (!*reason)
		abort();
	return 0;
}

/* A rule's own text is the same rule. */
static void parse_again(const struct policy *policy, const struct policy_kernel *kernel)
{
	for (size_t i = 0; i < policy->n; i++) {
		const struct policy_rule *r = &policy->rule[i];
		struct err err = ERR_INIT;
		struct policy_rule again;

		if (policy_rule_parse(r->text, kernel, &again, &err) < 0 ||
		    again.flags != r->flags || again.func != r->func || again.action != r->action)
			abort();
		policy_rule_done(&again);
	}
}

static void simulate(const struct policy *policy, const struct policy_kernel *kernel)
{
	static const struct cert_set none = CERT_SET_INIT;
	static const struct policy_file file = { .fd = -1,
						 .st = { .st_mode = S_IFREG | 0755 },
						 .is_elf = true };
	const struct sim_host host = {
		.policy = policy, .kernel = kernel->version, .ima = &none, .evm = &none
	};
	const struct policy_task task = policy_task_of(0, 0);

	for (int op = 0; op < SIM_OPS; op++) {
		struct err err = ERR_INIT;
		const struct sim_act act = { (enum sim_op)op, &file, &task };
		struct sim_result r;

		if (policy_simulate(&host, &act, &r, &err) == 0 && r.allowed != (r.error == 0))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_kernel *kernel;
	AUTO_POLICY policy = POLICY_INIT;
	struct err err = ERR_INIT;
	size_t findings = 0;
	const struct lint_sink sink = { .fn = count, .ctx = &findings };
	const struct policy_sink rest = { .fn = skip };
	struct policy_text text;

	if (size < 1)
		return 0;
	kernel = &kernels[data[0] % ARRAY_LEN(kernels)];
	text = (struct policy_text){ (const char *)data + 1, size - 1 };
	if (policy_lint(text, kernel, LINT_INTENT_ANY, &sink, &err) < 0)
		return 0;
	if (policy_parse(text, kernel, &rest, &policy, &err) < 0)
		abort();
	parse_again(&policy, kernel);
	simulate(&policy, kernel);
	return 0;
}
