/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading the policy into the kernel, one rule at a time. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "initramfs/boot/parts.h"

#define RULE_MAX 4095 /* bytes; security/integrity/ima/ima_fs.c takes less than a page a write */

static const char *refusal_cause(int code)
{
	switch (code) {
	case EINVAL:
		return "this kernel does not take the rule";
	case EACCES:
	case EPERM:
		return "this kernel takes only a signed policy file";
	default:
		return strerror(code);
	}
}

/* rule ends with the LF: without it the kernel counts a byte that was not written. */
static int write_rule(int fd, const char *rule, size_t len, size_t line, struct err *err)
{
	ssize_t n;

	if (len > RULE_MAX)
		return err_set(err, "policy line %zu: longer than %d bytes", line, RULE_MAX);
	n = write(fd, rule, len);
	if (n < 0)
		return err_set(err, "policy line %zu: %s: %.*s", line, refusal_cause(errno),
			       (int)len - 1, rule);
	if ((size_t)n != len)
		return err_set(err, "policy line %zu: the kernel took %zd of %zu bytes", line, n,
			       len);
	return 0;
}

static int write_rules(int fd, const struct buf *policy, size_t *ret_rules, struct err *err)
{
	const char *text = buf_text(policy);
	size_t line = 1, rules = 0, len;

	for (const char *at = text; *at; at += len, line++) {
		const char *end = strchr(at, '\n');

		if (!end)
			return err_set(err, "policy line %zu: has no end", line);
		len = (size_t)(end - at) + 1;
		if (*at == '#' || *at == '\n')
			continue;
		if (write_rule(fd, at, len, line, err) < 0)
			return -1;
		rules++;
	}
	if (rules == 0)
		return err_set(err, "policy: has no rule");
	*ret_rules = rules;
	return 0;
}

/* close() puts the rules in force, or drops them all, and reports success either way. */
int policy_load(struct boot *boot, struct err *err)
{
	AUTO_FD fd = openat(boot->dirs.security, "ima/policy", O_WRONLY | O_CLOEXEC);
	size_t rules = 0;

	if (fd < 0)
		return err_errno(err, "ima/policy");
	if (strlen(buf_text(&boot->policy)) != boot->policy.len)
		return err_set(err, "policy: has a NUL byte");
	if (write_rules(fd, &boot->policy, &rules, err) < 0)
		return -1;
	report_line(boot, "policy-rules %zu", rules);
	return 0;
}
