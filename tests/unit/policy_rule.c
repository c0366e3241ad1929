/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as the kernel reads them: what is taken, what is rejected and in which words. */
#include "ima/policy.h"

#include "unit/unit.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"
#define NIL "00000000-0000-0000-0000-000000000000"

struct row {
	unsigned int major;
	unsigned int minor;
	const char *line;
	const char *reason; /* part of it; NULL: it is taken */
};

static bool row_holds(const struct row *row, enum policy_lsm lsm, bool modsig)
{
	struct policy_kernel kernel = { .version = { row->major, row->minor },
					.lsm = lsm,
					.modsig = modsig };
	struct policy_rule rule;
	struct err err = ERR_INIT;
	int rc = policy_rule_parse(row->line, &kernel, &rule, &err);

	policy_rule_done(&rule);
	if (row->reason ? rc == -1 && strstr(err.text, row->reason) != NULL : rc == 0)
		return true;
	(void)fprintf(stderr, "%u.%u: %s: %d %s\n", row->major, row->minor, row->line, rc,
		      err.text);
	return false;
}

#define CHECK_ROWS(rows, lsm, modsig) \
	for (size_t i_ = 0; i_ < ARRAY_LEN(rows); i_++) \
	CHECK(row_holds(&(rows)[i_], lsm, modsig))

static void actions_and_words(void)
{
	static const struct row rows[] = {
		{ 6, 1, "measure", NULL },
		{ 6, 1, "\tmeasure  func=BPRM_CHECK ", NULL },
		{ 6, 1, "func=BPRM_CHECK measure", NULL },
		{ 6, 1, "func=BPRM_CHECK", "has no action" },
		{ 6, 1, "measure appraise", "two actions, measure and appraise" },
		{ 6, 1, "meassure", "no kernel knows the word 'meassure'" },
		{ 6, 1, "measure\r", "no kernel knows" },
		{ 6, 1, "measure func=", "no kernel knows the word 'func='" },
		{ 6, 1, "measure=1", "no kernel knows" },
		{ 6, 1, "/etc/ima/ima-policy", "the path of another policy" },
		{ 6, 18, "dont_audit", "dont_audit came with kernel 6.19" },
		{ 6, 19, "dont_audit", NULL },
		{ 6, 12, "measure # why", "no kernel knows the word '#'" },
		{ 6, 14, "measure # why", NULL },
		{ 6, 1, "measure func=BPRM_CHECK func=BPRM_CHECK", "func= is given twice" },
		{ 6, 1, "measure func=bprm_check", "no hook is named" },
		{ 6, 1, "measure func=POST_SETATTR", "no hook is named" },
		{ 6, 1, "measure func=PATH_CHECK", NULL },
		{ 6, 1, "measure func=FILE_MMAP", NULL },
		{ 6, 2, "measure func=MMAP_CHECK_REQPROT", "came with kernel 6.3" },
		{ 6, 3, "measure func=MMAP_CHECK_REQPROT", NULL },
	};

	CHECK_ROWS(rows, LSM_APPARMOR, false);
}

