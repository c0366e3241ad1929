/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IMA policies as the kernel reads them: one rule a line, grammar by kernel version. */
#ifndef ASSAY_IMA_POLICY_H
#define ASSAY_IMA_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "ima/kernel_version.h"

#define POLICY_MAX 65536     /* bytes of one policy */
#define POLICY_LINE_MAX 4095 /* bytes of one rule: PAGE_SIZE - 1, ima_write_policy() */
#define POLICY_RULES_MAX 4096
#define POLICY_UUID_SIZE 16 /* bytes */
#define POLICY_ID_NONE UINT32_MAX

/* security/integrity/ima/ima_policy.c, ima_parse_rule(), Linux 5.10 to 7.3: the actions. */
enum policy_action {
	ACTION_UNKNOWN,
	ACTION_MEASURE,
	ACTION_DONT_MEASURE,
	ACTION_APPRAISE,
	ACTION_DONT_APPRAISE,
	ACTION_AUDIT,
	ACTION_DONT_AUDIT, /* 6.19 */
	ACTION_HASH,
	ACTION_DONT_HASH,
};

/* The hooks that a rule can be for. */
enum policy_func {
	FUNC_NONE, /* the rule names none: it is for all that carry a file */
	FUNC_FILE_CHECK,
	FUNC_MMAP_CHECK,
	FUNC_MMAP_CHECK_REQPROT, /* 6.3 */
	FUNC_BPRM_CHECK,
	FUNC_CREDS_CHECK,
	FUNC_MODULE_CHECK,
	FUNC_FIRMWARE_CHECK,
	FUNC_KEXEC_KERNEL_CHECK,
	FUNC_KEXEC_INITRAMFS_CHECK,
	FUNC_POLICY_CHECK,
	FUNC_KEXEC_CMDLINE,
	FUNC_KEY_CHECK,
	FUNC_CRITICAL_DATA,  /* 5.12 */
	FUNC_SETXATTR_CHECK, /* 5.15 */
	FUNC_COUNT,
};

/* What a rule says, one bit each: its conditions and its options. */
enum policy_flag {
	PF_FUNC = 1U << 0,
	PF_MASK = 1U << 1,   /* mask=MAY_X: exactly this */
	PF_INMASK = 1U << 2, /* mask=^MAY_X: this among others */
	PF_FSMAGIC = 1U << 3,
	PF_FSNAME = 1U << 4,
	PF_FS_SUBTYPE = 1U << 5, /* 6.19 */
	PF_FSUUID = 1U << 6,
	PF_UID = 1U << 7,
	PF_EUID = 1U << 8,
	PF_GID = 1U << 9, /* 5.16, as the next two and fgroup */
	PF_EGID = 1U << 10,
	PF_FOWNER = 1U << 11,
	PF_FGROUP = 1U << 12,
	PF_PCR = 1U << 13,
	PF_KEYRINGS = 1U << 14,
	PF_LABEL = 1U << 15,
	PF_ALGOS = 1U << 16,	 /* appraise_algos=, 5.15 */
	PF_DIGSIG = 1U << 17,	 /* a signature is required */
	PF_MODSIG = 1U << 18,	 /* an appended one will do */
	PF_VERITY = 1U << 19,	 /* digest_type=verity, 5.19 */
	PF_SIGV3 = 1U << 20,	 /* appraise_type=sigv3 as a requirement of its own, 7.1 */
	PF_BLACKLIST = 1U << 21, /* looked up in .blacklist */
	PF_DIRECTIO = 1U << 22,	 /* permit_directio */
};

enum policy_mask { MASK_EXEC = 1, MASK_WRITE = 2, MASK_READ = 4, MASK_APPEND = 8 }; /* MAY_* */

enum policy_op { OP_EQUAL, OP_GREATER, OP_LESS };

/* uid, gid, fowner, fgroup; value is POLICY_ID_NONE where the rule has no such condition. */
struct policy_id {
	uint32_t value;
	enum policy_op op;
};

/* In the kernel's order: obj_user, obj_role, obj_type, subj_user, subj_role, subj_type. */
#define POLICY_LSM_CONDITIONS 6

struct policy_rule {
	unsigned int line; /* from 1 */
	enum policy_action action;
	enum policy_func func;
	uint32_t flags; /* enum policy_flag */
	unsigned int mask;
	uint64_t fsmagic;
	uint8_t fsuuid[POLICY_UUID_SIZE];
	struct policy_id uid; /* euid= too */
	struct policy_id gid; /* egid= too */
	struct policy_id fowner;
	struct policy_id fgroup;
	int pcr;
	uint32_t algos;	    /* a bit for each number of enum hash_algo of the kernel */
	char *text;	    /* the line; owned */
	char *store;	    /* what the next ones point into; owned */
	const char *fsname; /* NULL: not given, as below */
	const char *fs_subtype;
	const char *keyrings; /* "a|b" */
	const char *label;    /* "a|b" */
	const char *template;
	const char *lsm[POLICY_LSM_CONDITIONS];
};

enum policy_lsm { LSM_NONE, LSM_APPARMOR, LSM_SELINUX, LSM_SMACK };

/* What the verdict on a line depends on. */
struct policy_kernel {
	struct kernel_version version;
	enum policy_lsm lsm; /* knows the obj_ and subj_ conditions */
	bool modsig;	     /* CONFIG_IMA_APPRAISE_MODSIG */
};

/* As Debian builds it: AppArmor, no IMA_APPRAISE_MODSIG. */
struct policy_kernel policy_kernel_debian(struct kernel_version version);

/* Is it a blank or a comment, which the kernel skips? */
bool policy_line_is_blank(const char *line);

/*
 * Parses and checks one line without its newline as the kernel does.  On failure the error is the
 * reason, in the words of the person who wrote the line.  The rule is then empty.
 */
MUST_USE int policy_rule_parse(const char *line, const struct policy_kernel *kernel,
			       struct policy_rule *ret_rule, struct err *err);
void policy_rule_done(struct policy_rule *rule);

struct policy {
	struct policy_rule *rule;
	size_t n;
};

#define POLICY_INIT \
	{ \
		.rule = NULL, .n = 0 \
	}
#define AUTO_POLICY CLEANUP(policy_done) struct policy

/* Bytes, not terminated. */
struct policy_text {
	const char *data;
	size_t len;
};

/* Told of each line that the kernel would reject; fails to stop the parser. */
typedef int (*policy_problem_fn)(void *ctx, unsigned int line, const char *reason, struct err *err);
struct policy_sink {
	policy_problem_fn fn;
	void *ctx;
};

/*
 * Parses a whole policy into the accepted rules.  Lines that would be rejected go to the
 * sink; with sink NULL the first one fails with "line N: reason".
 */
MUST_USE int policy_parse(struct policy_text text, const struct policy_kernel *kernel,
			  const struct policy_sink *sink, struct policy *ret_policy,
			  struct err *err);
void policy_done(struct policy *policy);

const char *policy_action_name(enum policy_action action);
const char *policy_func_name(enum policy_func func);

/* A hash algorithm's number in the kernel (include/uapi/linux/hash_info.h) for its name, -1: none.
 */
int policy_algo_number(const char *name);
const char *policy_algo_name(unsigned int number); /* NULL: no such number */

#endif
