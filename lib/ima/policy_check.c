/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which combinations of action, hook, conditions and options the kernel takes. */
#include "ima/policy_words.h"

/* Conditions on the file and the task, which most hooks take. */
#define PF_WHERE \
	(PF_FUNC | PF_FSMAGIC | PF_FSNAME | PF_FS_SUBTYPE | PF_FSUUID | PF_UID | PF_EUID | \
	 PF_GID | PF_EGID | PF_FOWNER | PF_FGROUP | PF_PCR)
#define PF_APPRAISE (PF_DIGSIG | PF_DIRECTIO | PF_ALGOS | PF_SIGV3)

/* What each flag is called in a rule. */
static const struct {
	uint32_t flag;
	const char *word;
} flag_words[] = {
	{ PF_MASK | PF_INMASK, "mask=" },
	{ PF_FSMAGIC, "fsmagic=" },
	{ PF_FSNAME, "fsname=" },
	{ PF_FS_SUBTYPE, "fs_subtype=" },
	{ PF_FSUUID, "fsuuid=" },
	{ PF_UID, "uid=" },
	{ PF_EUID, "euid=" },
	{ PF_GID, "gid=" },
	{ PF_EGID, "egid=" },
	{ PF_FOWNER, "fowner=" },
	{ PF_FGROUP, "fgroup=" },
	{ PF_PCR, "pcr=" },
	{ PF_KEYRINGS, "keyrings=" },
	{ PF_LABEL, "label=" },
	{ PF_ALGOS, "appraise_algos=" },
	{ PF_VERITY, "digest_type=verity" },
	{ PF_MODSIG, "appraise_type=imasig|modsig" },
	{ PF_DIGSIG | PF_SIGV3, "appraise_type=" },
	{ PF_BLACKLIST, "appraise_flag=check_blacklist" },
	{ PF_DIRECTIO, "permit_directio" },
};

static const char *flag_word(uint32_t flags)
{
	for (size_t i = 0; i < ARRAY_LEN(flag_words); i++)
		if (flags & flag_words[i].flag)
			return flag_words[i].word;
	return "func=";
}

/* ima_validate_rule(), "Ensure that the hook function is compatible", 5.10 to 7.3. */
static uint32_t func_flags(enum policy_func func, const struct policy_kernel *kernel)
{
	bool blacklist = kernel_version_from(kernel->version, 6, 6);

	switch (func) {
	case FUNC_NONE:
	case FUNC_FILE_CHECK:
	case FUNC_MMAP_CHECK:
	case FUNC_MMAP_CHECK_REQPROT:
	case FUNC_BPRM_CHECK:
	case FUNC_CREDS_CHECK:
	case FUNC_FIRMWARE_CHECK:
	case FUNC_POLICY_CHECK:
		return PF_WHERE | PF_MASK | PF_INMASK | PF_APPRAISE | PF_VERITY |
		       (blacklist ? PF_BLACKLIST : 0);
	case FUNC_MODULE_CHECK:
	case FUNC_KEXEC_KERNEL_CHECK:
	case FUNC_KEXEC_INITRAMFS_CHECK:
		return PF_WHERE | PF_MASK | PF_INMASK | PF_APPRAISE | PF_MODSIG | PF_BLACKLIST;
	case FUNC_KEXEC_CMDLINE:
		return PF_WHERE;
	case FUNC_KEY_CHECK:
		return PF_FUNC | PF_UID | PF_GID | PF_PCR | PF_KEYRINGS;
	case FUNC_CRITICAL_DATA:
		return PF_FUNC | PF_UID | PF_GID | PF_PCR | PF_LABEL;
	case FUNC_SETXATTR_CHECK:
		return PF_FUNC | PF_ALGOS;
	case FUNC_COUNT:
		break;
	}
	return 0;
}

static bool has_lsm(const struct policy_rule *rule)
{
	for (size_t i = 0; i < POLICY_LSM_CONDITIONS; i++)
		if (rule->lsm[i])
			return true;
	return false;
}

static int check_action(const struct policy_rule *rule, struct err *err)
{
	uint32_t appraise = PF_DIGSIG | PF_MODSIG | PF_BLACKLIST | PF_ALGOS;

	if (rule->action == ACTION_UNKNOWN)
		return err_set(err, "it has no action such as measure or appraise");
	if (rule->action != ACTION_MEASURE && (rule->flags & PF_PCR))
		return err_set(err, "pcr= goes with measure only");
	if (rule->action != ACTION_APPRAISE && (rule->flags & appraise))
		return err_set(err, "%s goes with appraise only",
			       flag_word(rule->flags & appraise));
	return 0;
}

static int check_func(const struct policy_rule *rule, const struct policy_kernel *kernel,
		      struct err *err)
{
	bool data = rule->func == FUNC_KEXEC_CMDLINE || rule->func == FUNC_KEY_CHECK ||
		    rule->func == FUNC_CRITICAL_DATA;
	uint32_t extra = rule->flags & ~func_flags(rule->func, kernel);
	const char *func = policy_func_name(rule->func);

	if (data && rule->action != ACTION_MEASURE && rule->action != ACTION_DONT_MEASURE)
		return err_set(err, "func=%s can only be measured", func);
	if (rule->func == FUNC_SETXATTR_CHECK && rule->action != ACTION_APPRAISE)
		return err_set(err, "func=%s goes with appraise only", func);
	if (rule->func == FUNC_SETXATTR_CHECK && !(rule->flags & PF_ALGOS))
		return err_set(err, "func=%s needs appraise_algos=", func);
	if (extra && rule->func == FUNC_NONE)
		return err_set(err, "%s needs a func= that takes it", flag_word(extra));
	if (extra)
		return err_set(err, "func=%s does not take %s", func, flag_word(extra));
	if ((rule->func == FUNC_KEY_CHECK || rule->func == FUNC_CRITICAL_DATA) && has_lsm(rule))
		return err_set(err, "func=%s takes no obj_ or subj_ condition", func);
	return 0;
}

int policy_rule_check(const struct policy_rule *rule, const struct policy_kernel *kernel,
		      struct err *err)
{
	uint32_t need = kernel_version_from(kernel->version, 6, 6) ? PF_DIGSIG : PF_MODSIG;

	if (check_action(rule, err) < 0 || check_func(rule, kernel, err) < 0)
		return -1;
	if ((rule->flags & PF_BLACKLIST) && !(rule->flags & need))
		return err_set(err, "appraise_flag=check_blacklist needs appraise_type=");
	if (rule->action == ACTION_APPRAISE && (rule->flags & PF_VERITY) &&
	    !(rule->flags & PF_DIGSIG))
		return err_set(err, "digest_type=verity needs appraise_type=sigv3");
	return 0;
}