static void conditions(void)
{
	static const struct row rows[] = {
		{ 6, 1, "measure mask=MAY_EXEC", NULL },
		{ 6, 1, "measure mask=^MAY_READ", NULL },
		{ 6, 1, "measure mask=^^MAY_READ", "no mask is named" },
		{ 6, 1, "measure mask=MAY_EXEC mask=MAY_EXEC", "mask= is given twice" },
		{ 6, 1, "measure fsmagic=0xEF53", NULL },
		{ 6, 1, "measure fsmagic=+ef53", NULL },
		{ 6, 1, "measure fsmagic=ffffffffffffffff", NULL },
		{ 6, 1, "measure fsmagic=1ffffffffffffffff", "not a hexadecimal number" },
		{ 6, 1, "measure fsmagic=0x", "not a hexadecimal number" },
		{ 6, 1, "measure fsmagic=-1", "not a hexadecimal number" },
		{ 6, 1, "measure fsmagic=0 fsmagic=1", NULL },
		{ 6, 1, "measure fsmagic=1 fsmagic=1", "fsmagic= is given twice" },
		{ 6, 1, "measure fsname=a fsname=b", NULL },
		{ 6, 1, "measure fs_subtype=x", "came with kernel 6.19" },
		{ 6, 19, "measure fs_subtype=x", NULL },
		{ 6, 19, "measure fs_subtype=x fs_subtype=x", "fs_subtype= is given twice" },
		{ 6, 1, "measure fsuuid=" UUID, NULL },
		{ 6, 1, "measure fsuuid=" UUID "tail", NULL },
		{ 6, 1, "measure fsuuid=" NIL " fsuuid=" UUID, NULL },
		{ 6, 1, "measure fsuuid=" UUID " fsuuid=" UUID, "fsuuid= is given twice" },
		{ 6, 1, "measure fsuuid=0123", "is not a UUID" },
		{ 6, 1, "measure fsuuid=01234567-89ab-cdef-0123_456789abcdef", "is not a UUID" },
		{ 6, 1, "measure fsuuid=0123456g-89ab-cdef-0123-456789abcdef", "is not a UUID" },
		{ 6, 1, "measure uid=0", NULL },
		{ 6, 1, "measure uid=4294967294", NULL },
		{ 6, 1, "measure uid=4294967295", "not a numeric ID" },
		{ 6, 1, "measure uid=4294967296", "not a numeric ID" },
		{ 6, 1, "measure uid=root", "not a numeric ID" },
		{ 6, 1, "measure uid=0 euid=0", "of this kind is there already" },
		{ 6, 1, "measure uid>=1", "not a numeric ID" },
		{ 5, 15, "measure gid=0", "gid= came with kernel 5.16" },
		{ 5, 16, "measure gid=0 fgroup<5", NULL },
		{ 5, 16, "measure gid=0 egid>5", "of this kind is there already" },
		{ 6, 1, "measure fowner=1 fowner>1", "of this kind is there already" },
	};

	CHECK_ROWS(rows, LSM_APPARMOR, false);
}

static void labels_need_their_module(void)
{
	static const struct row apparmor[] = {
		{ 6, 1, "measure subj_role=unconfined", NULL },
		{ 6, 1, "measure subj_role=foo", "a profile that is loaded" },
		{ 6, 1, "measure obj_type=bin_t", "needs SELinux or Smack" },
	};
	static const struct row selinux[] = {
		{ 6, 1, "measure obj_type=bin_t subj_user=system_u", NULL },
		{ 6, 1, "measure obj_type=a obj_type=b", "obj_type= is given twice" },
		{ 6, 1, "measure func=KEY_CHECK obj_type=a", "takes no obj_ or subj_ condition" },
	};
	static const struct row none[] = {
		{ 6, 1, "measure subj_role=unconfined", "needs SELinux or Smack" },
	};

	CHECK_ROWS(apparmor, LSM_APPARMOR, false);
	CHECK_ROWS(selinux, LSM_SELINUX, false);
	CHECK_ROWS(none, LSM_NONE, false);
}

