/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the policy language with the kernel that brought each. */
#include "ima/policy_words.h"

#include <string.h>

#define EVER WORD_SINCE_EVER

/* policy_tokens[] of ima_policy.c. */
static const struct policy_word words[] = {
	{ "measure", EVER, WORD_ACTION, ACTION_MEASURE, OP_EQUAL },
	{ "dont_measure", EVER, WORD_ACTION, ACTION_DONT_MEASURE, OP_EQUAL },
	{ "appraise", EVER, WORD_ACTION, ACTION_APPRAISE, OP_EQUAL },
	{ "dont_appraise", EVER, WORD_ACTION, ACTION_DONT_APPRAISE, OP_EQUAL },
	{ "audit", EVER, WORD_ACTION, ACTION_AUDIT, OP_EQUAL },
	{ "dont_audit", { 6, 19 }, WORD_ACTION, ACTION_DONT_AUDIT, OP_EQUAL },
	{ "hash", EVER, WORD_ACTION, ACTION_HASH, OP_EQUAL },
	{ "dont_hash", EVER, WORD_ACTION, ACTION_DONT_HASH, OP_EQUAL },
	{ "obj_user=", EVER, WORD_LSM, 0, OP_EQUAL },
	{ "obj_role=", EVER, WORD_LSM, 1, OP_EQUAL },
	{ "obj_type=", EVER, WORD_LSM, 2, OP_EQUAL },
	{ "subj_user=", EVER, WORD_LSM, 3, OP_EQUAL },
	{ "subj_role=", EVER, WORD_LSM, 4, OP_EQUAL },
	{ "subj_type=", EVER, WORD_LSM, 5, OP_EQUAL },
	{ "func=", EVER, WORD_FUNC, 0, OP_EQUAL },
	{ "mask=", EVER, WORD_MASK, 0, OP_EQUAL },
	{ "fsmagic=", EVER, WORD_FSMAGIC, 0, OP_EQUAL },
	{ "fsname=", EVER, WORD_FSNAME, 0, OP_EQUAL },
	{ "fs_subtype=", { 6, 19 }, WORD_FS_SUBTYPE, 0, OP_EQUAL },
	{ "fsuuid=", EVER, WORD_FSUUID, 0, OP_EQUAL },
	{ "uid=", EVER, WORD_ID, PF_UID, OP_EQUAL },
	{ "uid>", EVER, WORD_ID, PF_UID, OP_GREATER },
	{ "uid<", EVER, WORD_ID, PF_UID, OP_LESS },
	{ "euid=", EVER, WORD_ID, PF_EUID, OP_EQUAL },
	{ "euid>", EVER, WORD_ID, PF_EUID, OP_GREATER },
	{ "euid<", EVER, WORD_ID, PF_EUID, OP_LESS },
	{ "gid=", { 5, 16 }, WORD_ID, PF_GID, OP_EQUAL },
	{ "gid>", { 5, 16 }, WORD_ID, PF_GID, OP_GREATER },
	{ "gid<", { 5, 16 }, WORD_ID, PF_GID, OP_LESS },
	{ "egid=", { 5, 16 }, WORD_ID, PF_EGID, OP_EQUAL },
	{ "egid>", { 5, 16 }, WORD_ID, PF_EGID, OP_GREATER },
	{ "egid<", { 5, 16 }, WORD_ID, PF_EGID, OP_LESS },
	{ "fowner=", EVER, WORD_ID, PF_FOWNER, OP_EQUAL },
	{ "fowner>", EVER, WORD_ID, PF_FOWNER, OP_GREATER },
	{ "fowner<", EVER, WORD_ID, PF_FOWNER, OP_LESS },
	{ "fgroup=", { 5, 16 }, WORD_ID, PF_FGROUP, OP_EQUAL },
	{ "fgroup>", { 5, 16 }, WORD_ID, PF_FGROUP, OP_GREATER },
	{ "fgroup<", { 5, 16 }, WORD_ID, PF_FGROUP, OP_LESS },
	{ "digest_type=", { 5, 19 }, WORD_DIGEST_TYPE, 0, OP_EQUAL },
	{ "appraise_type=", EVER, WORD_APPRAISE_TYPE, 0, OP_EQUAL },
	{ "appraise_flag=", EVER, WORD_APPRAISE_FLAG, 0, OP_EQUAL },
	{ "appraise_algos=", { 5, 15 }, WORD_APPRAISE_ALGOS, 0, OP_EQUAL },
	{ "permit_directio", EVER, WORD_DIRECTIO, 0, OP_EQUAL },
	{ "pcr=", EVER, WORD_PCR, 0, OP_EQUAL },
	{ "template=", EVER, WORD_TEMPLATE, 0, OP_EQUAL },
	{ "keyrings=", EVER, WORD_KEYRINGS, 0, OP_EQUAL },
	{ "label=", { 5, 12 }, WORD_LABEL, 0, OP_EQUAL },
};

