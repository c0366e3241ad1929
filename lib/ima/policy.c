/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole policy: lines into rules. */
#include "ima/policy_words.h"

#include <stdlib.h>
#include <string.h>

struct policy_kernel policy_kernel_debian(struct kernel_version version)
{
	return (struct policy_kernel){ .version = version, .lsm = LSM_APPARMOR, .modsig = false };
}

struct policy_reader {
	const struct policy_kernel *kernel;
	const struct policy_sink *sink;
};

static int report(const struct policy_sink *sink, unsigned int number, const char *reason,
		  struct err *err)
{
	if (!sink)
		return err_set(err, "line %u: %s", number, reason);
	return sink->fn(sink->ctx, number, reason, err);
}

static int policy_add(struct policy *policy, struct policy_rule *rule, struct err *err)
{
	struct policy_rule *grown;

	if (policy->n == POLICY_RULES_MAX)
		return err_set(err, "more than %d rules", POLICY_RULES_MAX);
	grown = reallocarray(policy->rule, policy->n + 1, sizeof(*grown));
	if (!grown)
		return err_set(err, "out of memory");
	policy->rule = grown;
	policy->rule[policy->n++] = *rule;
	*rule = (struct policy_rule){ .line = 0 };
	return 0;
}

/* One line, NUL-terminated; what the kernel would reject goes to the sink. */
static int policy_take_line(struct policy *policy, const char *line, unsigned int number,
			    const struct policy_reader *reader, struct err *err)
{
	CLEANUP(policy_rule_done) struct policy_rule rule = { .line = 0 };
	struct err reason = ERR_INIT;

	if (policy_line_is_blank(line))
		return 0;
	if (policy_rule_init(line, &rule, err) < 0)
		return -1;
	if (policy_rule_read(&rule, reader->kernel, &reason) < 0)
		return report(reader->sink, number, reason.text, err);
	rule.line = number;
	return policy_add(policy, &rule, err);
}

/* The text with a NUL behind it, to be cut into lines. */
static int copy_text(struct policy_text text, char **ret_copy, struct err *err)
{
	if (text.len > POLICY_MAX)
		return err_set(err, "larger than %d bytes", POLICY_MAX);
	*ret_copy = calloc(1, text.len + 1);
	if (!*ret_copy)
		return err_set(err, "out of memory");
	if (text.len)
		memcpy(*ret_copy, text.data, text.len);
	return 0;
}

int policy_parse(struct policy_text text, const struct policy_kernel *kernel,
		 const struct policy_sink *sink, struct policy *ret_policy, struct err *err)
{
	const struct policy_reader reader = { kernel, sink };
	AUTO_POLICY policy = POLICY_INIT;
	AUTO_STR copy = NULL;
	unsigned int number = 1;
	char *end;

	*ret_policy = policy;
	if (copy_text(text, &copy, err) < 0)
		return -1;
	end = copy + text.len;
	for (char *line = copy; line < end; number++) {
		char *stop = memchr(line, '\n', (size_t)(end - line));
		int rc;

		stop = stop ? stop : end;
		*stop = '\0';
		if (line + strlen(line) != stop)
			rc = report(sink, number,
				    "it holds a NUL byte, where the kernel stops reading", err);
		else
			rc = policy_take_line(&policy, line, number, &reader, err);
		if (rc < 0)
			return -1;
		line = stop + 1;
	}
	*ret_policy = policy;
	policy = (struct policy)POLICY_INIT;
	return 0;
}

void policy_done(struct policy *policy)
{
	for (size_t i = 0; i < policy->n; i++)
		policy_rule_done(&policy->rule[i]);
	free(policy->rule);
	*policy = (struct policy)POLICY_INIT;
}