static void appraise_options(void)
{
	static const struct row rows[] = {
		{ 6, 1, "appraise func=BPRM_CHECK appraise_type=imasig", NULL },
		{ 6, 1, "measure appraise_type=imasig", "appraise_type= goes with appraise only" },
		{ 6, 1, "appraise appraise_type=meta", "no appraise_type is named" },
		{ 6, 1, "appraise func=MODULE_CHECK appraise_type=imasig|modsig",
		  "no appended signatures" },
		{ 5, 16, "appraise digest_type=verity", "came with kernel 5.19" },
		{ 5, 16, "appraise appraise_type=sigv3", "came with kernel 5.19" },
		{ 6, 1, "appraise func=BPRM_CHECK digest_type=verity appraise_type=sigv3", NULL },
		{ 6, 1, "appraise digest_type=verity", "needs appraise_type=sigv3" },
		{ 6, 1, "appraise digest_type=ima", "there is only verity" },
		{ 6, 1, "appraise appraise_type=sigv3 digest_type=verity",
		  "needs digest_type=verity before it" },
		{ 6, 1, "appraise appraise_type=imasig digest_type=verity",
		  "must stand before appraise_type=" },
		{ 7, 1, "appraise appraise_type=imasig digest_type=verity", NULL },
		{ 7, 1, "appraise appraise_type=sigv3", NULL },
		{ 6, 1, "appraise digest_type=verity appraise_type=imasig", "which needs sigv3" },
		{ 6, 1, "appraise func=MODULE_CHECK digest_type=verity appraise_type=sigv3",
		  "func=MODULE_CHECK does not take digest_type=verity" },
		{ 6, 1, "appraise func=FIRMWARE_CHECK digest_type=verity appraise_type=sigv3",
		  NULL },
		{ 6, 5, "appraise appraise_type=imasig appraise_flag=check_blacklist",
		  "this kernel takes none" },
		{ 6, 6, "appraise appraise_type=imasig appraise_flag=anything", NULL },
		{ 5, 14, "appraise appraise_algos=sha256", "came with kernel 5.15" },
		{ 6, 1, "appraise appraise_algos=sha256,sha1", NULL },
		{ 6, 1, "appraise appraise_algos=sha256,", "no hash algorithm is named ''" },
		{ 6, 1, "appraise appraise_algos=SHA256", "no hash algorithm" },
		{ 6, 1, "appraise appraise_algos=sha512", "as a module at most" },
		{ 6, 12, "appraise appraise_algos=sha512,sha3-256", NULL },
		{ 7, 1, "appraise appraise_algos=sha512", "as a module at most" },
		{ 6, 1, "appraise appraise_algos=sha1 appraise_algos=sha1", "is given twice" },
		{ 6, 1, "appraise appraise_algos=0123456789012345678901234567890123",
		  "no hash algorithm" },
		{ 6, 1, "audit appraise_algos=sha1", "appraise_algos= goes with appraise only" },
		{ 6, 1, "appraise func=SETXATTR_CHECK appraise_algos=sha256", NULL },
		{ 6, 1, "appraise func=SETXATTR_CHECK", "needs appraise_algos=" },
		{ 6, 1, "measure func=SETXATTR_CHECK", "goes with appraise only" },
		{ 6, 1, "appraise permit_directio permit_directio", NULL },
	};

	CHECK_ROWS(rows, LSM_APPARMOR, false);
}

static void appended_signatures(void)
{
	static const struct row rows[] = {
		{ 5, 10, "appraise func=MODULE_CHECK appraise_type=imasig|modsig", NULL },
		{ 5, 10, "appraise func=BPRM_CHECK appraise_type=imasig|modsig",
		  "func=BPRM_CHECK does not take appraise_type=imasig|modsig" },
		{ 5, 10, "appraise appraise_type=imasig|modsig", "needs a func= that takes it" },
		{ 5, 10,
		  "appraise func=MODULE_CHECK appraise_type=imasig|modsig "
		  "appraise_flag=check_blacklist",
		  NULL },
		{ 5, 10,
		  "appraise func=MODULE_CHECK appraise_type=imasig "
		  "appraise_flag=check_blacklist",
		  "needs appraise_type=" },
		{ 5, 10, "appraise appraise_flag=x", "takes none" },
		{ 7, 1,
		  "appraise func=MODULE_CHECK appraise_type=sigv3 appraise_type=imasig|modsig",
		  "does not go with sigv3" },
		{ 6, 1, "appraise func=MODULE_CHECK digest_type=verity appraise_type=imasig|modsig",
		  "does not go with digest_type=verity" },
	};

	CHECK_ROWS(rows, LSM_APPARMOR, true);
}

