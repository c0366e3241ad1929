/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the policy language with the kernel that brought each; inside of lib/ima only. */
#ifndef ASSAY_IMA_POLICY_WORDS_H
#define ASSAY_IMA_POLICY_WORDS_H

#include "ima/policy.h"

#define WORD_SINCE_EVER \
	{ \
		0, 0 \
	}

enum policy_word_kind {
	WORD_ACTION, /* value: enum policy_action */
	WORD_FUNC,
	WORD_MASK,
	WORD_FSMAGIC,
	WORD_FSNAME,
	WORD_FS_SUBTYPE,
	WORD_FSUUID,
	WORD_ID,  /* value: the PF_ bit; op is the comparison */
	WORD_LSM, /* value: index of the condition */
	WORD_DIGEST_TYPE,
	WORD_APPRAISE_TYPE,
	WORD_APPRAISE_FLAG,
	WORD_APPRAISE_ALGOS,
	WORD_DIRECTIO,
	WORD_PCR,
	WORD_TEMPLATE,
	WORD_KEYRINGS,
	WORD_LABEL,
};

struct policy_word {
	const char *text; /* "measure", or with its sign: "func=", "uid>" */
	struct kernel_version since;
	enum policy_word_kind kind;
	unsigned int value;
	enum policy_op op;
};

/*
 * The word that the token begins with, or is.  *ret_value is what stands behind the sign, NULL for
 * a word without one.  NULL: no kernel knows it.  A sign without a value counts as unknown.
 */
const struct policy_word *policy_word_find(const char *token, const char **ret_value);

/* The hook of this name for this kernel; fails on unknown ones and on such as came later. */
MUST_USE int policy_func_find(const char *name, struct kernel_version kernel,
			      enum policy_func *ret_func, struct err *err);

/* Is it the name or the format of a template of this kernel?  Returns the name, NULL: no. */
const char *policy_template_find(const char *name, struct kernel_version kernel);

/* The algorithms of "a,b" as bits; fails on one that the kernel lacks. */
MUST_USE int policy_algos_parse(const char *list, const struct policy_kernel *kernel,
				uint32_t *ret_algos, struct err *err);

/* The two halves of policy_rule_parse(): the first fails only for want of memory, the second only
 * where the kernel would reject the line. */
MUST_USE int policy_rule_init(const char *line, struct policy_rule *ret_rule, struct err *err);
MUST_USE int policy_rule_read(struct policy_rule *rule, const struct policy_kernel *kernel,
			      struct err *err);

/* ima_validate_rule(): do action, hook and the rest go together? */
MUST_USE int policy_rule_check(const struct policy_rule *rule, const struct policy_kernel *kernel,
			       struct err *err);

#endif