const struct policy_word *policy_word_find(const char *token, const char **ret_value)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t len = strlen(words[i].text);
		bool sign = strchr("=<>", words[i].text[len - 1]) != NULL;

		if (strncmp(token, words[i].text, len) != 0 || (token[len] == '\0') == sign)
			continue;
		*ret_value = sign ? token + len : NULL;
		return &words[i];
	}
	return NULL;
}

const char *policy_action_name(enum policy_action action)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].kind == WORD_ACTION && words[i].value == action)
			return words[i].text;
	return "unknown";
}

/* The first name of each hook is the one that is shown. */
static const struct func_name {
	const char *name;
	struct kernel_version since;
	enum policy_func func;
} funcs[] = {
	{ "FILE_CHECK", EVER, FUNC_FILE_CHECK },
	{ "PATH_CHECK", EVER, FUNC_FILE_CHECK },
	{ "MODULE_CHECK", EVER, FUNC_MODULE_CHECK },
	{ "FIRMWARE_CHECK", EVER, FUNC_FIRMWARE_CHECK },
	{ "MMAP_CHECK", EVER, FUNC_MMAP_CHECK },
	{ "FILE_MMAP", EVER, FUNC_MMAP_CHECK },
	{ "MMAP_CHECK_REQPROT", { 6, 3 }, FUNC_MMAP_CHECK_REQPROT },
	{ "BPRM_CHECK", EVER, FUNC_BPRM_CHECK },
	{ "CREDS_CHECK", EVER, FUNC_CREDS_CHECK },
	{ "KEXEC_KERNEL_CHECK", EVER, FUNC_KEXEC_KERNEL_CHECK },
	{ "KEXEC_INITRAMFS_CHECK", EVER, FUNC_KEXEC_INITRAMFS_CHECK },
	{ "POLICY_CHECK", EVER, FUNC_POLICY_CHECK },
	{ "KEXEC_CMDLINE", EVER, FUNC_KEXEC_CMDLINE },
	{ "KEY_CHECK", EVER, FUNC_KEY_CHECK },
	{ "CRITICAL_DATA", { 5, 12 }, FUNC_CRITICAL_DATA },
	{ "SETXATTR_CHECK", { 5, 15 }, FUNC_SETXATTR_CHECK },
};

int policy_func_find(const char *name, struct kernel_version kernel, enum policy_func *ret_func,
		     struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(funcs); i++) {
		const struct func_name *f = &funcs[i];

		if (strcmp(name, f->name) != 0)
			continue;
		if (!kernel_version_from(kernel, f->since.major, f->since.minor))
			return err_set(err, "func=%s came with kernel %u.%u", name, f->since.major,
				       f->since.minor);
		*ret_func = f->func;
		return 0;
	}
	return err_set(err, "no hook is named '%s'", name);
}

const char *policy_func_name(enum policy_func func)
{
	for (size_t i = 0; i < ARRAY_LEN(funcs); i++)
		if (funcs[i].func == func)
			return funcs[i].name;
	return "none";
}

/* builtin_templates[] of ima_template.c; a rule may name the format instead. */
static const struct {
	const char *name;
	const char *format;
	struct kernel_version since;
} templates[] = {
	{ "ima", "d|n", EVER },
	{ "ima-ng", "d-ng|n-ng", EVER },
	{ "ima-sig", "d-ng|n-ng|sig", EVER },
	{ "ima-ngv2", "d-ngv2|n-ng", { 5, 19 } },
	{ "ima-sigv2", "d-ngv2|n-ng|sig", { 5, 19 } },
	{ "ima-buf", "d-ng|n-ng|buf", EVER },
	{ "ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig", EVER },
	{ "evm-sig",
	  "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|imode",
	  { 5, 14 } },
};

const char *policy_template_find(const char *name, struct kernel_version kernel)
{
	for (size_t i = 0; i < ARRAY_LEN(templates); i++)
		if ((strcmp(name, templates[i].name) == 0 ||
		     strcmp(name, templates[i].format) == 0) &&
		    kernel_version_from(kernel, templates[i].since.major, templates[i].since.minor))
			return templates[i].name;
	return NULL;
}