static void measure_options(void)
{
	static const struct row rows[] = {
		{ 6, 1, "measure pcr=10", NULL },
		{ 6, 1, "measure pcr=63 pcr=-0", NULL },
		{ 6, 1, "measure pcr=64", "not a number from 0 to 63" },
		{ 6, 1, "measure pcr=-1", "not a number" },
		{ 6, 1, "measure pcr=2147483648", "not a number" },
		{ 6, 1, "measure pcr=+-1", "not a number" },
		{ 6, 1, "appraise pcr=10", "pcr= goes with measure only" },
		{ 6, 1, "measure template=ima-sigv2", NULL },
		{ 6, 1, "measure template=d-ng|n-ng", NULL },
		{ 5, 18, "measure template=ima-sigv2", "has no template 'ima-sigv2'" },
		{ 5, 13, "measure template=evm-sig", "has no template" },
		{ 6, 1, "template=ima-ng measure", "must stand behind the action" },
		{ 6, 1, "audit template=ima-ng", "must stand behind the action" },
		{ 6, 1, "measure template=ima-ng template=ima-ng", "is given twice" },
		{ 6, 1, "measure func=KEY_CHECK keyrings=.ima|_ima", NULL },
		{ 6, 1, "measure func=KEY_CHECK keyrings=.ima|", "has an empty item" },
		{ 6, 1, "measure func=KEY_CHECK keyrings=|a", "has an empty item" },
		{ 6, 1, "measure func=KEY_CHECK keyrings=a||b", "has an empty item" },
		{ 6, 1, "measure func=KEY_CHECK keyrings=a keyrings=b", "is given twice" },
		{ 6, 1, "measure keyrings=.ima", "needs a func= that takes it" },
		{ 6, 1, "audit func=KEY_CHECK", "can only be measured" },
		{ 6, 1, "measure func=KEY_CHECK fowner=0", "does not take fowner=" },
		{ 5, 11, "measure func=CRITICAL_DATA", "came with kernel 5.12" },
		{ 5, 12, "measure func=CRITICAL_DATA label=selinux", NULL },
		{ 6, 1, "measure func=KEXEC_CMDLINE mask=MAY_READ", "does not take mask=" },
		{ 6, 1, "measure func=KEXEC_CMDLINE fsname=ext4", NULL },
		{ 6, 1, "dont_measure func=KEXEC_CMDLINE", NULL },
		{ 6, 1, "appraise func=KEXEC_CMDLINE", "can only be measured" },
		{ 6, 1, "measure func=BPRM_CHECK digest_type=verity", NULL },
	};

	CHECK_ROWS(rows, LSM_APPARMOR, false);
}

static void lines_have_a_maximum(void)
{
	struct policy_kernel kernel = policy_kernel_debian((struct kernel_version){ 6, 1 });
	char line[POLICY_LINE_MAX + 2];
	struct policy_rule rule;
	struct err err = ERR_INIT;
	int n = snprintf(line, sizeof(line), "measure fsname=");

	memset(line + n, 'a', sizeof(line) - (size_t)n);
	line[POLICY_LINE_MAX] = '\0';
	CHECK_OK(policy_rule_parse(line, &kernel, &rule, &err), &err);
	policy_rule_done(&rule);
	line[POLICY_LINE_MAX] = 'a';
	line[POLICY_LINE_MAX + 1] = '\0';
	CHECK_FAILS(policy_rule_parse(line, &kernel, &rule, &err), &err, "longer than 4095 bytes");
	policy_rule_done(NULL);
}

static int count_problem(void *ctx, unsigned int line, const char *reason, struct err *err)
{
	unsigned int *sum = ctx;

	(void)err;
	*sum += line * 100 + (strstr(reason, "no kernel knows") ? 1 : 0);
	return 0;
}

static int stop(void *ctx, unsigned int line, const char *reason, struct err *err)
{
	(void)ctx;
	return err_set(err, "stopped at %u: %s", line, reason);
}

