/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated operation in words. */
#include "ima/policy_explain.h"

#include <string.h>

#include "ima/xattr.h"

static const struct {
	const char *cause; /* ima_appraise.c, ima_api.c, ima_main.c */
	const char *meaning;
} meanings[] = {
	{ "IMA-signature-required",
	  "security.ima holds no v2 signature, which the rule asks for: sign the file" },
	{ "verity-signature-required",
	  "security.ima holds no v3 signature, which the rule asks for: sign it in the verity "
	  "profile" },
	{ "no-verity-digest",
	  "fs-verity is not enabled on the file: sign it in the verity profile" },
	{ "missing-hash", "security.ima is missing" },
	{ "invalid-hash", "the content is not what security.ima says" },
	{ "invalid-signature",
	  "the content was changed after it was signed, or the key is not in the keyring" },
	{ "invalid-verity-signature",
	  "the file was changed after it was signed, or the key is not in the keyring" },
	{ "invalid-signature-version", "the signature's version does not fit its type" },
	{ "IMA-sigv3-required", "the rule asks for a v3 signature" },
	{ "unknown-ima-data", "security.ima is of no known kind" },
	{ "missing-HMAC", "security.evm is missing: sign with --evm" },
	{ "invalid-HMAC", "security.evm is of a kind that can't be verified here" },
	{ "invalid-fail-immutable",
	  "owner, mode, capabilities or another attribute is not what was signed in security.evm" },
	{ "denied-hash-algorithm", "the signature's hash algorithm is not among appraise_algos=" },
	{ "failed-mprotect",
	  "a mapping of an appraised file is not made executable afterwards, signed or not" },
};

const char *policy_cause_meaning(const char *cause)
{
	for (size_t i = 0; cause && i < ARRAY_LEN(meanings); i++)
		if (strcmp(cause, meanings[i].cause) == 0)
			return meanings[i].meaning;
	return NULL;
}

bool policy_step_untrusted(const struct sim_step *step)
{
	return strstr(step->detail, XATTR_UNTRUSTED) != NULL;
}

const char *policy_step_meaning(const struct sim_step *step)
{
	return policy_step_untrusted(step) ? "it is " XATTR_UNTRUSTED
					   : policy_cause_meaning(step->cause);
}

const char *policy_errno_name(int error)
{
	const char *name = error ? strerrorname_np(error) : NULL;

	return name ? name : "unknown error";
}

int policy_explain_verdict(const struct sim_result *result, struct buf *out, struct err *err)
{
	const struct sim_step *s = result->decisive;

	if (buf_putf(out, err, "%s: ", sim_op_name(result->op)) < 0)
		return -1;
	if (result->allowed)
		return buf_putf(out, err, "%s", s ? "allowed" : "allowed: no rule appraises it");
	return buf_putf(out, err, "denied (%s%s)%s%s", policy_errno_name(result->error),
			result->killed ? ", the process is killed" : "", s && s->cause ? ": " : "",
			s && s->cause ? s->cause : "");
}

static int put_rule(const struct policy_rule *rule, struct buf *out, struct err *err)
{
	return buf_putf(out, err, "  rule %u: %s\n", rule->line, rule->text);
}

/* The rule that denied; when all allowed it, every rule that appraised, once. */
static int put_rules(const struct sim_result *r, struct buf *out, struct err *err)
{
	const struct policy_rule *last = NULL;

	if (!r->allowed)
		return put_rule(r->decisive->decision.by[GROUP_APPRAISE], out, err);
	for (size_t i = 0; i < r->n; i++) {
		const struct policy_rule *rule = r->step[i].decision.by[GROUP_APPRAISE];

		if (r->step[i].status == SIM_NOT_APPRAISED || rule == last)
			continue;
		if (put_rule(rule, out, err) < 0)
			return -1;
		last = rule;
	}
	return 0;
}

static int put_signature(const struct sim_step *s, const struct policy_file *file, struct buf *out,
			 struct err *err)
{
	struct xattr_sig sig;
	struct err ignored = ERR_INIT;

	if (file->ima.len == 0)
		return buf_putf(out, err, "  security.ima: none\n");
	if (xattr_sig_decode_any(file->ima.data, file->ima.len, &sig, &ignored) < 0)
		return buf_putf(out, err, "  security.ima: %zu bytes, type %u, no signature\n",
				file->ima.len, file->ima.data[0]);
	return buf_putf(out, err, "  signature: v%u, %s, key %08x (%s)\n",
			(unsigned int)sig.version, hash_algo_name(sig.algo), sig.keyid,
			s && s->by ? cert_subject(s->by) : "not verified");
}

static int put_meaning(const struct sim_step *s, struct buf *out, struct err *err)
{
	const char *meaning = policy_step_meaning(s);

	if (meaning && buf_putf(out, err, "  meaning: %s\n", meaning) < 0)
		return -1;
	if (s->detail[0] && buf_putf(out, err, "  detail: %s\n", s->detail) < 0)
		return -1;
	return 0;
}

/* The other things done on the way, each rule once. */
static int put_others(const struct sim_result *r, struct buf *out, struct err *err)
{
	static const struct {
		enum policy_group group;
		const char *verb;
	} others[] = { { GROUP_MEASURE, "measured" },
		       { GROUP_AUDIT, "audited" },
		       { GROUP_HASH, "hashed" } };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		for (size_t k = 0; k < r->n; k++) {
			const struct policy_decision *d = &r->step[k].decision;

			if (d->on[others[i].group] &&
			    buf_putf(out, err, "  also: %s by rule %u\n", others[i].verb,
				     d->by[others[i].group]->line) < 0)
				return -1;
		}
	return 0;
}

static bool any_unknown(const struct sim_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->step[i].decision.has_unknown)
			return true;
	return false;
}

int policy_explain_reasons(const struct sim_result *result, const struct policy_file *file,
			   struct buf *out, struct err *err)
{
	const struct sim_step *s = result->decisive;

	if (s && (put_rules(result, out, err) < 0 || put_signature(s, file, out, err) < 0 ||
		  put_meaning(s, out, err) < 0))
		return -1;
	if (put_others(result, out, err) < 0)
		return -1;
	if (any_unknown(result))
		return buf_putf(out, err,
				"  note: a condition on a label or on the file system's "
				"UUID could not be judged from here\n");
	return 0;
}

int policy_explain(const struct sim_result *result, const struct policy_file *file, struct buf *out,
		   struct err *err)
{
	if (policy_explain_verdict(result, out, err) < 0 || buf_putf(out, err, "\n") < 0)
		return -1;
	return policy_explain_reasons(result, file, out, err);
}