static void whole_policies(void)
{
	static const char text[] = "# a comment\n\n \t\nmeasure func=BPRM_CHECK\nfoo\nbar\naudit";
	struct policy_kernel kernel = policy_kernel_debian((struct kernel_version){ 6, 12 });
	struct policy policy;
	struct err err = ERR_INIT;
	unsigned int sum = 0;

	CHECK_OK(policy_parse((struct policy_text){ text, strlen(text) }, &kernel,
			      &(struct policy_sink){ count_problem, &sum }, &policy, &err),
		 &err);
	CHECK(sum == 1102 && policy.n == 2);
	CHECK(policy.rule[0].line == 4 && policy.rule[1].line == 7);
	CHECK_STR(policy.rule[0].text, "measure func=BPRM_CHECK");
	CHECK(policy.rule[1].action == ACTION_AUDIT && policy.rule[1].func == FUNC_NONE);
	policy_done(&policy);
	CHECK_FAILS(policy_parse((struct policy_text){ text, strlen(text) }, &kernel, NULL, &policy,
				 &err),
		    &err, "line 5: no kernel knows the word 'foo'");
	CHECK_FAILS(policy_parse((struct policy_text){ text, strlen(text) }, &kernel,
				 &(struct policy_sink){ stop, NULL }, &policy, &err),
		    &err, "stopped at 5");
	CHECK_FAILS(
		policy_parse((struct policy_text){ "audit\0x", 7 }, &kernel, NULL, &policy, &err),
		&err, "line 1: it holds a NUL byte");
	CHECK_OK(policy_parse((struct policy_text){ "", 0 }, &kernel, NULL, &policy, &err), &err);
	CHECK(policy.n == 0);
}

static void policies_have_a_maximum(void)
{
	struct policy_kernel kernel = policy_kernel_debian((struct kernel_version){ 6, 12 });
	static char text[POLICY_MAX + 1];
	struct policy policy;
	struct err err = ERR_INIT;
	size_t n = POLICY_RULES_MAX;

	for (size_t i = 0; i <= n; i++)
		memcpy(text + i * 6, "audit\n", 6);
	CHECK_OK(policy_parse((struct policy_text){ text, n * 6 }, &kernel, NULL, &policy, &err),
		 &err);
	CHECK(policy.n == n);
	policy_done(&policy);
	CHECK_FAILS(
		policy_parse((struct policy_text){ text, n * 6 + 6 }, &kernel, NULL, &policy, &err),
		&err, "more than 4096 rules");
	memset(text, '\n', sizeof(text));
	CHECK_OK(policy_parse((struct policy_text){ text, POLICY_MAX }, &kernel, NULL, &policy,
			      &err),
		 &err);
	CHECK_FAILS(policy_parse((struct policy_text){ text, POLICY_MAX + 1 }, &kernel, NULL,
				 &policy, &err),
		    &err, "larger than 65536 bytes");
}

static void names(void)
{
	CHECK_STR(policy_action_name(ACTION_DONT_APPRAISE), "dont_appraise");
	CHECK_STR(policy_action_name(ACTION_UNKNOWN), "unknown");
	CHECK_STR(policy_func_name(FUNC_MMAP_CHECK), "MMAP_CHECK");
	CHECK_STR(policy_func_name(FUNC_NONE), "none");
	CHECK(policy_algo_number("sha256") == 4 && policy_algo_number("x") == -1);
	CHECK_STR(policy_algo_name(6), "sha512");
	CHECK(policy_algo_name(99) == NULL);
}

static const struct unit_case cases[] = {
	CASE(actions_and_words),
	CASE(conditions),
	CASE(labels_need_their_module),
	CASE(appraise_options),
	CASE(appended_signatures),
	CASE(measure_options),
	CASE(lines_have_a_maximum),
	CASE(whole_policies),
	CASE(policies_have_a_maximum),
	CASE(names),
	CASE_END,
};

UNIT_MAIN(cases)
